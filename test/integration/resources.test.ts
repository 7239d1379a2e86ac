// Every property of linux.resources under noci and under runc: all files of all cgroups are compared, and every difference is explained
// by name. Where the runc beside it is older than the rule that noci follows, the value is held to the rule itself.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { driver, withoutCgroupfs } from './cgroup-driver.ts';
import { type Container, makeContainer, until } from './container.ts';
import { cgroupsOf, controlDifferences, controlFiles } from './control-files.ts';
import type { Outcome } from './report.ts';

type Version = 1 | 2;
type Explanation = readonly [reason: string, line: RegExp];

const version: Version = existsSync('/sys/fs/cgroup/cgroup.controllers') ? 2 : 1;

interface Case {
  readonly name: string;
  readonly resources: Draft;
  /** only hosts of this version have it */
  readonly on?: Version;
  /** why it cannot run here, or false */
  readonly skip?: string | false;
  readonly explained?: readonly Explanation[];
  /** file → what noci must have made it say, by the version of cgroups */
  readonly shows?: Readonly<Partial<Record<Version, Readonly<Record<string, string>>>>>;
  /** a runc of some age cannot do this; why noci does it. A newer one is compared */
  readonly refusedByRunc?: string;
}

const mega = 1024 * 1024;
/** what v1 says for no limit: PAGE_COUNTER_MAX in bytes */
const none = '9223372036854771712';

/** Whether a new v1 cgroup of a controller has a file. */
function hasFile(controller: string, file: string): boolean {
  const root = `/sys/fs/cgroup/${controller}`;
  if (version === 2 || !existsSync(root)) return false;
  const folder = `${root}/noci-resources-look-${process.pid}`;
  mkdirSync(folder);
  try {
    return existsSync(`${folder}/${file}`);
  } finally {
    rmdirSync(folder);
  }
}

/** major:minor of a disk with a queue, which can be throttled. */
function disk(): readonly [major: number, minor: number] | undefined {
  const name = readdirSync('/sys/block').find((one) => /^(vd|sd|nvme)/.test(one));
  const numbers = name && readFileSync(`/sys/block/${name}/dev`, 'utf8').trim().split(':').map(Number);
  return numbers ? [numbers[0] ?? 0, numbers[1] ?? 0] : undefined;
}

const [major, minor] = disk() ?? [0, 0];
const noDisk = disk() === undefined && 'there is no disk';
const rate = (value: number) => [{ major, minor, rate: value }];

const memoryCases: readonly Case[] = [
  ...[
    { limit: 64 * mega },
    { limit: 64 * mega, swap: 64 * mega },
    { limit: 64 * mega, swap: 96 * mega },
    { limit: 64 * mega, swap: -1 },
    { limit: -1 },
    { limit: -1, swap: -1 },
    { limit: 0, swap: 0, reservation: 0 },
    { reservation: 32 * mega },
    { reservation: -1 },
    { limit: 64 * mega, reservation: 32 * mega, useHierarchy: true, checkBeforeUpdate: true },
    { kernel: 32 * mega, kernelTCP: 16 * mega },
    { disableOOMKiller: false },
    { disableOOMKiller: true },
    { swappiness: 0 },
    { swappiness: 60 },
    { swappiness: 100 },
  ].map((memory) => ({ name: `memory ${JSON.stringify(memory)}`, resources: { memory } })),
  {
    name: 'what the memory limits are',
    resources: { memory: { limit: 64 * mega, swap: 96 * mega, reservation: 32 * mega, swappiness: 10 } },
    shows: {
      1: {
        'memory.limit_in_bytes': String(64 * mega),
        'memory.memsw.limit_in_bytes': String(96 * mega),
        'memory.soft_limit_in_bytes': String(32 * mega),
        'memory.swappiness': '10',
      },
      2: {
        'memory.max': String(64 * mega),
        'memory.swap.max': String(32 * mega),
        'memory.low': String(32 * mega),
      },
    },
  },
  {
    name: 'no memory limit, said so',
    resources: { memory: { limit: -1 } },
    shows: {
      1: { 'memory.limit_in_bytes': none, 'memory.memsw.limit_in_bytes': none },
      2: { 'memory.max': 'max', 'memory.swap.max': 'max' },
    },
  },
];

/** shares → cpu.weight */
const weights: readonly (readonly [shares: number, weight: number])[] = [
  [2, 1],
  [3, 2],
  [10, 4],
  [100, 17],
  [512, 59],
  [1024, 100],
  [4096, 303],
  [65536, 3023],
  [262144, 10000],
];

const weightCurve: Explanation = [
  'runc before 1.3.2 makes the weight of the shares by a line and not by the curve',
  /^[-+] cpu\.weight(\.nice)? = /,
];

const cpuCases: readonly Case[] = [
  ...weights.map(([shares, weight]) => ({
    name: `cpu shares ${shares}`,
    resources: { cpu: { shares } },
    explained: [weightCurve],
    shows: { 1: { 'cpu.shares': String(shares) }, 2: { 'cpu.weight': String(weight) } },
  })),
  ...[
    { shares: 0, quota: 0, period: 0 },
    { quota: 50_000 },
    { quota: -1 },
    { period: 50_000 },
    { quota: 20_000, period: 50_000 },
    { quota: -1, period: 50_000 },
  ].map((cpu) => ({ name: `cpu ${JSON.stringify(cpu)}`, resources: { cpu } })),
  {
    name: 'cpu burst',
    skip: !hasFile('cpu', 'cpu.cfs_burst_us') && version === 1 && 'this kernel has no bursts',
    resources: { cpu: { quota: 50_000, burst: 20_000, period: 100_000 } },
    explained: [['runc knows burst since 1.2', /^[-+] cpu\.(cfs_burst_us|max\.burst) = (0|20000)$/]],
    shows: { 1: { 'cpu.cfs_burst_us': '20000' }, 2: { 'cpu.max.burst': '20000', 'cpu.max': '50000 100000' } },
  },
  { name: 'no cpu burst, said so', resources: { cpu: { burst: 0 } } },
  {
    name: 'cpu idle',
    resources: { cpu: { idle: 1 } },
    explained: [['runc knows idle since 1.2', /^[-+] cpu\.(idle|shares|weight(\.nice)?) = /]],
    shows: { 1: { 'cpu.idle': '1' }, 2: { 'cpu.idle': '1' } },
  },
  {
    name: 'cpu idle with a weight, which is of no effect then',
    resources: { cpu: { idle: 1, shares: 512 } },
    explained: [['runc knows idle since 1.2', /^[-+] cpu\.(idle|shares|weight(\.nice)?) = /]],
    shows: { 1: { 'cpu.idle': '1' }, 2: { 'cpu.idle': '1' } },
  },
  { name: 'not cpu idle, said so', resources: { cpu: { idle: 0 } } },
  {
    name: 'realtime',
    on: 1,
    skip: !hasFile('cpu', 'cpu.rt_runtime_us') && 'this kernel has no realtime groups',
    resources: { cpu: { realtimePeriod: 500_000, realtimeRuntime: 1000 } },
    shows: { 1: { 'cpu.rt_period_us': '500000', 'cpu.rt_runtime_us': '1000' } },
  },
  { name: 'realtime on v2, where it is ignored', on: 2, resources: { cpu: { realtimeRuntime: 1000 } } },
  {
    name: 'cpus and mems',
    resources: { cpu: { cpus: '0', mems: '0' } },
    shows: { 1: { 'cpuset.cpus': '0', 'cpuset.mems': '0' }, 2: { 'cpuset.cpus': '0', 'cpuset.mems': '0' } },
  },
  { name: 'cpus as a list', resources: { cpu: { cpus: '0-1' } } },
  { name: 'mems alone', resources: { cpu: { mems: '0' } } },
  { name: 'no cpus, said so', resources: { cpu: { cpus: '', mems: '' } } },
];

const pidsCases: readonly Case[] = [
  { name: 'pids', resources: { pids: { limit: 77 } }, shows: { 1: { 'pids.max': '77' }, 2: { 'pids.max': '77' } } },
  { name: 'no pids limit', resources: { pids: { limit: -1 } } },
  {
    name: 'no pid at all',
    resources: { pids: { limit: 0 } },
    explained: [
      ['0 is a limit, of the one process that there has to be; runc does so since 1.4', /^[-+] pids\.max = /],
    ],
    shows: { 1: { 'pids.max': '1' }, 2: { 'pids.max': '1' } },
  },
];

/** Whether BFQ schedules the disk: the others have no weights, and refuse one for it. */
const hasWeights = readdirSync('/sys/block').some((name) => {
  const [numbers, scheduler] = ['dev', 'queue/scheduler'].map((file) => `/sys/block/${name}/${file}`) as [
    string,
    string,
  ];
  return (
    readFileSync(numbers, 'utf8').trim() === `${major}:${minor}` && readFileSync(scheduler, 'utf8').includes('[bfq]')
  );
});

const noWeight =
  !hasFile('blkio', 'blkio.bfq.weight') &&
  !hasFile('blkio', 'blkio.weight') &&
  version === 1 &&
  'no i/o scheduler has weights';

const blockCases: readonly Case[] = [
  ...[10, 200, 1000].map((weight) => ({
    name: `block i/o weight ${weight}`,
    skip: noWeight,
    resources: { blockIO: { weight } },
    ...(hasWeights && { shows: { 1: { 'blkio.bfq.weight': String(weight) } } }),
  })),
  {
    name: 'block i/o weight of a device',
    skip: !hasWeights && 'the disk is not scheduled by BFQ',
    resources: { blockIO: { weight: 200, weightDevice: [{ major, minor, weight: 300 }] } },
    shows: { 1: { 'blkio.bfq.weight_device': `default 200\n${major}:${minor} 300` } },
  },
  { name: 'no block i/o weight', resources: { blockIO: { weight: 0, leafWeight: 0 } } },
  ...['throttleReadBpsDevice', 'throttleWriteBpsDevice', 'throttleReadIOPSDevice', 'throttleWriteIOPSDevice'].map(
    (name) => ({ name, skip: noDisk, resources: { blockIO: { [name]: rate(1_048_576) } } }),
  ),
  {
    name: 'all throttles',
    skip: noDisk,
    resources: {
      blockIO: {
        throttleReadBpsDevice: rate(4096),
        throttleWriteBpsDevice: rate(8192),
        throttleReadIOPSDevice: rate(10),
        throttleWriteIOPSDevice: rate(20),
      },
    },
    shows: {
      1: {
        'blkio.throttle.read_bps_device': `${major}:${minor} 4096`,
        'blkio.throttle.write_bps_device': `${major}:${minor} 8192`,
        'blkio.throttle.read_iops_device': `${major}:${minor} 10`,
        'blkio.throttle.write_iops_device': `${major}:${minor} 20`,
      },
      2: { 'io.max': `${major}:${minor} rbps=4096 wbps=8192 riops=10 wiops=20` },
    },
  },
];

const hugeCases: readonly Case[] = [0, 4 * mega].map((limit) => ({
  name: `huge pages ${limit}`,
  skip: !existsSync('/sys/kernel/mm/hugepages/hugepages-2048kB') && 'there are no huge pages',
  resources: { hugepageLimits: [{ pageSize: '2MB', limit }] },
  explained: [
    ['runc limits the reservations since 1.2', /^[-+] hugetlb\.2MB\.rsvd\.(max|limit_in_bytes) = /],
  ] as Explanation[],
  ...(version === 1 && hybridHugetlb() ? { refusedByRunc: 'on a hybrid host runc looks for hugetlb in v1 alone' } : {}),
  shows: {
    1: hybridHugetlb()
      ? { 'hugetlb.2MB.max': String(limit), 'hugetlb.2MB.rsvd.max': String(limit) }
      : { 'hugetlb.2MB.limit_in_bytes': String(limit), 'hugetlb.2MB.rsvd.limit_in_bytes': String(limit) },
    2: { 'hugetlb.2MB.max': String(limit), 'hugetlb.2MB.rsvd.max': String(limit) },
  },
}));

const networkCases: readonly Case[] = [
  {
    name: 'network class',
    on: 1,
    skip: !hasFile('net_cls', 'net_cls.classid') && 'net_cls is not mounted',
    resources: { network: { classID: 0x10_0001 } },
    shows: { 1: { 'net_cls.classid': '1048577' } },
  },
  {
    name: 'network priorities',
    on: 1,
    skip: !hasFile('net_prio', 'net_prio.ifpriomap') && 'net_prio is not mounted',
    resources: { network: { priorities: [{ name: 'lo', priority: 7 }] } },
  },
  { name: 'no network class, said so', resources: { network: { classID: 0 } } },
  { name: 'network on v2, where it is ignored', on: 2, resources: { network: { classID: 5 } } },
];

const unifiedCases: readonly Case[] = [
  {
    name: 'unified',
    on: 2,
    resources: {
      memory: { limit: 64 * mega },
      unified: {
        'memory.high': '50331648',
        'memory.max': '41943040',
        'pids.max': '33',
        'cpu.weight': '50',
        'memory.oom.group': '1',
      },
    },
    shows: {
      2: {
        'memory.high': '50331648',
        'memory.max': '41943040',
        'pids.max': '33',
        'cpu.weight': '50',
        'memory.oom.group': '1',
      },
    },
  },
  {
    name: 'unified of several lines',
    on: 2,
    skip: noDisk,
    resources: { unified: { 'io.max': `${major}:${minor} rbps=2097152\n${major}:${minor} wiops=120\n` } },
    refusedByRunc: 'runc writes the lines one by one since 1.2',
    shows: { 2: { 'io.max': `${major}:${minor} rbps=2097152 wbps=max riops=max wiops=120` } },
  },
  {
    name: 'unified of a hybrid host',
    on: 1,
    skip: !hybridHugetlb() && 'hugetlb is not on v2',
    resources: { unified: { 'hugetlb.2MB.max': '2097152' } },
    refusedByRunc: 'runc has no unified unless v2 is alone',
    shows: { 1: { 'hugetlb.2MB.max': '2097152' } },
  },
];

function hybridHugetlb(): boolean {
  const file = '/sys/fs/cgroup/unified/cgroup.controllers';
  return existsSync(file) && readFileSync(file, 'utf8').includes('hugetlb');
}

const everything: readonly Case[] = [
  {
    name: 'everything at once',
    skip: noDisk,
    resources: {
      memory: { limit: 64 * mega, swap: 96 * mega, reservation: 32 * mega },
      cpu: { shares: 1024, quota: 50_000, period: 100_000, cpus: '0', mems: '0' },
      pids: { limit: 50 },
      blockIO: { throttleReadBpsDevice: rate(1_048_576), throttleWriteIOPSDevice: rate(100) },
    },
    explained: [weightCurve],
  },
];

const cases = [memoryCases, cpuCases, pidsCases, blockCases, hugeCases, networkCases, unifiedCases, everything].flat();

/** Differences that every container shows. */
const everywhere: readonly Explanation[] = [
  ['the rules of devices stand in the order of the config; runc sorts them', /^[-+] devices\.list = /],
  ['the number of a cgroup of net_prio is the kernel’s own', /^[-+] net_prio\.prioidx = \d+$/],
  [
    'noci has a cgroup in every hierarchy of v1; runc knows no misc, and stays in the root of it',
    /^(- misc\.capacity|- misc:(cgroup\.sane_behavior|release_agent)|\+ misc\.max) = /,
  ],
];

let made = 0;

function container(t: Test, runtime: string, resources: Draft, changes: Draft = {}): Container {
  const name = `resources-${process.pid}-${++made}`;
  return makeContainer(
    t,
    (config) => {
      config.process = { ...config.process, args: ['/bin/sleep', '1000'], ...changes };
      config.linux.cgroupsPath = driver === 'systemd' ? `system.slice:noci:${name}` : `/noci-${name}`;
      config.linux.resources = { ...config.linux.resources, ...resources };
    },
    runtime,
  );
}

/** The files of a container that was just made; it is gone afterwards. */
function filesOf(t: Test, runtime: string, resources: Draft): Map<string, string> | Outcome {
  const made = container(t, runtime, resources);
  const outcome = made.create();
  if (outcome.status !== 0) return outcome;
  const { pid } = made.state();
  // a runc that waited long enough for a process with few shares leaves the cgroups behind
  const cgroups = cgroupsOf(pid).filter((directory) => directory.includes(`resources-${process.pid}-`));
  t.teardown(() => removeCgroups(cgroups));
  try {
    return controlFiles(pid);
  } finally {
    made.delete('--force');
  }
}

async function removeCgroups(directories: readonly string[]): Promise<void> {
  for (const directory of directories) await until(() => isRemoved(directory));
}

/** rmdir says EBUSY as long as a process of the cgroup is dying. */
function isRemoved(directory: string): boolean {
  if (!existsSync(directory)) return true;
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
}

function told(files: Map<string, string>, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, files.get(name)]));
}

function compare(t: Test, one: Case): void {
  const seen = filesOf(t, noci, one.resources);
  if (!(seen instanceof Map)) {
    t.fail(`noci: ${seen.stderr}`);
    return;
  }
  const shown = one.shows?.[version] ?? {};
  t.strictSame(told(seen, Object.keys(shown)), shown, 'what was asked for');
  const expected = filesOf(t, runc, one.resources);
  if (!(expected instanceof Map)) {
    t.ok(one.refusedByRunc, `runc: ${expected.stderr}`);
    return;
  }
  t.ok(expected.size > 10, `${expected.size} files were compared`);
  const explained = [...everywhere, ...(one.explained ?? [])];
  const lines = controlDifferences(expected, seen).filter(
    (line) => !explained.some(([, pattern]) => pattern.test(line)),
  );
  for (const line of lines) t.fail(line);
}

/** sd_booted(3) */
const withoutSystemd = driver === 'systemd' && !existsSync('/run/systemd/system') && 'systemd does not run here';

t.test(
  `the files of the cgroups are the same, ${driver}`,
  { skip: missing() || withoutSystemd, timeout: 900_000 },
  async (t) => {
    for (const one of cases.filter(({ on = version }) => on === version)) {
      await t.test(one.name, { skip: one.skip ?? false }, async (t) => compare(t, one));
    }
  },
);

/** What a host cannot have, or the kernel refuses: one error with the place, before or after the cgroup was made. */
const refusals: readonly (Omit<Case, 'shows' | 'explained'> & {
  readonly message: RegExp;
  readonly process?: Draft;
})[] = [
  {
    name: 'a controller that is not mounted',
    on: 1,
    skip: existsSync('/sys/fs/cgroup/net_cls') && 'net_cls is mounted',
    resources: { network: { classID: 5 } },
    message:
      /cgroup file net_cls\.classid cannot be written: controller \\"net_cls\\" is not available .*network\/classID/,
  },
  {
    name: 'unified for a controller of v1',
    on: 1,
    resources: { unified: { 'memory.high': '5' } },
    message: /invalid configuration: cannot use unified on cgroup v1/,
  },
  {
    name: 'unified for a controller that there is not',
    on: 2,
    resources: { unified: { 'nothing.high': '5' } },
    message: /unified resource \\"nothing\.high\\" can't be set: controller \\"nothing\\" not available/,
  },
  {
    name: 'unified outside of the cgroup',
    resources: { unified: { '../memory.max': '5' } },
    message: /must be a file name \(no slashes\)/,
  },
  {
    name: 'pages that there are not',
    resources: { hugepageLimits: [{ pageSize: '3MB', limit: 0 }] },
    message: /this host has no huge pages of 3MB; .*hugepageLimits\/0\/pageSize/,
  },
  {
    name: 'CPUs that there are not',
    on: 1,
    resources: { cpu: { cpus: '0-8191' } },
    message: /to cgroup file cpuset\.cpus: .*the cgroup above has .*cpu\/cpus/,
  },
  {
    name: 'a device that there is not',
    resources: { blockIO: { throttleReadBpsDevice: [{ major: 99, minor: 0, rate: 1 }] } },
    message: /no such device \(there is no such block device\).*throttleReadBpsDevice\/0/,
  },
  {
    name: 'a deadline with a cpuset',
    skip: availableParallelism() < 2 && 'one CPU is every CPU',
    resources: { cpu: { cpus: '0' } },
    process: { scheduler: { policy: 'SCHED_DEADLINE', runtime: 1_000_000, deadline: 10_000_000, period: 10_000_000 } },
    message: /process scheduler can't be used together with AllowedCPUs .*\/process\/scheduler/,
  },
];

t.test(
  'what cannot be is refused with its place, and nothing is left',
  { skip: missing() || withoutCgroupfs, timeout: 120_000 },
  async (t) => {
    for (const { name, skip = false, resources, process, message } of refusals.filter(
      ({ on = version }) => on === version,
    )) {
      await t.test(name, { skip }, async (t) => {
        const made = container(t, noci, resources, process);
        const { status, stderr } = made.create();
        t.equal(status, 1);
        t.match(stderr, message);
        // engines take these for what happened to the command
        t.notMatch(stderr, /no such file or directory|permission denied|executable file not found/i);
        t.strictSame(left(), [], 'no cgroup');
      });
    }
  },
);

/** Cgroups of this test's containers. */
function left(): string[] {
  const roots = version === 2 ? [''] : readdirSync('/sys/fs/cgroup');
  return roots.flatMap((root) =>
    readdirSync(`/sys/fs/cgroup/${root}`).filter((name) => name.startsWith(`noci-resources-${process.pid}-`)),
  );
}
