// Device programs in real v2 cgroups, judged by what a process in the cgroup can do with nodes that it makes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import t, { type Test } from 'tap';
import { deviceList } from '../../src/cgroup/device-list.ts';
import { deviceProgram } from '../../src/cgroup/device-program.ts';
import { deviceRules } from '../../src/cgroup/device-rules.ts';
import { probeHost } from '../../src/host/facts.ts';
import type { LinuxDeviceCgroup } from '../../src/oci/types.ts';
import { attached, attachForeign, BPF_F_ALLOW_MULTI } from './device-programs.ts';
import { addon, native, plainNode, thrown } from './host.ts';

const unified = probeHost(native).cgroup.hierarchies.find(({ version }) => version === 2);

function missing(): string | false {
  if (process.geteuid?.() !== 0) return 'root is needed';
  return unified === undefined && 'needs cgroup v2 mounted';
}

const skip = missing();

let count = 0;

/** A v2 cgroup of the test's own, and an fd of it. */
function cgroup(t: Test): { readonly path: string; readonly fd: number } {
  const path = `${unified?.mountpoint}/noci-device-test-${process.pid}-${count++}`;
  mkdirSync(path);
  const fd = native.open(-100, path, 0x80000, 0);
  t.teardown(() => {
    native.close(fd);
    rmdirSync(path);
  });
  return { path, fd };
}

const program = (...rules: LinuxDeviceCgroup[]) => deviceProgram(deviceList(deviceRules(rules)));
const everything = program({ allow: true, access: 'rwm' });
const defaults = program();

/** A device that is always there and that everybody may open for writing, and a second one. */
const kmsg = 'c 1 11';
const full = 'c 1 7';

/** What a process in the cgroup can do with a node: of m (make), r, w and b (open for reading and writing) those that worked. */
function can(t: Test, path: string, node: string): string {
  const script = `
    echo $$ >${path}/cgroup.procs
    mknod node ${node} || exit 0
    printf m
    ( : <node ) && printf r
    ( : >node ) && printf w
    ( : <>node ) && printf b
    rm -f node`;
  const { stdout, status } = spawnSync('/bin/sh', ['-c', script], { cwd: t.testdir(), encoding: 'utf8' });
  t.equal(status, 0);
  return stdout;
}

t.test('without a program everything is allowed', { skip }, async (t) => {
  t.equal(can(t, cgroup(t).path, kmsg), 'mrwb');
});

t.test('the default devices and no others, but nodes of all', { skip }, async (t) => {
  const { path, fd } = cgroup(t);
  native.attachDeviceProgram(fd, defaults);
  t.equal(can(t, path, kmsg), 'm');
  t.equal(can(t, path, full), 'mrwb');
  t.equal(can(t, path, 'b 1 7'), 'm', 'a block device with the same numbers');
});

t.test('rules give single rights', { skip }, async (t) => {
  const { path, fd } = cgroup(t);
  native.attachDeviceProgram(fd, program({ allow: true, type: 'c', major: 1, minor: 11, access: 'w' }));
  t.equal(can(t, path, kmsg), 'mw');
});

t.test('rules take single rights', { skip }, async (t) => {
  const { path, fd } = cgroup(t);
  const all = { allow: true, access: 'rwm' };
  native.attachDeviceProgram(fd, program(all, { allow: false, type: 'c', major: 1, minor: 11, access: 'w' }));
  t.equal(can(t, path, kmsg), 'mr', 'open for reading and writing needs both rights');
  native.attachDeviceProgram(fd, program(all, { allow: false, type: 'b', access: 'm' }));
  t.equal(can(t, path, 'b 1 11'), 'm', 'what every container may do takes a denial back');
});

t.test('a cgroup below is under the program too', { skip }, async (t) => {
  const { path, fd } = cgroup(t);
  native.attachDeviceProgram(fd, defaults);
  mkdirSync(`${path}/below`);
  t.equal(can(t, `${path}/below`, kmsg), 'm');
  rmdirSync(`${path}/below`);
});

t.test('what is attached is known by the digest of its instructions', { skip }, async (t) => {
  const { path, fd } = cgroup(t);
  t.strictSame(native.devicePrograms(fd), { flags: 0, tags: [] });
  native.attachDeviceProgram(fd, defaults);
  const tag = native.deviceProgramTag(defaults);
  t.match(tag, /^[0-9a-f]{16}$/);
  t.strictSame(native.devicePrograms(fd), { flags: BPF_F_ALLOW_MULTI, tags: [tag] });
  t.not(native.deviceProgramTag(everything), tag);
  t.equal(attached(fd).length, 1, 'a program whose digest is asked for is attached to nothing');
  attachForeign(fd, BPF_F_ALLOW_MULTI);
  const { tags } = native.devicePrograms(fd);
  t.equal(tags.length, 2);
  t.ok(tags.includes(tag));
  t.equal(can(t, path, full), '');
});

for (const before of [0, 1, 2, 5]) {
  t.test(`takes the place of ${before} programs`, { skip }, async (t) => {
    const { path, fd } = cgroup(t);
    for (let index = 0; index < before; index++) attachForeign(fd, BPF_F_ALLOW_MULTI);
    const old = attached(fd);
    t.equal(old.length, before);
    if (before > 0) t.equal(can(t, path, full), '', 'the old ones deny everything');
    native.attachDeviceProgram(fd, everything);
    t.equal(attached(fd).length, 1);
    t.notOk(old.includes(attached(fd)[0] ?? 0));
    t.equal(can(t, path, kmsg), 'mrwb');
  });
}

t.test('a program that is attached alone by right is left, and told', { skip }, async (t) => {
  const { path, fd } = cgroup(t);
  attachForeign(fd, 0);
  const refused = { syscall: 'bpf', path: 'BPF_PROG_ATTACH', code: 'EPERM', message: 'operation not permitted' };
  t.match(
    thrown(() => native.attachDeviceProgram(fd, everything)),
    refused,
  );
  t.equal(attached(fd).length, 1);
  t.equal(can(t, path, full), '');
});

t.test('a program that the kernel refuses changes nothing', { skip }, async (t) => {
  const { path, fd } = cgroup(t);
  native.attachDeviceProgram(fd, defaults);
  const before = attached(fd);
  const refused = { syscall: 'bpf', path: 'BPF_PROG_LOAD', code: 'EINVAL' };
  t.match(
    thrown(() => native.attachDeviceProgram(fd, everything.subarray(0, -8))),
    refused,
    'no exit',
  );
  t.strictSame(attached(fd), before);
  t.equal(can(t, path, kmsg), 'm');
});

t.test('what is no program or no v2 cgroup', { skip }, async (t) => {
  const { fd } = cgroup(t);
  const message = 'program must be whole instructions';
  for (const length of [0, 7, 9])
    t.match(
      thrown(() => native.attachDeviceProgram(fd, new Uint8Array(length))),
      { code: 'EINVAL', message },
    );
  const folder = native.open(-100, '/', 0x80000, 0);
  t.teardown(() => native.close(folder));
  t.match(
    thrown(() => native.attachDeviceProgram(folder, everything)),
    { syscall: 'bpf', code: 'EBADF' },
  );
});

t.test('the limits of the process are as before, and no fd stays open', { skip }, async (t) => {
  const { fd } = cgroup(t);
  const state = () => [native.readText(-100, '/proc/self/limits', 65536), openFds()];
  const before = state();
  native.attachDeviceProgram(fd, everything);
  native.attachDeviceProgram(fd, defaults);
  t.strictSame(state(), before);
});

/** A call in a process without CAP_SYS_ADMIN, CAP_BPF and CAP_SYS_RESOURCE, with a soft limit of locked memory below the hard one. */
const unprivileged = `
  const { openSync, readFileSync } = require('node:fs');
  const [module, cgroup] = process.argv.slice(1);
  const limits = () => readFileSync('/proc/self/limits', 'utf8');
  const before = limits();
  try {
    require(module).attachDeviceProgram(openSync(cgroup, 'r'), Buffer.from('b4000000000000009500000000000000', 'hex'));
  } catch ({ code, path }) {
    console.log(code, path, limits() === before);
  }`;

t.test('who may not load programs is told, and keeps the limit of locked memory', { skip }, async (t) => {
  const { path, fd } = cgroup(t);
  const dropped = ['--bounding-set', '-sys_admin,-bpf,-sys_resource', '--inh-caps', '-all'];
  const command = ['prlimit', '--memlock=65536:131072', 'setpriv', ...dropped, process.execPath, '-e', unprivileged];
  const [env = '', ...rest] = plainNode;
  const { stdout, stderr } = spawnSync(env, [...rest.slice(0, -1), ...command, addon, path], { encoding: 'utf8' });
  t.equal(stdout, 'EPERM BPF_PROG_LOAD true\n', stderr);
  t.strictSame(attached(fd), []);
});

function openFds(): number {
  const folder = native.open(-100, '/proc/self/fd', 0x80000, 0);
  try {
    return native.readdir(folder).length;
  } finally {
    native.close(folder);
  }
}
