// Generated lists of device rules and every access that a process can ask for: what the kernel does under our program in a v2 cgroup,
// what its own v1 controller does with the same rules, and what a model of that controller says, are the same.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import t, { type Test } from 'tap';
import { deviceList } from '../../src/cgroup/device-list.ts';
import { deviceProgram } from '../../src/cgroup/device-program.ts';
import { type DeviceRule, deviceRules, deviceWrites, ruleText } from '../../src/cgroup/device-rules.ts';
import { probeHost } from '../../src/host/facts.ts';
import type { LinuxDeviceCgroup } from '../../src/oci/types.ts';
import { type Access, generateRules, model, random } from '../unit/cgroup/device-model.ts';
import { native } from './host.ts';

const { hierarchies } = probeHost(native).cgroup;
const unified = hierarchies.find(({ version }) => version === 2);
const devices = hierarchies.find(({ controllers }) => controllers.includes('devices'));

const root = process.geteuid?.() === 0 ? false : 'root is needed';
const onVersion2 = root || (unified === undefined && 'needs cgroup v2 mounted');
const onVersion1 = root || (devices === undefined && 'needs the devices controller of cgroup v1');

/** NOCI_DEVICE_LISTS: more lists than everyday */
const lists = Number(process.env.NOCI_DEVICE_LISTS ?? 300);

const libc = koffi.load('libc.so.6');
const mknod = libc.func('int mknod(str, uint, unsigned long)');
const access = libc.func('int access(str, int)');
const unlink = libc.func('int unlink(str)');
const open = libc.func('int open(str, int)');
const close = libc.func('int close(int)');

const formats = { b: 0o060600, c: 0o020600 } as const;

/** makedev(3) */
const device = (major: number, minor: number): number =>
  (major % 4096) * 256 + (minor % 256) + Math.floor(minor / 256) * 2 ** 20;

// A node of each kind; nobody has a driver with the major 4000.
const nodes = (['b', 'c'] as const).flatMap((type) =>
  [1, 5, 4000].flatMap((major) => [1, 3, 200, 1048575].map((minor) => ({ type, major, minor }))),
);

/** access(2) asks the kernel for the same permission as open(2), and no driver is called. */
const modes = { r: 4, w: 2, rw: 6 } as const;

const accesses: Access[] = nodes.flatMap((node) =>
  ['m', ...Object.keys(modes)].map((letters) => ({ ...node, letters })),
);

/** Memory devices, which may be opened by anybody at any time. */
const harmless = [3, 5, 7, 8, 9].map((minor) => ({ type: 'c', major: 1, minor }) as const);
const flags = { r: 0, w: 1, rw: 2 } as const;
const opens: Access[] = harmless.flatMap((node) => Object.keys(flags).map((letters) => ({ ...node, letters })));

const nodePath = (folder: string, { type, major, minor }: Omit<Access, 'letters'>) =>
  join(folder, `${type}${major}-${minor}`);

/** All nodes, made before any list is in force. */
function makeNodes(folder: string): void {
  const all = new Map([...nodes, ...harmless].map((node) => [nodePath(folder, node), node]));
  for (const [path, node] of all) {
    if (mknod(path, formats[node.type], device(node.major, node.minor)) !== 0) throw new Error('mknod');
  }
}

function asks(folder: string, one: Access): boolean {
  if (one.letters !== 'm') return access(nodePath(folder, one), modes[one.letters as keyof typeof modes]) === 0;
  const path = join(folder, 'made');
  if (mknod(path, formats[one.type], device(one.major, one.minor)) !== 0) return false;
  unlink(path);
  return true;
}

function opensFor(folder: string, one: Access): boolean {
  const fd = open(nodePath(folder, one), flags[one.letters as keyof typeof flags]);
  if (fd < 0) return false;
  close(fd);
  return true;
}

const bits = (answers: boolean[]): string => answers.map((yes) => (yes ? '1' : '0')).join('');

/** One bit for each access, in their order. */
const judge = (folder: string): string =>
  bits([...accesses.map((one) => asks(folder, one)), ...opens.map((one) => opensFor(folder, one))]);

let count = 0;

/** Puts this process into a new cgroup of a hierarchy while `work` runs. Nothing waits meanwhile: the process may not even open /dev/null. */
function inside<T>(mountpoint: string, work: (cgroup: string) => T): T {
  const version1 = mountpoint !== unified?.mountpoint;
  const line = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .find((text) => text.includes(version1 ? ':devices:' : '0::'));
  const before = `${mountpoint}${line?.slice(line.indexOf(':', line.indexOf(':') + 1) + 1)}/cgroup.procs`;
  const cgroup = `${mountpoint}/noci-agreement-${process.pid}-${count++}`;
  mkdirSync(cgroup);
  try {
    writeFileSync(`${cgroup}/cgroup.procs`, String(process.pid));
    return work(cgroup);
  } finally {
    writeFileSync(before, String(process.pid));
    rmdirSync(cgroup);
  }
}

function byProgram(folder: string, rules: readonly (readonly DeviceRule[])[]): string[] {
  return inside(unified?.mountpoint ?? '', (cgroup) => {
    const fd = native.open(-100, cgroup, 0x80000, 0);
    try {
      return rules.map((list) => {
        native.attachDeviceProgram(fd, deviceProgram(deviceList(list)));
        return judge(folder);
      });
    } finally {
      native.close(fd);
    }
  });
}

type Write = readonly [file: string, value: string];

function byController(folder: string, writes: readonly (readonly Write[])[]): string[] {
  return inside(devices?.mountpoint ?? '', (cgroup) =>
    writes.map((list) => {
      for (const [file, value] of list) writeFileSync(`${cgroup}/${file}`, value);
      return judge(folder);
    }),
  );
}

const writeOf = (rule: DeviceRule): Write => [
  rule.allow ? 'devices.allow' : 'devices.deny',
  rule.type === 'all' ? 'a' : ruleText(rule),
];

function byModel(rules: readonly DeviceRule[]): string {
  const controller = model(rules);
  return bits([...accesses, ...opens].map((one) => controller.permits(one)));
}

/** The first list that two judges do not agree on, and its first access. */
function disagreement(rules: readonly unknown[], ones: readonly string[], others: readonly string[]): unknown {
  const list = ones.findIndex((text, index) => text !== others[index]);
  if (list < 0) return undefined;
  const at = [...(ones[list] ?? '')].findIndex((bit, index) => bit !== others[list]?.[index]);
  return { rules: rules[list], access: [...accesses, ...opens][at], one: ones[list]?.[at], other: others[list]?.[at] };
}

const next = random(20261122);

/** A number that nodes have, instead of one that the controller takes for all and config.json may not hold. */
const real = (number: number | undefined) => (number === 0xffffffff ? 4000 : number);

/** Any rules at all, without what every container gets, so that mknod(2) can be denied too. */
const bare = Array.from({ length: lists }, () => [
  { allow: false, type: 'all', major: undefined, minor: undefined, access: 'rwm', index: undefined } as const,
  ...generateRules(next).map((rule) => ({ ...rule, major: real(rule.major) })),
]);

/** As they stand in config.json, which takes no rule that punches a hole. */
const configured: LinuxDeviceCgroup[][] = bare.map((rules) =>
  rules
    .filter(({ type }) => type !== 'all')
    .map(({ allow, type, major, minor, access }) => ({
      allow,
      type: type === 'b' ? 'b' : 'c',
      access,
      ...(major === undefined ? {} : { major }),
      ...(minor === undefined ? { minor: -1 } : { minor }),
    })),
);

function folderOfNodes(t: Test): string {
  const folder = t.testdir();
  makeNodes(folder);
  return folder;
}

t.test(`${lists} lists under our program: as the model`, { skip: onVersion2 }, async (t) => {
  const folder = folderOfNodes(t);
  const programs = byProgram(folder, bare);
  t.equal(disagreement(bare, programs, bare.map(byModel)), undefined);
  t.ok(new Set(programs).size > lists / 4, `${new Set(programs).size} different outcomes`);
  const whole = configured.map(deviceRules);
  t.equal(disagreement(configured, byProgram(folder, whole), whole.map(byModel)), undefined, 'with the defaults');
});

t.test(`${lists} lists under the v1 controller: as the model`, { skip: onVersion1 }, async (t) => {
  const folder = folderOfNodes(t);
  const controller = byController(
    folder,
    bare.map((rules) => rules.map(writeOf)),
  );
  t.equal(disagreement(bare, controller, bare.map(byModel)), undefined);
  const writes = configured.map((rules) => deviceWrites(rules).map(({ file, value }): Write => [file, value]));
  const whole = configured.map((rules) => byModel(deviceRules(rules)));
  t.equal(disagreement(configured, byController(folder, writes), whole), undefined, 'with the defaults');
});
