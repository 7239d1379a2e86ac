// The cgroupfs driver against the cgroups of this machine. Each test has a cgroup of its own and removes it.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { applyLimits, checkCgroup, createCgroup } from '../../src/cgroup/create.ts';
import { freeze, isFrozen, thaw } from '../../src/cgroup/freezer.ts';
import { planCgroup } from '../../src/cgroup/plan.ts';
import { killProcesses, listProcesses } from '../../src/cgroup/processes.ts';
import { removeCgroup } from '../../src/cgroup/remove.ts';
import { planLimits } from '../../src/cgroup/settings.ts';
import { probeHost } from '../../src/host/facts.ts';
import type { LinuxResources } from '../../src/oci/types.ts';
import type { CgroupPlan } from '../../src/plan/plan.ts';
import { native } from './host.ts';

const facts = probeHost(native);

function missing(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root to make cgroups';
  return facts.cgroup.mode === 'none' && 'needs a host with cgroups mounted';
}

const skip = missing();
const onVersion1 = skip || (facts.cgroup.mode === 'v2' && 'needs controllers of cgroup v1');

let count = 0;

function plan(t: Test, resources: LinuxResources = {}, cgroupsPath?: string): CgroupPlan {
  const id = `noci-cgroup-test-${process.pid}-${count++}`;
  const linux = { resources, ...(cgroupsPath === undefined ? {} : { cgroupsPath: `${cgroupsPath}/${id}` }) };
  const cgroup = planCgroup({ ociVersion: '1.3.0', linux }, facts, id);
  t.teardown(() => {
    killProcesses(native, cgroup);
    removeCgroup(native, cgroup);
  });
  return cgroup;
}

function directory({ directories }: CgroupPlan, controller: string): string {
  const found = directories.find(({ controllers }) => controllers.includes(controller));
  if (found === undefined) throw new Error(`no ${controller}`);
  return found.path;
}

function read(directory: string, file: string): string {
  return readFileSync(`${directory}/${file}`, 'utf8').trim();
}

/** A process in every cgroup of the plan, `below` them. */
function sleeper(t: Test, { directories }: CgroupPlan, below = ''): ChildProcess {
  const child = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  for (const { path } of directories) writeFileSync(`${path}${below}/cgroup.procs`, String(child.pid));
  return child;
}

function gone({ directories }: CgroupPlan): string[] {
  return directories.map(({ path }) => path).filter((path) => existsSync(path));
}

t.test('makes a cgroup in every hierarchy that a process can join', { skip }, async (t) => {
  const cgroup = plan(t);
  checkCgroup(native, cgroup);
  createCgroup(native, cgroup);
  for (const { path } of cgroup.directories) t.equal(statSync(path).mode & 0o777, 0o755, path);
  const child = sleeper(t, cgroup);
  t.strictSame(listProcesses(native, cgroup), [child.pid]);
});

t.test('makes the parents of an absolute path, and leaves them', { skip }, async (t) => {
  const parent = `/noci-cgroup-test-parent-${process.pid}`;
  const cgroup = plan(t, {}, parent);
  createCgroup(native, cgroup);
  removeCgroup(native, cgroup);
  t.strictSame(gone(cgroup), []);
  for (const { mountpoint } of cgroup.directories) rmdirSync(`${mountpoint}${parent}`);
});

t.test('writes the limits', { skip: onVersion1 }, async (t) => {
  const cgroup = plan(t, {
    memory: { limit: 64 << 20, swap: 128 << 20, reservation: 32 << 20 },
    cpu: { shares: 512, quota: 50_000, period: 100_000 },
    pids: { limit: 77 },
  });
  createCgroup(native, cgroup);
  const memory = directory(cgroup, 'memory');
  t.equal(read(memory, 'memory.limit_in_bytes'), String(64 << 20));
  t.equal(read(memory, 'memory.memsw.limit_in_bytes'), String(128 << 20));
  t.equal(read(memory, 'memory.soft_limit_in_bytes'), String(32 << 20));
  const cpu = directory(cgroup, 'cpu');
  t.equal(read(cpu, 'cpu.shares'), '512');
  t.equal(read(cpu, 'cpu.cfs_quota_us'), '50000');
  t.equal(read(cpu, 'cpu.cfs_period_us'), '100000');
  t.equal(read(directory(cgroup, 'pids'), 'pids.max'), '77');
});

t.test('writes the device rules, and what every container may use', { skip: onVersion1 }, async (t) => {
  const cgroup = plan(t, {
    devices: [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
    ],
  });
  createCgroup(native, cgroup);
  t.strictSame(read(directory(cgroup, 'devices'), 'devices.list').split('\n').sort(), [
    'b *:* m',
    'c *:* m',
    'c 10:200 rwm',
    'c 10:229 rw',
    'c 136:* rwm',
    'c 1:3 rwm',
    'c 1:5 rwm',
    'c 1:7 rwm',
    'c 1:8 rwm',
    'c 1:9 rwm',
    'c 5:0 rwm',
    'c 5:2 rwm',
  ]);
});

t.test('allows all devices when the rules do', { skip: onVersion1 }, async (t) => {
  const cgroup = plan(t, { devices: [{ allow: true, access: 'rwm' }] });
  createCgroup(native, cgroup);
  t.equal(read(directory(cgroup, 'devices'), 'devices.list'), 'a *:* rwm');
});

t.test('names the limit that the kernel refuses', { skip: onVersion1 }, async (t) => {
  const cgroup = plan(t, { cpu: { period: 1 } });
  t.throws(() => createCgroup(native, cgroup), {
    message: 'unable to write "1" to cgroup file cpu.cfs_period_us: invalid argument',
    pointer: '/linux/resources/cpu/period',
  });
});

const has = (controller: string, file: string): boolean => {
  const folder = `/sys/fs/cgroup/${controller}/noci-cgroup-look-${process.pid}`;
  if (onVersion1 !== false || !existsSync(`/sys/fs/cgroup/${controller}`)) return false;
  mkdirSync(folder);
  try {
    return existsSync(`${folder}/${file}`);
  } finally {
    rmdirSync(folder);
  }
};

/** One cgroup that is given other limits, again and again; after each, what its files say. */
function change(t: Test, all: readonly LinuxResources[], controller: string, files: readonly string[]): string[] {
  const made = plan(t);
  createCgroup(native, made);
  return all.map((resources) => {
    applyLimits(native, { ...made, limits: planLimits(made.directories, resources) });
    return files.map((file) => read(directory(made, controller), file)).join(' ');
  });
}

const mega = 1 << 20;

t.test('memory and swap grow and shrink together', { skip: onVersion1 }, async (t) => {
  const steps: [limit: number, swap: number][] = [
    [16, 32],
    [64, 128],
    [256, 256],
    [8, 16],
    [16, 16],
    [64, -1],
    [8, 8],
    [-1, -1],
    [8, 16],
    [-1, 0],
  ];
  const bytes = (megabytes: number) => (megabytes > 0 ? megabytes * mega : megabytes);
  const all = steps.map(([limit, swap]) => ({ memory: { limit: bytes(limit), swap: bytes(swap) } }));
  const none = '9223372036854771712';
  const text = (limit: number) => (limit > 0 ? String(bytes(limit)) : none);
  t.strictSame(
    change(t, all, 'memory', ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes']),
    steps.map(([limit, swap]) => `${text(limit)} ${text(swap)}`),
  );
});

t.test('a memory limit above the one of memory and swap is refused', { skip: onVersion1 }, async (t) => {
  const all = [{ memory: { limit: mega, swap: 2 * mega } }, { memory: { limit: 3 * mega } }];
  t.throws(() => change(t, all, 'memory', []), {
    message: `unable to write "${3 * mega}" to cgroup file memory.limit_in_bytes: invalid argument`,
    pointer: '/linux/resources/memory/limit',
  });
});

t.test('a memory limit below the usage is one clear refusal', { skip: onVersion1 }, async (t) => {
  const made = plan(t);
  createCgroup(native, made);
  const child = spawn(process.execPath, ['-e', 'const a = Buffer.alloc(32 << 20, 1); setTimeout(() => a, 60000)'], {
    stdio: 'ignore',
  });
  t.teardown(() => child.kill('SIGKILL'));
  writeFileSync(`${directory(made, 'memory')}/cgroup.procs`, String(child.pid));
  while (Number(read(directory(made, 'memory'), 'memory.usage_in_bytes')) < 32 * mega)
    await new Promise((resolve) => setTimeout(resolve, 10));
  // without swap nothing of it can go elsewhere
  const limits = planLimits(made.directories, { memory: { limit: 4 * mega } });
  t.throws(() => applyLimits(native, { ...made, limits }), {
    message: /^unable to set memory limit to 4194304 \(current usage: \d+, peak usage: \d+\)$/,
    pointer: '/linux/resources/memory/limit',
  });
});

t.test('quota, period and burst change in any direction', { skip: onVersion1 }, async (t) => {
  const steps: [quota: number, period: number, burst: number][] = [
    [50_000, 100_000, 20_000],
    [400_000, 1_000_000, 300_000],
    [2_000, 10_000, 1_000],
    [100_000, 100_000, 100_000],
    [1_000, 1_000, 0],
  ];
  const all = steps.map(([quota, period, burst]) => ({ cpu: { quota, period, burst } }));
  t.strictSame(
    change(t, all, 'cpu', ['cpu.cfs_quota_us', 'cpu.cfs_period_us', 'cpu.cfs_burst_us']),
    steps.map((step) => step.join(' ')),
  );
});

t.test('a cgroup becomes idle and stops being it', { skip: onVersion1 || !has('cpu', 'cpu.idle') }, async (t) => {
  const all = [
    { cpu: { shares: 512 } },
    { cpu: { idle: 1, shares: 512 } },
    { cpu: { idle: 1, shares: 300 } },
    { cpu: { idle: 0, shares: 2048 } },
  ];
  t.strictSame(change(t, all, 'cpu', ['cpu.idle']), ['0', '1', '1', '0']);
  t.strictSame(change(t, [...all.slice(0, 2), all[3] ?? {}], 'cpu', ['cpu.shares']).at(-1), '2048');
});

t.test('realtime runtime and period', { skip: onVersion1 || !has('cpu', 'cpu.rt_runtime_us') }, async (t) => {
  const steps = [
    [1_000, 1_000_000],
    [500, 1_000],
    [2_000, 100_000],
  ];
  const all = steps.map(([realtimeRuntime = 0, realtimePeriod = 0]) => ({ cpu: { realtimeRuntime, realtimePeriod } }));
  t.strictSame(
    change(t, all, 'cpu', ['cpu.rt_runtime_us', 'cpu.rt_period_us']),
    steps.map((step) => step.join(' ')),
  );
});

t.test('a cpuset of its own below parents that were empty', { skip: onVersion1 }, async (t) => {
  const parent = `/noci-cgroup-test-cpuset-${process.pid}`;
  t.teardown(() => {
    for (const { mountpoint } of facts.cgroup.hierarchies) rmdirSync(`${mountpoint}${parent}`);
  });
  const cgroup = plan(t, { cpu: { cpus: '0' } }, parent);
  createCgroup(native, cgroup);
  const cpuset = directory(cgroup, 'cpuset');
  const root = '/sys/fs/cgroup/cpuset';
  t.equal(read(cpuset, 'cpuset.cpus'), '0');
  t.equal(read(cpuset, 'cpuset.mems'), read(root, 'cpuset.mems'));
  t.equal(read(`${root}${parent}`, 'cpuset.cpus'), read(root, 'cpuset.cpus'));
  const outside = plan(t, { cpu: { cpus: '0-8191' } }, parent);
  t.throws(() => createCgroup(native, outside), {
    message: /^unable to write "0-8191" to cgroup file cpuset.cpus: .* \(the cgroup above has \d/,
    pointer: '/linux/resources/cpu/cpus',
  });
});

t.test(
  'i/o weight in the file of whichever scheduler',
  { skip: onVersion1 || !has('blkio', 'blkio.bfq.weight') },
  async (t) => {
    const cgroup = plan(t, { blockIO: { weight: 300 } });
    createCgroup(native, cgroup);
    t.match(read(directory(cgroup, 'blkio'), 'blkio.bfq.weight'), '300');
  },
);

t.test('refuses a cgroup with processes, in sub-cgroups too', { skip }, async (t) => {
  const cgroup = plan(t);
  createCgroup(native, cgroup);
  for (const { path } of cgroup.directories) mkdirSync(`${path}/sub`);
  for (const { path, controllers } of cgroup.directories)
    if (controllers.includes('cpuset'))
      for (const file of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(`${path}/sub/${file}`, read(path, file));
  sleeper(t, cgroup, '/sub');
  t.throws(() => checkCgroup(native, cgroup), { message: "container's cgroup is not empty: 1 process(es) found" });
});

t.test('refuses a frozen cgroup', { skip }, async (t) => {
  const cgroup = plan(t);
  createCgroup(native, cgroup);
  freeze(native, cgroup);
  t.throws(() => checkCgroup(native, cgroup), { message: "container's cgroup unexpectedly frozen" });
  thaw(native, cgroup);
  checkCgroup(native, cgroup);
});

t.test('freezes and thaws', { skip }, async (t) => {
  const cgroup = plan(t);
  t.equal(isFrozen(native, cgroup), false, 'without a cgroup');
  t.equal(freeze(native, cgroup), false, 'without a cgroup');
  createCgroup(native, cgroup);
  sleeper(t, cgroup);
  t.equal(isFrozen(native, cgroup), false);
  t.equal(freeze(native, cgroup), true);
  t.equal(isFrozen(native, cgroup), true);
  t.equal(thaw(native, cgroup), true);
  t.equal(isFrozen(native, cgroup), false);
});

t.test('kills every process, frozen ones too, and removes the whole tree', { skip }, async (t) => {
  const cgroup = plan(t);
  createCgroup(native, cgroup);
  const child = sleeper(t, cgroup);
  for (const { path } of cgroup.directories) mkdirSync(`${path}/a/b`, { recursive: true });
  freeze(native, cgroup);
  const ended = new Promise((resolve) => child.once('exit', (_status, signal) => resolve(signal)));
  killProcesses(native, cgroup);
  t.strictSame(listProcesses(native, cgroup), []);
  t.equal(isFrozen(native, cgroup), false);
  t.equal(await ended, 'SIGKILL');
  removeCgroup(native, cgroup);
  t.strictSame(gone(cgroup), []);
});

t.test(
  'kills what has left the v2 cgroup of a hybrid host',
  {
    skip: facts.cgroup.mode !== 'hybrid' && 'needs hybrid cgroups',
  },
  async (t) => {
    const cgroup = plan(t);
    createCgroup(native, cgroup);
    const child = sleeper(t, cgroup);
    const unified = cgroup.directories.find(({ version }) => version === 2);
    writeFileSync(`${unified?.mountpoint}/cgroup.procs`, String(child.pid));
    const ended = new Promise((resolve) => child.once('exit', (_status, signal) => resolve(signal)));
    killProcesses(native, cgroup);
    t.equal(await ended, 'SIGKILL');
  },
);

t.test('is removed by what was saved of the plan, as often as one likes', { skip }, async (t) => {
  const cgroup = plan(t);
  createCgroup(native, cgroup);
  const { mode, directories } = JSON.parse(JSON.stringify(cgroup)) as CgroupPlan;
  removeCgroup(native, { mode, directories });
  t.strictSame(gone(cgroup), []);
  removeCgroup(native, { mode, directories });
  killProcesses(native, { mode, directories });
});

t.test('removes nothing that is no cgroup', { skip }, async (t) => {
  const folder = t.testdir({ cgroup: {} });
  const path = `${folder}/cgroup`;
  const directories = [{ version: 1, controllers: ['x'], mountpoint: folder, path }] as const;
  removeCgroup(native, { mode: 'v1', directories });
  t.ok(existsSync(path));
});

t.test('says that a limit needs its cgroup', { skip: onVersion1 }, async (t) => {
  const cgroup = plan(t, { pids: { limit: 5 } });
  t.throws(() => applyLimits(native, cgroup), { message: /^cgroup .* is gone$/ });
});
