// Device rules in a container, by making nodes and opening them: the same rules, the same answers, whichever version of cgroups keeps
// them; and nothing of a program stays when the container is gone.
import { closeSync, existsSync, openSync } from 'node:fs';
import koffi from 'koffi';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { makeContainer, must, until } from './container.ts';
import { onUnified, unifiedCgroup, unifiedMount } from './unified.ts';

const skip = missing();
const timeout = 120_000;

/** Makes nodes and opens them: of m, r, w and b (both) for each those that worked. */
const probe = (nodes: readonly string[]): string =>
  nodes
    .map(
      (node) => `printf '${node}: '
        if /bin/busybox mknod /tmp/node ${node} 2>/dev/null; then
          printf m
          ( : </tmp/node ) 2>/dev/null && printf r
          ( : >/tmp/node ) 2>/dev/null && printf w
          ( : <>/tmp/node ) 2>/dev/null && printf b
          /bin/busybox rm /tmp/node
        fi
        echo`,
    )
    .join('\n');

// memory devices: the log of the kernel, full; a block device that nobody has, so that it can only be made
const nodes = ['c 1 11', 'c 1 7', 'b 4000 7'];

function doing(script: string, rules: readonly Draft[]): (config: Draft) => void {
  return (config) => {
    config.process.args = ['/bin/sh', '-c', script];
    config.process.capabilities.ambient = [];
    for (const set of ['bounding', 'effective', 'permitted'])
      config.process.capabilities[set].push('CAP_MKNOD', 'CAP_SYSLOG');
    config.root.readonly = false;
    config.linux.resources.devices = rules;
  };
}

const kmsg = { type: 'c', major: 1, minor: 11 } as const;
const none = { allow: false, access: 'rwm' };
const all = { allow: true, access: 'rwm' };

/** name, rules, what can be done with each of the nodes */
const table: readonly (readonly [string, readonly Draft[], readonly string[]])[] = [
  ['no rules: the defaults', [], ['m', 'mrwb', 'm']],
  ['none', [none], ['m', 'mrwb', 'm']],
  ['all', [all], ['mrwb', 'mrwb', 'm']],
  ['one to read', [none, { ...kmsg, allow: true, access: 'r' }], ['mr', 'mrwb', 'm']],
  ['one to write', [none, { ...kmsg, allow: true, access: 'w' }], ['mw', 'mrwb', 'm']],
  [
    'both, one after the other',
    [none, { ...kmsg, allow: true, access: 'r' }, { ...kmsg, allow: true, access: 'w' }],
    ['mrwb', 'mrwb', 'm'],
  ],
  [
    'given and taken',
    [none, { ...kmsg, allow: true, access: 'rw' }, { ...kmsg, allow: false, access: 'w' }],
    ['mr', 'mrwb', 'm'],
  ],
  ['all but one', [all, { ...kmsg, allow: false, access: 'rwm' }], ['', 'mrwb', 'm']],
  ['all but writing to one', [all, { ...kmsg, allow: false, access: 'w' }], ['mr', 'mrwb', 'm']],
  [
    'all of a major number',
    [none, { allow: true, type: 'c', major: 1, minor: -1, access: 'rw' }],
    ['mrwb', 'mrwb', 'm'],
  ],
  ['a rule for all in the middle', [{ ...kmsg, allow: true, access: 'rw' }, none], ['m', 'mrwb', 'm']],
];

/** What the container prints, a line for each node. */
function answers(t: Test, runtime: string, rules: readonly Draft[]): string[] {
  const { stdout } = must(makeContainer(t, doing(probe(nodes), rules), runtime).run());
  return stdout.trim().split('\n');
}

const onVersion2 = unifiedMount() === '/sys/fs/cgroup';

const views = [
  ['as the host has cgroups', () => noci],
  ['with cgroup v2 alone', (t: Test) => onUnified(t, noci)],
] as const;

for (const [view, runtime] of views) {
  t.test(view, { skip, timeout }, async (t) => {
    const program = runtime(t);
    for (const [name, rules, can] of table) {
      t.strictSame(
        answers(t, program, rules),
        nodes.map((node, index) => `${node}: ${can[index]}`),
        name,
      );
    }
  });
}

t.test('as runc does', { skip, timeout }, async (t) => {
  for (const [name, rules] of table) {
    // runc 1.1's program lets a device be opened for both where only one of them is denied; the v1 controller does not
    if (onVersion2 && name === 'all but writing to one') continue;
    t.strictSame(answers(t, noci, rules), answers(t, runc, rules), name);
  }
});

const syscall = koffi.load('libc.so.6').func('long syscall(long, long, void *, long)');
const SYS_bpf = process.arch === 'arm64' ? 280 : 321;

/** bpf(2) with 32-bit words at their offsets. */
function bpf(command: number, attribute: Buffer): number {
  return Number(syscall(SYS_bpf, command, attribute, attribute.length));
}

/** BPF_PROG_QUERY: ids of the device programs of a cgroup. */
function attached(cgroup: string): number[] {
  const fd = openSync(cgroup, 'r');
  const ids = Buffer.alloc(64 * 4);
  const attribute = Buffer.alloc(128);
  attribute.writeUInt32LE(fd, 0);
  attribute.writeUInt32LE(6, 4);
  attribute.writeBigUInt64LE(BigInt(koffi.address(ids)), 16);
  attribute.writeUInt32LE(64, 24);
  const result = bpf(16, attribute);
  closeSync(fd);
  if (result !== 0) throw new Error('BPF_PROG_QUERY');
  return Array.from({ length: attribute.readUInt32LE(24) }, (_, index) => ids.readUInt32LE(index * 4));
}

/** BPF_PROG_GET_NEXT_ID: whether the kernel still has a program of this id. Ids are not used again. */
function hasProgram(id: number): boolean {
  const attribute = Buffer.alloc(128);
  attribute.writeUInt32LE(id - 1, 0);
  return bpf(11, attribute) === 0 && attribute.readUInt32LE(4) === id;
}

t.test('the program goes with the container', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing('exec sleep 1000', []), onUnified(t, noci));
  must(container.create());
  const cgroup = unifiedCgroup(container.state().pid);
  const ids = attached(cgroup);
  t.equal(ids.length, 1, 'one program');
  t.ok(ids.every(hasProgram));
  must(container.start());
  t.strictSame(attached(cgroup), ids);
  must(container.delete('--force'));
  t.notOk(existsSync(cgroup));
  // the kernel frees it in a worker of its own, after an RCU grace period
  await until(() => !ids.some(hasProgram));
  t.pass('no program is left');
});
