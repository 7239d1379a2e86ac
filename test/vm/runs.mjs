// What runs in the guests, as data.
import { policy, weakened } from './stage.mjs';

export const suites = ['trixie', 'bookworm'];

/** Files of test/integration that no guest runs, and why. */
export const notHere = {
  'test/integration/crash.test.ts':
    'a build with faults, in Node.js, and 1000 containers: an hour without acceleration',
  'test/integration/executable.test.ts': 'about the file, whatever the kernel',
  'test/integration/host.test.ts': 'compares with Node.js',
  'test/integration/killed.test.ts': 'a container for every system call under strace: an hour without acceleration',
  'test/integration/library-examples.test.ts': 'of Node.js',
  'test/integration/library-load.test.ts': 'of Node.js',
  'test/integration/library.test.ts': 'of Node.js',
  'test/integration/resctrl.test.ts': 'of Node.js',
};

/** Files that run when they are named, and why. */
export const whenNamed = {
  'test/integration/errors-of-commands.test.ts': 'texts, whatever the kernel',
  'test/integration/errors.test.ts': 'texts, whatever the kernel',
  'test/integration/exec-races.test.ts': 'hundreds of processes, and waits for those that are stopped',
  'test/integration/hook-endings.test.ts': 'what hooks do, whatever the kernel: a minute',
  'test/integration/hostile-state.test.ts': '500 calls about ids and records, whatever the kernel: 3 minutes',
  'test/integration/lifecycle-texts.test.ts': 'texts, whatever the kernel',
  'test/integration/differential.test.ts': 'every feature under runc too: 10 minutes without acceleration',
  'test/integration/newcomer.test.ts':
    'texts, whatever the kernel; a host that lacks something is a guest of its own (test/errors)',
  'test/integration/seccomp-commands.test.ts': 'thousands of system calls that are asked about one by one',
  'test/integration/timeline.test.ts': 'draws pages in Chromium, which guests do not have',
  'test/integration/trace.test.ts': 'what was measured and when, whatever the kernel',
  'test/integration/validate.test.ts': 'texts, whatever the kernel',
  'test/integration/selinux.test.ts': 'a kernel with SELinux and the policy of the run of that name',
  'test/integration/soak.test.ts': 'hundreds of containers, one after the other: 5 minutes without acceleration',
};

/**
 * Files that one suite runs alone, by run: neither the kernel nor systemd's version makes much of a difference to them, and the two guests,
 * which run side by side, end at about the same time.
 */
const homes = {
  cgroupfs: {
    trixie: [
      'bytes-in-paths',
      'debug',
      'device-rules',
      'doctor',
      'events',
      'exec',
      'exec-terminal',
      'fds',
      'features',
      'gc',
      'hostile-mounts',
      'inspect',
      'labels',
      'limits',
      'notify',
      'refused-processes',
      'rootless',
      'rootless-user',
      'seccomp',
      'terminal',
      'tmux',
      'user-namespace',
      'watch',
    ],
    bookworm: [
      'attacks',
      'bad-cgroups',
      'explain',
      'hooks',
      'hostile-rootfs',
      'kill-all',
      'lifecycle',
      'namespaces',
      'net-devices',
      'pause',
      'ps',
      'races',
      'resources',
      'runtime-hooks',
      'signals',
      'stdio',
      'systemd',
      'update',
      'wait',
    ],
  },
  // each file is with the other driver in the other suite
  systemd: {
    trixie: ['explain', 'gc', 'kill-all', 'lifecycle', 'pause', 'resources', 'systemd', 'update', 'wait'],
    bookworm: ['device-rules', 'events', 'exec'],
  },
};

/** Files in which the driver shows: what reads, plans, changes, freezes or removes cgroups, and makes processes in them. */
const aboutCgroups = [
  'cgroup-namespace',
  'device-rules',
  'events',
  'exec',
  'explain',
  'gc',
  'kill-all',
  'lifecycle',
  'pause',
  'resources',
  'systemd',
  'update',
  'wait',
].map(pathOf);

/** What shows that limits and statuses are right where systemd and noci share hierarchies of version 1. */
const onLegacy = ['kill-all', 'lifecycle', 'limits', 'pause', 'resources', 'systemd', 'update'].map(pathOf);

/** What shows only in great numbers. */
const endurance = ['races', 'soak'].map(pathOf);

/** Files that an ordinary user can run. */
const rootless = ['rootless-user'].map(pathOf);

function pathOf(name) {
  return `test/integration/${name}.test.ts`;
}

function withSystemd(features) {
  return features.linux?.cgroup?.systemd === true;
}

/** Whether a suite has a file in a run where none is named. */
export function isIn(suite, { name, only }, file) {
  const home = suites.find((one) => homes[name]?.[one]?.map(pathOf).includes(file)) ?? suite;
  return home === suite && (only?.includes(file) ?? true);
}

/**
 * cgroup v1 as it was before systemd 256, with a named hierarchy of systemd's own. systemd(1) § Kernel Command Line
 */
const legacy = 'systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1';

/** BFQ gives the disk weights. cgroup-v1/blkio-controller.rst */
const withWeights = ['sh', '-c', 'echo bfq > /sys/block/vda/queue/scheduler; exec "$@"', 'sh'];

/** Of stage.mjs; permissive, as the guest has been booted without. The kernel takes it in one write(2). */
const withPolicy = [
  'sh',
  '-c',
  'mountpoint -q /sys/fs/selinux || mount -t selinuxfs none /sys/fs/selinux; cat ' +
    `${policy} >/sys/fs/selinux/load; exec "$@"`,
  'sh',
];

/** As many as on a real processor, and a thousand containers: test/integration/emulation.ts, soak.test.ts. */
const thorough = { NOCI: 'dist/noci', NOCI_THOROUGH: '1', NOCI_SOAK: '1000' };

/**
 * `when`: what `noci features` must say for it. `only`: the files that it has unless others are named. `user`: as an ordinary user, and
 * no other files.
 * `attacks`: rows of test/attacks that need what the guest has, and no other tests; their files are `only`.
 * `needs`: files of the stage that are there only where they were built; build/weakened.sh, Debian's package secilc.
 * `kernel`: words for the command line of the guest's kernel. `prefix`: words before the command. `suites`: the only guests that have
 * it. `seconds`: of one file, when it takes longer than others. `slow`: it runs when it is named, or the word `slow` is.
 * NOCI_CGROUP_DRIVER is read by test/integration/cgroup-driver.ts.
 */
export const runs = [
  { name: 'cgroupfs', env: { NOCI: 'dist/noci' } },
  {
    name: 'systemd',
    env: { NOCI: 'dist/noci', NOCI_CGROUP_DRIVER: 'systemd' },
    only: aboutCgroups,
    when: withSystemd,
  },
  { name: 'weakened', attacks: ['S05'], only: [pathOf('labels')], suites: ['trixie'], needs: [weakened] },
  { name: 'user', user: true, env: { NOCI: 'dist/noci' }, only: rootless },
  {
    name: 'user-systemd',
    user: true,
    env: { NOCI: 'dist/noci', NOCI_CGROUP_DRIVER: 'systemd' },
    only: rootless,
    when: withSystemd,
  },
  {
    name: 'legacy',
    env: { NOCI: 'dist/noci' },
    only: onLegacy,
    suites: ['bookworm'],
    kernel: legacy,
    prefix: withWeights,
    slow: true,
  },
  {
    name: 'legacy-systemd',
    env: { NOCI: 'dist/noci', NOCI_CGROUP_DRIVER: 'systemd' },
    only: onLegacy,
    when: withSystemd,
    suites: ['bookworm'],
    kernel: legacy,
    prefix: withWeights,
    slow: true,
  },
  {
    name: 'selinux',
    env: { NOCI: 'dist/noci' },
    only: [pathOf('selinux')],
    suites: ['trixie'],
    kernel: 'security=selinux selinux=1',
    prefix: withPolicy,
    needs: [policy],
    slow: true,
  },
  { name: 'endurance', env: thorough, only: endurance, suites: ['trixie'], seconds: 7200, slow: true },
  {
    name: 'endurance-systemd',
    env: { ...thorough, NOCI_CGROUP_DRIVER: 'systemd' },
    only: endurance,
    when: withSystemd,
    suites: ['trixie'],
    seconds: 7200,
    slow: true,
  },
  {
    name: 'endurance-legacy-systemd',
    env: { ...thorough, NOCI_CGROUP_DRIVER: 'systemd' },
    only: endurance,
    when: withSystemd,
    suites: ['bookworm'],
    kernel: legacy,
    seconds: 7200,
    slow: true,
  },
];
