// What a schema cannot say: each line is a change to a valid config and the problems that come of it, as "pointer: message".
import t from 'tap';
import { validateConfig } from '../../../src/bundle/validate.ts';
import { config } from '../../fakes/config.ts';

type Case = readonly [name: string, patch: Parameters<typeof config>[0], ...problems: string[]];

function table(name: string, cases: readonly Case[]): void {
  t.test(name, async (t) => {
    for (const [title, patch, ...problems] of cases) {
      const found = validateConfig(config(patch)).map(({ pointer, message }) => `${pointer}: ${message}`);
      t.strictSame(found, problems, title);
    }
  });
}

const shared = (...kept: string[]) => ({ linux: { namespaces: kept.map((type) => ({ type })) } });

table('a valid config has no problem', [
  ['the base', {}],
  ['unknown properties', { x: 1, process: { y: null }, linux: { resources: { z: [] } } }],
]);

table('ociVersion', [
  ['1.x', { ociVersion: '1.0.2-dev' }],
  ['later', { ociVersion: '1.99.0+build.7' }],
  ['no SemVer', { ociVersion: '1.0' }, '/ociVersion: "1.0" is not a SemVer version'],
  ['leading zero', { ociVersion: '1.01.0' }, '/ociVersion: "1.01.0" is not a SemVer version'],
  ['major', { ociVersion: '2.0.0' }, '/ociVersion: version 2.0.0 of the runtime specification is not supported'],
  ['absent', { ociVersion: undefined }, '/ociVersion: is required'],
]);

table('process', [
  ['absent', { process: undefined }, '/process: process property must not be empty'],
  ['no cwd', { process: { cwd: undefined } }, '/process/cwd: Cwd property must not be empty'],
  ['empty cwd', { process: { cwd: '' } }, '/process/cwd: Cwd property must not be empty'],
  ['relative cwd', { process: { cwd: 'a/b' } }, '/process/cwd: Cwd must be an absolute path'],
  ['no args', { process: { args: undefined } }, '/process/args: args must not be empty'],
  ['empty args', { process: { args: [] } }, '/process/args: args must not be empty'],
  ['empty name is looked up', { process: { args: [''] } }],
  [
    'env',
    { process: { env: ['A=', 'B', '=C', 'D=E=F'] } },
    "/process/env/1: invalid environment variable: missing '='",
    '/process/env/2: invalid environment variable: name cannot be empty',
  ],
  ['oomScoreAdj', { process: { oomScoreAdj: -1000 } }],
  ['oomScoreAdj', { process: { oomScoreAdj: 1001 } }, '/process/oomScoreAdj: must be between -1000 and 1000, is 1001'],
  ['consoleSize', { process: { terminal: true, consoleSize: { height: 65535, width: 0 } } }],
  ['consoleSize without a terminal', { process: { consoleSize: { height: 65536, width: 0 } } }],
  [
    'consoleSize',
    { process: { terminal: true, consoleSize: { height: 65536, width: 0 } } },
    '/process/consoleSize/height: must be at most 65535, is 65536',
  ],
]);

table('user', [
  ['greatest', { process: { user: { uid: 4294967294, gid: 4294967294, additionalGids: [4294967294] } } }],
  ['uid -1', { process: { user: { uid: 4294967295 } } }, '/process/user/uid: id 4294967295 is not valid'],
  [
    'additionalGids',
    { process: { user: { additionalGids: [5, 4294967295] } } },
    '/process/user/additionalGids/1: id 4294967295 is not valid',
  ],
]);

const limit = (type: string, soft: number | bigint = 1, hard: number | bigint = 1) => ({ type, soft, hard });

table('rlimits', [
  ['64 bits', { process: { rlimits: [limit('RLIMIT_CORE', 18446744073709551615n, 18446744073709551615n)] } }],
  [
    'unknown',
    { process: { rlimits: [limit('RLIMIT_X'), limit('toString')] } },
    '/process/rlimits/0/type: wrong rlimit value: RLIMIT_X',
    '/process/rlimits/1/type: wrong rlimit value: toString',
  ],
  [
    'twice',
    { process: { rlimits: [limit('RLIMIT_CPU'), limit('RLIMIT_AS'), limit('RLIMIT_CPU')] } },
    '/process/rlimits/2/type: duplicate rlimit RLIMIT_CPU',
  ],
  [
    'soft above hard',
    { process: { rlimits: [limit('RLIMIT_CPU', 18446744073709551615n, 5)] } },
    '/process/rlimits/0/soft: soft limit 18446744073709551615 is above the hard limit 5',
  ],
]);

const needsRealtime = 'scheduler.priority can only be specified for SchedFIFO or SchedRR policy';
const needsDeadline = 'scheduler runtime/deadline/period can only be specified for SchedDeadline policy';

table('scheduler', [
  ['other', { process: { scheduler: { policy: 'SCHED_OTHER', nice: 19 } } }],
  ['fifo', { process: { scheduler: { policy: 'SCHED_FIFO', priority: 99 } } }],
  ['deadline', { process: { scheduler: { policy: 'SCHED_DEADLINE', runtime: 1, deadline: 2, period: 2 } } }],
  ['no period', { process: { scheduler: { policy: 'SCHED_DEADLINE', runtime: 1, deadline: 2 } } }],
  [
    'nice',
    { process: { scheduler: { policy: 'SCHED_OTHER', nice: 20 } } },
    "/process/scheduler/nice: invalid scheduler.nice: '20', must be within [-20, 19]",
  ],
  [
    'priority',
    { process: { scheduler: { policy: 'SCHED_BATCH', priority: 1 } } },
    `/process/scheduler/priority: ${needsRealtime}`,
  ],
  [
    'priority',
    { process: { scheduler: { policy: 'SCHED_RR' } } },
    '/process/scheduler/priority: must be between 1 and 99 for SCHED_RR, is 0',
  ],
  [
    'runtime',
    { process: { scheduler: { policy: 'SCHED_RR', priority: 1, runtime: 1 } } },
    `/process/scheduler: ${needsDeadline}`,
  ],
  [
    'order',
    { process: { scheduler: { policy: 'SCHED_DEADLINE', runtime: 3, deadline: 2, period: 5 } } },
    '/process/scheduler: SCHED_DEADLINE needs 0 < runtime <= deadline <= period',
  ],
]);

table('ioPriority and execCPUAffinity', [
  ['best effort', { process: { ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 7 } } }],
  [
    'level',
    { process: { ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 8 } } },
    '/process/ioPriority/priority: must be between 0 and 7, is 8',
  ],
  ['lists', { process: { execCPUAffinity: { initial: '0-3, 7,', final: '1' } } }],
  [
    'no list',
    { process: { execCPUAffinity: { initial: '3-0', final: 'x' } } },
    '/process/execCPUAffinity/initial: "3-0" is not a list of CPUs',
    '/process/execCPUAffinity/final: "x" is not a list of CPUs',
  ],
]);

table('root', [
  ['absent', { root: undefined }, '/root: root must be specified'],
  ['no path', { root: { path: undefined } }, '/root/path: root path must not be empty'],
  ['empty path', { root: { path: '' } }, '/root/path: root path must not be empty'],
]);

const longName = 'x'.repeat(65);

table('hostname and domainname', [
  ['own namespace', { hostname: 'a', domainname: 'b' }],
  ['empty', { hostname: '', ...shared('mount') }],
  [
    'shared namespace',
    { hostname: 'a', domainname: 'b', ...shared('mount') },
    '/hostname: unable to set hostname without a private UTS namespace',
    '/domainname: unable to set domainname without a private UTS namespace',
  ],
  ['64 bytes', { hostname: 'é'.repeat(32) }],
  [
    '65 bytes',
    { hostname: longName, domainname: `${'é'.repeat(32)}x` },
    ...['hostname', 'domainname'].map((name) => `/${name}: must not be longer than 64 bytes`),
  ],
]);

table('without a mount namespace', [
  ['nothing to mount', { mounts: [], ...shared('pid') }],
  [
    'a read-only root',
    { root: { readonly: true }, ...shared('pid') },
    '/root/readonly: unable to make root readonly without a private MNT namespace',
  ],
  [
    'paths and propagation',
    { mounts: [], linux: { namespaces: [], maskedPaths: ['/a'], readonlyPaths: ['/b'], rootfsPropagation: 'private' } },
    '/linux/rootfsPropagation: unable to set rootfsPropagation without a private MNT namespace',
    '/linux/maskedPaths: unable to restrict sys entries without a private MNT namespace',
    '/linux/readonlyPaths: unable to restrict sys entries without a private MNT namespace',
  ],
  [
    'what changes a mount that is attached',
    {
      mounts: [
        { destination: '/proc', type: 'proc', options: ['nosuid'] },
        { destination: '/a', type: 'tmpfs', options: ['rslave'] },
        { destination: '/b', type: 'tmpfs', options: ['ro'] },
        { destination: '/a', options: ['remount', 'nodev'] },
        { destination: '/sys', type: 'sysfs', options: ['ro'] },
        { destination: '/sys/fs/cgroup', type: 'cgroup', options: ['ro'] },
      ],
      ...shared('pid'),
    },
    '/mounts/1/options: unable to set propagation without a private MNT namespace',
    '/mounts/2/options: unable to make /b readonly without a private MNT namespace',
    '/mounts/3: unable to remount without a private MNT namespace',
    '/mounts/5/options: unable to make /sys/fs/cgroup readonly without a private MNT namespace',
  ],
]);

const at = (destination: string, more = {}) => ({ mounts: [{ destination, type: 'tmpfs', source: 'x', ...more }] });
const inProc = (path: string) => `/mounts/0/destination: "${path}" cannot be mounted because it is inside /proc`;
const notProc = '/mounts/0/destination: "/proc" cannot be mounted because it is not of type proc';

table('mounts: destination', [
  ['root', at('/a/..'), '/mounts/0/destination: mount destination "/a/.." is the root of the container'],
  ['empty', at(''), '/mounts/0/destination: mount destination must not be empty'],
  ['relative', at('a')],
  ['beside /proc', at('/process')],
  ['in /proc', at('/proc/1'), inProc('/proc/1')],
  ['in /proc by another name', at('x/..//proc/./sys'), inProc('x/..//proc/./sys')],
  ['lxcfs', at('/proc/cpuinfo')],
  ['below lxcfs', at('/proc/cpuinfo/x'), inProc('/proc/cpuinfo/x')],
  ['/proc', at('/proc'), notProc],
  ['/proc', at('/proc', { type: 'proc' })],
  ['/proc by bind', at('/proc', { type: 'none', options: ['rbind'] })],
]);

const noData = '/mounts/0/options: bind mounts cannot have any filesystem-specific options applied: size=1k';

table('mounts: type, source, options', [
  ['no type', at('/a', { type: undefined }), '/mounts/0/type: a mount that is no bind mount needs a type'],
  ['no type with bind', at('/a', { type: undefined, options: ['bind'] })],
  ['no type with remount', at('/a', { type: undefined, options: ['remount', 'ro'] })],
  [
    'no source with bind',
    at('/a', { type: 'bind', source: undefined }),
    '/mounts/0/source: a bind mount needs a source',
  ],
  ['data', at('/a', { options: ['size=1k', 'mode=755'] })],
  ['data with bind', at('/a', { options: ['bind', 'size=1k'] }), noData],
  ['options with bind', at('/a', { options: ['defaults', 'rbind', 'rro', 'rslave', 'noatime'] })],
  [
    'idmap without mappings',
    at('/a', { options: ['rbind', 'idmap'] }),
    '/mounts/0: id-mapped mounts must have both uid and gid mappings specified',
  ],
  [
    'idmap and what a filesystem takes',
    at('/a', { options: ['size=1', 'ridmap'] }),
    '/mounts/0: id-mapped mounts are only supported for bind-mounts',
    '/mounts/0: id-mapped mounts must have both uid and gid mappings specified',
  ],
  [
    'one mapping',
    at('/a', { options: ['bind'], uidMappings: [{ containerID: 0, hostID: 0, size: 1 }] }),
    '/mounts/0/gidMappings: uidMappings and gidMappings need one another',
  ],
]);

table('hooks', [
  ['fine', { hooks: { prestart: [{ path: '/x', timeout: 1, env: ['A=B'] }] } }],
  [
    'path, env and timeout',
    {
      hooks: {
        poststop: [{ path: '/a' }, { path: 'x', env: ['A'], timeout: 0 }],
        prestart: [{ path: '/b', timeout: -1 }],
      },
    },
    '/hooks/prestart/0/timeout: timeout must be greater than zero',
    '/hooks/poststop/1/path: hook path "x" must be absolute',
    '/hooks/poststop/1/timeout: timeout must be greater than zero',
    "/hooks/poststop/1/env/0: invalid environment variable: missing '='",
  ],
]);

const withNamespaces = (...namespaces: { type: string; path?: string }[]) => ({
  linux: { namespaces: [{ type: 'mount' }, ...namespaces] },
});

table('namespaces', [
  ['by path', withNamespaces({ type: 'network', path: '/run/netns/a' }, { type: 'pid', path: '' })],
  [
    'twice',
    withNamespaces({ type: 'pid' }, { type: 'pid', path: '/x' }),
    '/linux/namespaces/2: malformed spec file: duplicated ns pid',
  ],
  ['unknown', withNamespaces({ type: 'x' }), '/linux/namespaces/1/type: namespace "x" does not exist'],
  [
    'relative path',
    withNamespaces({ type: 'pid', path: 'x' }),
    '/linux/namespaces/1/path: namespace path "x" must be absolute',
  ],
  [
    'user without mappings',
    withNamespaces({ type: 'user' }),
    '/linux/namespaces/1: user namespaces enabled, but no namespace path to join nor mappings to apply specified',
  ],
  ['user by path', withNamespaces({ type: 'user', path: '/x' })],
  [
    'mappings without user',
    { linux: { uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }] } },
    "/linux/uidMappings: user namespace mappings specified, but user namespace isn't enabled in the config",
  ],
]);

const range = (containerID: number, hostID: number, size: number) => ({ containerID, hostID, size });
const mapped = (uidMappings: object[], more: object = {}) => {
  const gidMappings = [range(0, 0, 100)];
  const { namespaces } = withNamespaces({ type: 'user' }).linux;
  return { ...more, linux: { namespaces, uidMappings, gidMappings } } as Case[1];
};

table('id mappings', [
  ['fine', mapped([range(0, 1000, 1), range(1, 100000, 65535)])],
  [
    'no size',
    mapped([range(0, 0, 1), range(1, 1, 0)]),
    '/linux/uidMappings/1/size: an id mapping must have a size of at least 1',
  ],
  [
    'the id that is none',
    mapped([range(0, 0, 1), range(4294967290, 5, 6)]),
    '/linux/uidMappings/1: container ids 4294967290 to 4294967295 are not valid',
  ],
  [
    'overlap inside and outside',
    mapped([range(0, 0, 10), range(9, 100, 1), range(20, 5, 1)]),
    '/linux/uidMappings/1: the containerID range overlaps that of mapping 0',
    '/linux/uidMappings/2: the hostID range overlaps that of mapping 0',
  ],
  [
    'no root',
    mapped([range(1, 1, 1)], { process: { user: { uid: 1, gid: 0 } } }),
    '/linux/uidMappings: user namespaces enabled, but no uid mapping found for id 0',
  ],
  [
    'too many',
    mapped(Array.from({ length: 341 }, (_, index) => range(index, index, 1))),
    "/linux/uidMappings: 341 id mappings are more than the kernel's 340",
  ],
  [
    'too long for one write',
    mapped(Array.from({ length: 340 }, (_, index) => range(index * 10000, 1000000 + index, 1))),
    '/linux/uidMappings: id mappings of 4096 bytes and more are not taken by the kernel',
  ],
  [
    'a user that is not mapped',
    mapped([range(0, 0, 1)], { process: { user: { uid: 5, gid: 100, additionalGids: [7, 101] } } }),
    '/process/user/uid: cannot setuid to unmapped uid 5 in user namespace',
    '/process/user/gid: cannot setgid to unmapped gid 100 in user namespace',
    '/process/user/additionalGids/1: cannot setgid to unmapped gid 101 in user namespace',
  ],
  [
    'a mount of ids that are not mapped',
    mapped([range(0, 0, 1)], {
      mounts: [{ destination: '/d', type: 'devpts', source: 'd', options: ['nosuid', 'gid=500'] }],
    }),
    '/mounts/0/options/1: cannot specify gid=500 for unmapped gid in user namespace',
  ],
]);

const offsets = (timeOffsets: Parameters<typeof config>[0], ...time: { type: string; path?: string }[]) => ({
  linux: { ...withNamespaces(...time).linux, timeOffsets },
});

table('timeOffsets', [
  ['fine', offsets({ boottime: { secs: -5, nanosecs: 999999999 } }, { type: 'time' })],
  ['empty', offsets({})],
  [
    'without namespace',
    offsets({ monotonic: { secs: 1 } }),
    "/linux/timeOffsets: time namespace offsets specified, but time namespace isn't enabled in the config",
  ],
  [
    'with path',
    offsets({ monotonic: { secs: 1 } }, { type: 'time', path: '/x' }),
    '/linux/timeOffsets: time namespace enabled, but both namespace path and time offsets specified -- you may only provide one',
  ],
  [
    'clock and nanoseconds',
    offsets({ realtime: { secs: 1 }, boottime: { nanosecs: 1000000000 } }, { type: 'time' }),
    '/linux/timeOffsets/realtime: clock "realtime" has no offset',
    '/linux/timeOffsets/boottime/nanosecs: must be less than 1000000000, is 1000000000',
  ],
]);

const device = (more: object) => ({ linux: { devices: [{ path: '/dev/x', type: 'c', major: 1, minor: 3, ...more }] } });

table('devices', [
  ['fine', device({})],
  ['fifo without numbers', device({ type: 'p', major: undefined, minor: undefined })],
  ['relative', device({ path: 'dev/x' }), '/linux/devices/0/path: device path "dev/x" must be absolute'],
  ['no number', device({ minor: undefined }), '/linux/devices/0/minor: device /dev/x needs its minor number'],
  [
    'more than dev_t holds',
    device({ major: 4096, minor: -1 }),
    '/linux/devices/0/major: must be between 0 and 4095, is 4096',
    '/linux/devices/0/minor: must be between 0 and 1048575, is -1',
  ],
]);

const rule = (more: object) => ({ linux: { resources: { devices: [{ allow: true, access: 'rwm', ...more }] } } });

table('device rules', [
  ['wildcards', rule({ type: 'c', major: -1 })],
  [
    'no access',
    rule({ access: undefined }),
    '/linux/resources/devices/0/access: device access at 0 field cannot be empty',
  ],
  ['empty access', rule({ access: '' }), '/linux/resources/devices/0/access: device access at 0 field cannot be empty'],
  ['access', rule({ access: 'rx' }), '/linux/resources/devices/0/access: invalid device access "rx"'],
  ['type', rule({ type: 'p' }), '/linux/resources/devices/0/type: invalid device type "p"'],
  ['number', rule({ major: -2 }), '/linux/resources/devices/0/major: must not be less than -1, is -2'],
  [
    'all 32 bits, which v1 takes for every number',
    rule({ type: 'c', minor: 2 ** 32 - 1 }),
    '/linux/resources/devices/0/minor: must be at most 4294967294, is 4294967295',
  ],
]);

const rules = (...devices: Record<string, boolean | number | string>[]) => ({ linux: { resources: { devices } } });
const hole = (rule: string, wildcard: string) =>
  `requested rule [${rule}] not supported by devices cgroupv1 (cannot punch hole in existing wildcard rule [${wildcard}])`;

table('device rules together', [
  [
    'as docker writes them',
    rules(
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
      { allow: false, type: 'c', major: 10, minor: 229, access: 'rwm' },
    ),
  ],
  [
    'a hole in a wildcard',
    rules(
      { allow: true, type: 'b', major: 8, access: 'rw' },
      { allow: true, type: 'b', access: 'r' },
      { allow: false, type: 'b', major: 8, minor: 3, access: 'rw' },
    ),
    `/linux/resources/devices/2: ${hole('b 8:3 rw', 'b 8:* rw')}`,
  ],
  [
    'a wildcard that would deny what every container gets',
    rules({ allow: true, access: 'rwm' }, { allow: false, type: 'c', access: 'rwm' }),
    `/linux/resources/devices/1: ${hole('c 1:3 rwm', 'c *:* rw')}`,
  ],
]);

const cgroup = (cgroupsPath: string) => ({ linux: { cgroupsPath } });

table('cgroupsPath', [
  ['systemd form, as a name', cgroup('system.slice:docker:1')],
  ['empty', cgroup('')],
  ['..', cgroup('/a/../b'), '/linux/cgroupsPath: cgroupsPath "/a/../b" must not contain ".."'],
  ['root', cgroup('//'), '/linux/cgroupsPath: cgroupsPath "//" names no cgroup'],
  ['newline', cgroup('/a\nb'), '/linux/cgroupsPath: cgroupsPath must not contain a newline'],
  ['long', cgroup('x'.repeat(256)), '/linux/cgroupsPath: cgroupsPath is too long'],
]);

const memory = (limit: number | undefined, swap: number | bigint) => ({
  linux: { resources: { memory: { limit, swap } } },
});
const swapPlace = '/linux/resources/memory/swap:';

table('limits', [
  ['equal', memory(100, 100)],
  ['unlimited', memory(100, -1)],
  ['unlimited memory', memory(-1, 100)],
  ['no swap', memory(100, 0)],
  ['without memory', memory(undefined, 100), `${swapPlace} unable to set swap limit without memory limit`],
  ['without memory', memory(0, 9223372036854771712n), `${swapPlace} unable to set swap limit without memory limit`],
  ['less', memory(100, 99), `${swapPlace} memory+swap limit should be >= memory limit`],
  [
    'no limit but -1',
    memory(-2, 0),
    '/linux/resources/memory/limit: must be -1 for no limit or a number of bytes, is -2',
  ],
]);

const resources = (value: Parameters<typeof config>[0]) => ({ linux: { resources: value } });
const cpu = (value: Parameters<typeof config>[0]) => resources({ cpu: value });
const blockIO = (value: Parameters<typeof config>[0]) => resources({ blockIO: value });
const disk = { major: 8, minor: 0 };
const noList = (name: string, text: string) =>
  `/linux/resources/cpu/${name}: "${text}" is no list of numbers such as 0-3,7`;
const unifiedKey = (key: string) => resources({ unified: { [key]: '1' } });
const form = (key: string) =>
  `/linux/resources/unified/${key}: unified resource "${key}" must be in the form CONTROLLER.PARAMETER`;

table('memory', [
  ...[0, 60, 100, 18446744073709551615n].map(
    (swappiness): Case => [`swappiness ${swappiness}`, resources({ memory: { swappiness } })],
  ),
  [
    'swappiness',
    resources({ memory: { swappiness: 101 } }),
    '/linux/resources/memory/swappiness: invalid memory swappiness value: 101 (valid range is 0-100)',
  ],
  ['reservation', resources({ memory: { reservation: -1 } })],
]);

table('cpu', [
  [
    'zero values',
    cpu({ quota: 0, period: 0, burst: 0, realtimeRuntime: 0, realtimePeriod: 0, cpus: '', mems: '', idle: 0 }),
  ],
  ['the ends of the ranges', cpu({ quota: 1000, burst: 1000, period: 1000, idle: 1 })],
  ['the other ends', cpu({ quota: -1, burst: 5, period: 1_000_000, realtimeRuntime: -1 })],
  ['burst', cpu({ quota: 5000, burst: 6000 }), '/linux/resources/cpu/burst: must not be larger than the quota 5000'],
  ['quota', cpu({ quota: 999 }), '/linux/resources/cpu/quota: must be at least 1000 microseconds, is 999'],
  ['period', cpu({ period: 1 }), '/linux/resources/cpu/period: must be from 1000 to 1000000 microseconds, is 1'],
  [
    'realtime',
    cpu({ realtimeRuntime: 11, realtimePeriod: 10 }),
    '/linux/resources/cpu/realtimeRuntime: must not be larger than the realtimePeriod 10',
  ],
  ['idle', cpu({ idle: 2 }), '/linux/resources/cpu/idle: must be 0 or 1, is 2'],
  ['not idle', cpu({ idle: -1 }), '/linux/resources/cpu/idle: must be 0 or 1, is -1'],
  ...['0', '0-3,7', '0,1,', '0-31:2/8', 'all', '0-N', '0, 2'].map((cpus): Case => [`cpus ${cpus}`, cpu({ cpus })]),
  ...['a', '0-', '-1', '0\n1', '0;1', '..', '0--1'].map(
    (cpus): Case => [`cpus ${cpus}`, cpu({ cpus }), noList('cpus', cpus)],
  ),
  ['mems', cpu({ mems: 'x' }), noList('mems', 'x')],
]);

table('blockIO', [
  ...[0, 10, 1000].map((weight): Case => [`weight ${weight}`, blockIO({ weight, leafWeight: weight })]),
  ['too light', blockIO({ weight: 9 }), '/linux/resources/blockIO/weight: must be from 10 to 1000, is 9'],
  ['too heavy', blockIO({ leafWeight: 1001 }), '/linux/resources/blockIO/leafWeight: must be from 10 to 1000, is 1001'],
  [
    'of a device',
    blockIO({ weightDevice: [{ ...disk, weight: 10 }, { ...disk, leafWeight: 5 }, disk] }),
    '/linux/resources/blockIO/weightDevice/1/leafWeight: must be from 10 to 1000, is 5',
    '/linux/resources/blockIO/weightDevice/2: needs a weight or a leafWeight',
  ],
  [
    'no device',
    blockIO({ throttleReadBpsDevice: [{ major: -1, minor: 0, rate: 5 }] }),
    '/linux/resources/blockIO/throttleReadBpsDevice/0/major: must be the number of a device, is -1',
  ],
]);

table('hugepageLimits', [
  ...['64KB', '2MB', '1GB'].map(
    (pageSize): Case => [pageSize, resources({ hugepageLimits: [{ pageSize, limit: 0 }] })],
  ),
  ...['2M', '', '0MB', '2MB/../x', '..', '2MB\n'].map(
    (pageSize): Case => [
      `size ${pageSize}`,
      resources({ hugepageLimits: [{ pageSize, limit: 0 }] }),
      `/linux/resources/hugepageLimits/0/pageSize: "${pageSize}" is no size of huge pages such as 64KB, 2MB or 1GB`,
    ],
  ),
]);

table('network and rdma', [
  ['an interface', resources({ network: { priorities: [{ name: 'eth0', priority: 1 }] } })],
  ...['', 'a b', 'a\nb', 'x'.repeat(16)].map(
    (name): Case => [
      `interface ${name}`,
      resources({ network: { priorities: [{ name, priority: 1 }] } }),
      `/linux/resources/network/priorities/0/name: "${name}" is no name of an interface`,
    ],
  ),
  ['a device', resources({ rdma: { mlx5_1: { hcaHandles: 0 } } })],
  ['no limit', resources({ rdma: { mlx5_1: {} } }), '/linux/resources/rdma/mlx5_1: needs hcaHandles or hcaObjects'],
  ...['', 'a b', 'a\nb', '..'].map(
    (name): Case => [
      `device ${name}`,
      resources({ rdma: { [name]: { hcaObjects: 1 } } }),
      `/linux/resources/rdma/${name}: "${name}" is no name of a device`,
    ],
  ),
]);

table('unified', [
  ...['memory.high', 'io.max', 'hugetlb.2MB.max', 'cgroup.max.depth', 'new.file~x'].map(
    (key): Case => [key, unifiedKey(key)],
  ),
  ['lines', resources({ unified: { 'io.max': '8:0 rbps=1\n8:0 wbps=1' } })],
  [
    'a slash',
    unifiedKey('../memory.max'),
    '/linux/resources/unified/..~1memory.max: unified resource "../memory.max" must be a file name (no slashes)',
  ],
  ...['', '.', '..', 'memory', '.max', 'memory.', 'memory..max', 'memory.max\n'].map(
    (key): Case => [`key ${key}`, unifiedKey(key), form(key)],
  ),
]);

table('rootfsPropagation', [
  ...['shared', 'rslave', 'rprivate', 'unbindable', 'runbindable', ''].map(
    (name): Case => [name, { linux: { rootfsPropagation: name } }],
  ),
  ['unknown', { linux: { rootfsPropagation: 'x' } }, '/linux/rootfsPropagation: rootfsPropagation=x is not supported'],
]);

const sysctl = (key: string, value = '1', namespaces = ['mount', 'ipc', 'network', 'uts']) => ({
  linux: { namespaces: namespaces.map((type) => ({ type })), sysctl: { [key]: value } },
});
const foreign = (key: string) =>
  `/linux/sysctl/${key.replaceAll('/', '~1')}: sysctl "${key}" is not in a separate kernel namespace`;

table('sysctl', [
  ...[
    'kernel.msgmax',
    'kernel/shm_rmid_forced',
    'fs.mqueue.msg_max',
    'net.ipv4.ip_forward',
    'net/ipv4/conf/eth0.1/mtu',
    'kernel.domainname',
  ].map((key): Case => [key, sysctl(key)]),
  ...[
    'kernel.core_pattern',
    'kernel/core_pattern',
    'vm.swappiness',
    'net/../kernel/core_pattern',
    'net',
    'user.max_user_namespaces',
    'toString',
  ].map((key): Case => [key, sysctl(key), foreign(key)]),
  ...['kernel.sem', 'fs.mqueue.queues_max', 'kernel.domainname'].map(
    (key): Case => [`${key}, shared`, sysctl(key, '1', ['mount']), foreign(key)],
  ),
  [
    'shared network',
    sysctl('net.core.somaxconn', '1', ['mount']),
    '/linux/sysctl/net.core.somaxconn: sysctl "net.core.somaxconn" not allowed in host network namespace',
  ],
  [
    'hostname',
    sysctl('kernel.hostname'),
    '/linux/sysctl/kernel.hostname: sysctl "kernel.hostname" is not allowed: use hostname instead',
  ],
  [
    'two lines',
    sysctl('kernel.sem', '1\n2'),
    '/linux/sysctl/kernel.sem: value of sysctl "kernel.sem" must be one line',
  ],
  [
    'a page',
    sysctl('kernel.sem', '1'.repeat(4096)),
    '/linux/sysctl/kernel.sem: value of sysctl "kernel.sem" is longer than 4096 bytes',
  ],
]);

table('maskedPaths and readonlyPaths', [
  ['fine', { linux: { maskedPaths: ['/a'], readonlyPaths: ['/b'] } }],
  [
    'relative',
    { linux: { maskedPaths: ['/a', 'b'], readonlyPaths: ['c'] } },
    '/linux/maskedPaths/1: path "b" must be absolute',
    '/linux/readonlyPaths/0: path "c" must be absolute',
  ],
]);

const policy = (mode: string | undefined, nodes: string | undefined, ...flags: string[]) => ({
  linux: { memoryPolicy: { mode, nodes, flags } },
});
const nodesPlace = '/linux/memoryPolicy/nodes: invalid memory policy nodes:';
const flagsPlace = '/linux/memoryPolicy/flags: invalid memory policy flag:';

const filter = (seccomp: object) => ({ linux: { seccomp: { defaultAction: 'SCMP_ACT_ERRNO', ...seccomp } } });
const call = (more: object) => filter({ syscalls: [{ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW', ...more }] });
const condition = (more: object) => call({ args: [{ index: 5, value: 1, op: 'SCMP_CMP_EQ', ...more }] });
const firstCall = '/linux/seccomp/syscalls/0';

table('seccomp', [
  ['a default alone', filter({ defaultErrnoRet: 4095 })],
  ['nothing', { linux: { seccomp: {} } }],
  [
    'no default',
    filter({ defaultAction: undefined, syscalls: [{ names: ['x'], action: 'SCMP_ACT_LOG' }] }),
    '/linux/seccomp/defaultAction: string undefined is not a valid action for seccomp',
  ],
  [
    'an unknown default',
    filter({ defaultAction: 'x' }),
    '/linux/seccomp/defaultAction: string x is not a valid action for seccomp',
  ],
  [
    'an errno that is none',
    filter({ defaultErrnoRet: 4096 }),
    '/linux/seccomp/defaultErrnoRet: seccomp errno 4096 of SCMP_ACT_ERRNO is greater than 4095',
  ],
  ['every architecture', filter({ architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_SHEB', 'SCMP_ARCH_PARISC64'] })],
  [
    'an unknown architecture',
    filter({ architectures: ['SCMP_ARCH_X86', 'toString'] }),
    '/linux/seccomp/architectures/1: string toString is not a valid arch for seccomp',
  ],
  ['every flag', filter({ flags: ['SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] })],
  ['an unknown flag', filter({ flags: ['x'] }), '/linux/seccomp/flags/0: seccomp flag x is not known to runc'],
  ['an unknown action', call({ action: 'x' }), `${firstCall}/action: string x is not a valid action for seccomp`],
  ['an errno for a tracer', call({ action: 'SCMP_ACT_TRACE', errnoRet: 65535 })],
  [
    'an errno without use',
    call({ errnoRet: 1 }),
    `${firstCall}/errnoRet: seccomp action SCMP_ACT_ALLOW takes no errno`,
  ],
  ['an unknown call', call({ names: ['no_such_call'] })],
  ['no call', call({ names: [] }), `${firstCall}/names: must have at least 1 entry, is an empty array`],
  ['conditions', condition({ op: 'SCMP_CMP_MASKED_EQ', value: 18446744073709551615n, valueTwo: 0 })],
  [
    'an unknown operator',
    condition({ op: 'x' }),
    `${firstCall}/args/0/op: string x is not a valid operator for seccomp`,
  ],
  [
    'a seventh argument',
    condition({ index: 6 }),
    `${firstCall}/args/0/index: system calls have no argument 6: it is 0 to 5`,
  ],
  [
    'a listener for nobody',
    filter({ listenerMetadata: 'x' }),
    '/linux/seccomp/listenerMetadata: seccomp listenerMetadata is for a listener, and listenerPath is not set',
  ],
]);

table('memoryPolicy', [
  ['bind', policy('MPOL_BIND', '0-1', 'MPOL_F_NUMA_BALANCING', 'MPOL_F_STATIC_NODES')],
  ['preferred', policy('MPOL_PREFERRED', undefined)],
  ['default', policy('MPOL_DEFAULT', undefined)],
  ['no mode', policy(undefined, '0'), '/linux/memoryPolicy/mode: invalid memory policy mode: it is required'],
  ['no nodes', policy('MPOL_INTERLEAVE', ''), `${nodesPlace} MPOL_INTERLEAVE needs at least one`],
  ['nodes', policy('MPOL_LOCAL', '0'), `${nodesPlace} MPOL_LOCAL takes none`],
  ['no list', policy('MPOL_BIND', '0;1'), `${nodesPlace} "0;1" is not a list of nodes`],
  [
    'both flags',
    policy('MPOL_BIND', '0', 'MPOL_F_STATIC_NODES', 'MPOL_F_RELATIVE_NODES'),
    `${flagsPlace} MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude one another`,
  ],
  [
    'balancing',
    policy('MPOL_PREFERRED', '0', 'MPOL_F_NUMA_BALANCING'),
    `${flagsPlace} MPOL_F_NUMA_BALANCING does not go with MPOL_PREFERRED`,
  ],
]);

table('shape and content together', [
  [
    'the check has its say where the types are right',
    { process: { cwd: 'x', args: 5, env: ['A'] }, hostname: 7, linux: { namespaces: 'x' } },
    '/process/cwd: Cwd must be an absolute path',
    "/process/env/0: invalid environment variable: missing '='",
    '/process/args: must be an array, is 5',
    '/hostname: must be a string, is 7',
    '/linux/namespaces: must be an array, is "x"',
  ],
]);

t.test('what is no object at all', async (t) => {
  t.strictSame(validateConfig([]), [{ pointer: '', message: 'must be an object, is an empty array' }]);
  t.strictSame(validateConfig(5), [{ pointer: '', message: 'must be an object, is 5' }]);
});
