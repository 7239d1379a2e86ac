// The same bundle under noci and under Debian's runc: the probe's whole reports are compared, and every difference is
// explained here by name. runc is 1.1.5; where newer runc differs from it, noci follows the newer.
import { existsSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, makeBundle, missing, noci, runc } from './bundle.ts';
import { differences, type Report, runProbe } from './report.ts';

/** Why two reports differ, and what the lines of that difference look like. */
type Explanation = readonly [reason: string, line: RegExp];

interface Feature {
  readonly name: string;
  /** sections of config.json that are merged into what `runc spec` writes */
  readonly config?: {
    readonly process?: Draft;
    readonly linux?: Draft;
    readonly root?: Draft;
    readonly annotations?: Draft;
    readonly hostname?: string;
    readonly domainname?: string;
  };
  /** options of `run` */
  readonly options?: readonly string[];
  /** mounts that are appended */
  readonly mounts?: readonly Draft[];
  /** what the probe is asked beside its report */
  readonly ask?: readonly string[];
  /** namespaces that are not made, then those that are */
  readonly without?: readonly string[];
  readonly namespaces?: readonly Draft[];
  /** what data cannot say; `folder` is the bundle */
  readonly prepare?: (config: Draft, folder: string) => void;
  readonly explained?: readonly Explanation[];
  /** what noci's report must say, where runc's cannot tell */
  readonly shows?: Draft;
  /** taken out of both reports' mounts before they are compared */
  readonly stripped?: RegExp;
  /** runc cannot do this; what it says, and why noci does it */
  readonly refusedByRunc?: Explanation;
}

/** Differences that every bundle shows. */
const everywhere: readonly Explanation[] = [
  [
    "masked files are covered by a null device of init's own, which nothing in the image can replace (CVE-2025-31133)",
    /^[-+] mounts: \S*\/null \/\S+ r[wo],.* - /,
  ],
  [
    'a read-only cgroup mount is read-only altogether; runc 1.1 leaves the tmpfs that holds the controllers writable',
    /^[-+] mounts: \/ \/sys\/fs\/cgroup r[wo],.* - tmpfs tmpfs rw,mode=755/,
  ],
  [
    'in the foreground runc copies through pipes of its own; noci hands over what it was given, so that nothing can be lost',
    /^[-+] fds\/[012]\/(flags|type|uid|major|minor) =/,
  ],
  [
    'masked directories share one tmpfs of one block and one inode, as runc does since 1.4.3',
    /^[-+] mounts: \/ \/(proc|sys)\/\S+ ro,.* - tmpfs tmpfs/,
  ],
];

const sets = ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'];
const allSets = Object.fromEntries(sets.map((set) => [set, ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_RAW']]));
const propagations = ['shared', 'rshared', 'slave', 'rslave', 'private', 'rprivate', 'unbindable', 'runbindable'];
const cgroupMount = {
  destination: '/sys/fs/cgroup',
  type: 'cgroup',
  source: 'cgroup',
  options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
};

const makeData = (_config: Draft, folder: string): void => {
  mkdirSync(join(folder, 'data/sub'), { recursive: true });
  writeFileSync(join(folder, 'data/file'), 'text');
};

/** The probe sees what is forbidden: a hostname, a personality, a limit. */
const someCalls = {
  defaultAction: 'SCMP_ACT_ALLOW',
  architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  syscalls: [
    { names: ['uname', 'no_such_call'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    { names: ['getpriority'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 0, op: 'SCMP_CMP_EQ' }] },
  ],
};

const processFeatures: readonly Feature[] = [
  {
    name: 'args, env, cwd and HOME',
    config: {
      process: {
        args: ['/probe', 'a b', 'ü', ''],
        env: ['PATH=/bin', 'A=1', 'B=x=y', 'A=2', 'EMPTY='],
        cwd: '/made/by/create',
      },
      root: { readonly: false },
    },
  },
  { name: 'a command found in PATH', config: { process: { args: ['probe'], env: ['PATH=/bin:/'] } } },
  {
    name: 'user, groups and umask',
    config: { process: { user: { uid: 1000, gid: 1001, additionalGids: [5, 7, 1000], umask: 0o27 } } },
  },
  { name: 'a user without groups', config: { process: { user: { uid: 65534, gid: 65534 } } } },
  { name: 'HOME of the user', config: { process: { user: { uid: 1000, gid: 1000 }, env: ['PATH=/'] } } },
  { name: 'five capability sets', config: { process: { capabilities: allSets } } },
  {
    name: 'ambient capabilities of an ordinary user',
    config: { process: { user: { uid: 1000, gid: 1000 }, capabilities: allSets } },
  },
  {
    name: 'no capabilities object',
    config: { process: { capabilities: undefined } },
    explained: [['without the object the sets are not touched; runc does so since 1.2', /^[-+] capabilities\//]],
  },
  { name: 'empty capabilities', config: { process: { capabilities: {} } } },
  { name: 'without noNewPrivileges', config: { process: { noNewPrivileges: false } } },
  { name: 'a seccomp filter', config: { linux: { seccomp: someCalls } }, shows: { attributes: { seccomp: 2 } } },
  {
    name: 'a seccomp filter without noNewPrivileges',
    config: { process: { noNewPrivileges: false }, linux: { seccomp: someCalls } },
    shows: { attributes: { seccomp: 2 } },
  },
  {
    name: 'rlimits',
    config: {
      process: {
        rlimits: [
          { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
          { type: 'RLIMIT_FSIZE', soft: 4294967296, hard: 9007199254740991 },
          { type: 'RLIMIT_NOFILE', soft: 100, hard: 200 },
          { type: 'RLIMIT_STACK', soft: 8388608, hard: 8388608 },
        ],
      },
    },
  },
  { name: 'oomScoreAdj', config: { process: { oomScoreAdj: 500 } } },
  {
    name: 'personality',
    config: { linux: { personality: { domain: 'LINUX32' } } },
    shows: { attributes: { personality: 8 } },
    explained: [['runc knows personality since 1.2', /^[-+] (attributes\/personality|machine) = /]],
  },
  {
    name: 'a scheduler',
    config: { process: { scheduler: { policy: 'SCHED_BATCH', nice: 5 } } },
    shows: { scheduler: { policy: 3, nice: 5 } },
    explained: [['runc knows scheduler since 1.2', /^[-+] scheduler\/(policy|nice) = /]],
  },
  {
    name: 'an i/o priority',
    config: { process: { ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 6 } } },
    shows: { scheduler: { ioprio: (2 << 13) | 6 } },
    explained: [['runc knows ioPriority since 1.2', /^[-+] scheduler\/ioprio = /]],
  },
  {
    name: 'a memory policy',
    config: { linux: { memoryPolicy: { mode: 'MPOL_BIND', nodes: '0' } } },
    shows: { scheduler: { mempolicy: 2, mempolicyNodes: '1' } },
    explained: [['runc knows memoryPolicy since 1.4', /^[-+] scheduler\/mempolicy(Nodes)? = /]],
  },
];

const namespaceFeatures: readonly Feature[] = [
  { name: 'hostname', config: { hostname: 'a-name' } },
  {
    name: 'domainname',
    config: { domainname: 'a-domain' },
    shows: { domainname: 'a-domain' },
    explained: [['runc knows domainname since 1.2', /^[-+] domainname = /]],
  },
  {
    name: 'a time namespace',
    config: { linux: { timeOffsets: { monotonic: { secs: 7200 }, boottime: { secs: 36000 } } } },
    namespaces: [{ type: 'time' }],
    shows: { clockOffset: 600, namespaces: { time: 'own' }, timensOffsets: [/^monotonic +7200 /, /^boottime +36000 /] },
    refusedByRunc: ['runc knows time namespaces since 1.2', /time/],
  },
  {
    name: 'sysctl',
    config: {
      linux: {
        sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '9000', 'net/ipv4/ping_group_range': '0 100' },
      },
    },
    ask: ['net/ipv4/ip_forward', 'kernel/msgmax', 'net/ipv4/ping_group_range'].flatMap((key) => [
      '--read',
      `/proc/sys/${key}`,
    ]),
  },
  { name: 'the network of the host', without: ['network'] },
  { name: 'the processes of the host', without: ['pid'] },
  { name: 'ipc of the host', without: ['ipc'] },
  {
    name: 'every namespace of the host but mount',
    without: ['pid', 'network', 'ipc', 'uts'],
    prepare: (config) => {
      delete config.hostname;
    },
  },
  { name: 'a cgroup namespace', namespaces: [{ type: 'cgroup' }] },
];

const rootFeatures: readonly Feature[] = [
  { name: 'what runc spec writes' },
  { name: 'a writable root', config: { root: { readonly: false } } },
  { name: 'without pivot_root', options: ['--no-pivot'] },
  ...propagations.map(
    (propagation) =>
      ({
        name: `rootfsPropagation ${propagation}`,
        config: { linux: { rootfsPropagation: propagation } },
        // the root is shared, as the configuration says; runc does so since 1.2
        ...(propagation.endsWith('shared') && { stripped: / shared(?= - )/ }),
        ...(propagation.endsWith('unbindable') && {
          refusedByRunc: ['runc binds the root onto itself after it made it unbindable', /invalid argument/],
        }),
      }) as Feature,
  ),
  {
    name: 'devices',
    config: {
      linux: {
        devices: [
          { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o600, uid: 5, gid: 6 },
          { path: '/dev/made/block', type: 'b', major: 7, minor: 99 },
          { path: '/dev/pipe', type: 'p', fileMode: 0o644 },
          { path: '/dev/zero', type: 'c', major: 1, minor: 5, fileMode: 0o640 },
        ],
      },
    },
    ask: ['--stat', '/dev/made/block'],
  },
  {
    name: 'no mount at /dev',
    config: { root: { readonly: false } },
    prepare: (config) => {
      config.mounts = config.mounts.filter((mount: Draft) => !mount.destination.startsWith('/dev'));
    },
  },
  {
    name: 'masked and read-only paths',
    config: {
      root: { readonly: false },
      linux: {
        maskedPaths: ['/etc/passwd', '/var', '/not/there', '/proc/kcore', '/proc/acpi'],
        readonlyPaths: ['/tmp', '/etc', '/not/there', '/proc/sys'],
      },
    },
    ask: ['--read', '/etc/passwd', '--stat', '/var', '--write', '/proc/sys/kernel/hostname'].concat(
      ['/tmp', '/var', '/etc'].flatMap((folder) => ['--create', `${folder}/new`]),
    ),
    explained: [
      ['a masked directory is a tmpfs of one block and one inode', /^[-+] mounts: \/ \/var ro,.* - tmpfs tmpfs/],
    ],
  },
];

const mountFeatures: readonly Feature[] = [
  {
    name: 'binds of files and directories',
    prepare: (config, folder) => {
      makeData(config, folder);
      const data = join(folder, 'data');
      config.mounts.push(
        {
          destination: '/data',
          type: 'bind',
          source: data,
          options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec'],
        },
        { destination: '/etc/file', type: 'none', source: join(data, 'file'), options: ['rbind', 'rw'] },
        { destination: '/var/lib/relative', source: 'data', options: ['bind', 'noatime'] },
        { destination: '/made/deep/inside', source: data, options: ['rbind', 'nodiratime', 'rprivate'] },
      );
    },
    ask: ['--stat', '/data/file', '--create', '/data/new', '--create', '/var/lib/relative/new'],
  },
  ...propagations.map((propagation) => ({
    name: `a bind that is ${propagation}`,
    prepare: makeData,
    mounts: [{ destination: '/data', type: 'bind', source: 'data', options: ['bind', propagation] }],
  })),
  {
    name: 'tmpfs with every mount flag',
    mounts: [
      ['/a', ['ro', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'size=1m']],
      ['/b', ['strictatime', 'sync', 'dirsync', 'mode=700', 'uid=5', 'gid=6']],
      ['/c', ['relatime', 'rw', 'suid', 'dev', 'exec', 'nr_inodes=10']],
    ].map(([destination, options]) => ({ destination, type: 'tmpfs', source: 'tmpfs', options })),
  },
  {
    name: 'recursive options',
    prepare: makeData,
    mounts: [
      {
        destination: '/data',
        type: 'bind',
        source: 'data',
        options: ['rbind', 'rro', 'rnosuid', 'rnodev', 'rnoexec', 'rnoatime'],
      },
    ],
  },
  {
    name: 'tmpcopyup',
    prepare: (_config, folder) => {
      mkdirSync(join(folder, 'rootfs/copied/sub'), { recursive: true, mode: 0o750 });
      writeFileSync(join(folder, 'rootfs/copied/sub/file'), 'text', { mode: 0o640 });
      symlinkSync('sub/file', join(folder, 'rootfs/copied/link'));
    },
    mounts: [{ destination: '/copied', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', 'size=1m'] }],
    explained: [['the mode is given when it is mounted and not changed later', /^[-+] mounts: \/ \/copied /]],
    ask: ['/copied', '/copied/sub', '/copied/sub/file', '/copied/link'].flatMap((path) => ['--stat', path]),
  },
  {
    name: 'an overlay of many layers',
    prepare: (config, folder) => {
      const layers = Array.from({ length: 8 }, (_, number) => join(folder, `layer-${'x'.repeat(40)}-${number}`));
      for (const path of [...layers, join(folder, 'upper'), join(folder, 'work')]) mkdirSync(path);
      for (const layer of layers) writeFileSync(join(layer, `file${layer.at(-1)}`), '');
      const options = [
        `lowerdir=${layers.join(':')}`,
        `upperdir=${folder}/upper`,
        `workdir=${folder}/work`,
        'nosuid',
        'noatime',
      ];
      config.mounts.push({ destination: '/overlay', type: 'overlay', source: 'overlay', options });
    },
    ask: ['--stat', '/overlay/file0', '--stat', '/overlay/file7', '--create', '/overlay/new'],
  },
  { name: 'a cgroup mount', mounts: [cgroupMount] },
  { name: 'a cgroup mount in a cgroup namespace', namespaces: [{ type: 'cgroup' }], mounts: [cgroupMount] },
];

const cgroupFeatures: readonly Feature[] = [
  {
    name: 'memory, cpu and pids limits',
    config: {
      linux: {
        resources: {
          devices: [{ allow: false, access: 'rwm' }],
          memory: { limit: 33554432 },
          cpu: { shares: 512, quota: 50000, period: 100000 },
          pids: { limit: 20 },
        },
      },
    },
    mounts: [cgroupMount],
    explained: [['runc writes the device rules sorted', /^[-+] read\/\/sys\/fs\/cgroup\/devices\/devices.list\/text/]],
    ask: [
      'memory/memory.limit_in_bytes',
      'cpu/cpu.shares',
      'cpu/cpu.cfs_quota_us',
      'pids/pids.max',
      'devices/devices.list',
    ].flatMap((file) => ['--read', `/sys/fs/cgroup/${file}`]),
  },
  { name: 'a cgroupsPath', config: { linux: { cgroupsPath: '/noci-differential/inner' } } },
  { name: 'annotations', config: { annotations: { 'org.example.key': 'value' } } },
];

/** The config of a feature: what `runc spec` writes, changed in the order of the fields above. */
function apply(feature: Feature, config: Draft, folder: string): void {
  for (const [section, value] of Object.entries(feature.config ?? {})) {
    config[section] = typeof value === 'object' ? { ...config[section], ...value } : value;
  }
  config.mounts.push(...(feature.mounts ?? []));
  config.process.args.push(...(feature.ask ?? []));
  const kept = config.linux.namespaces.filter(({ type }: Draft) => !feature.without?.includes(type));
  config.linux.namespaces = [...kept, ...(feature.namespaces ?? [])];
  feature.prepare?.(config, folder);
}

const features = [rootFeatures, processFeatures, namespaceFeatures, mountFeatures, cgroupFeatures].flat();

/** A report whose mounts do not tell what is stripped. */
function strip(report: Report, pattern: RegExp | undefined): Report {
  const mounts = report.mounts as string[];
  return pattern === undefined ? report : { ...report, mounts: mounts.map((line) => line.replace(pattern, '')) };
}

/** Lines that no explanation covers. */
function unexplained(feature: Feature, expected: Report, seen: Report): string[] {
  const explained = [...everywhere, ...(feature.explained ?? [])];
  const lines = differences(strip(expected, feature.stripped), strip(seen, feature.stripped));
  return lines.filter((line) => !explained.some(([, pattern]) => pattern.test(line)));
}

/** Both runtimes leave the parents of a cgroupsPath that was given: somebody else may have made them. */
function removeParents(): void {
  for (const hierarchy of readdirSync('/sys/fs/cgroup')) {
    const parent = join('/sys/fs/cgroup', hierarchy, 'noci-differential');
    if (existsSync(parent)) rmdirSync(parent);
  }
}

t.test('the probe reports the same under noci and runc', { skip: missing(), timeout: 600_000 }, async (t) => {
  t.teardown(removeParents);
  for (const feature of features) {
    await t.test(feature.name, async (t) => {
      // each runtime gets a bundle of its own: both make directories in the root filesystem
      const report = (runtime: string): Report => {
        const bundle = makeBundle(t, (config, folder) => apply(feature, config, folder));
        return runProbe(runtime, bundle, 'differential', feature.options);
      };
      const seen = report(noci);
      t.match(seen, feature.shows ?? {}, 'what was asked for');
      if (feature.refusedByRunc !== undefined) {
        const [reason, message] = feature.refusedByRunc;
        t.throws(() => report(runc), { message }, reason);
        return;
      }
      const lines = unexplained(feature, report(runc), seen);
      for (const line of lines) t.fail(line);
      t.equal(lines.length, 0, 'no difference but those explained');
    });
  }
});
