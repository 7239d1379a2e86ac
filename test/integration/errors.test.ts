// The error for everything that can be wrong with a bundle: the text that callers match on, the place in config.json, the exit
// status, the record in the log, and that nothing is left behind.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing } from './bundle.ts';
import { makeContainer } from './container.ts';
import { watchHost } from './host-watch.ts';
import { refused } from './refusal.ts';

const skip = missing();
const timeout = 300_000;

/** One thing that is wrong: what is changed, the words of the contract, and the place in config.json ('' where there is none). */
type Wrong = readonly [
  name: string,
  change: (config: Draft, folder: string) => void,
  text: string | RegExp,
  pointer: string,
];

/** The namespace of the host, and what else is said at the top of the config. */
const without =
  (type: string) =>
  (config: Draft, more: Draft = {}): void => {
    config.linux.namespaces = config.linux.namespaces.filter((namespace: Draft) => namespace.type !== type);
    Object.assign(config, more);
  };

function masksOfTheHost(config: Draft): void {
  without('mount')(config, { mounts: [] });
  config.root.readonly = false;
  delete config.linux.readonlyPaths;
}

function rootThroughSymlink(config: Draft, folder: string): void {
  symlinkSync('rootfs', join(folder, 'link'));
  config.root.path = 'link';
}

const process: readonly Wrong[] = [
  ['no process', (c) => delete c.process, 'process property must not be empty', '/process'],
  ['no cwd', (c) => delete c.process.cwd, 'Cwd property must not be empty', '/process/cwd'],
  ['an empty cwd', (c) => (c.process.cwd = ''), 'Cwd property must not be empty', '/process/cwd'],
  ['a relative cwd', (c) => (c.process.cwd = 'tmp'), 'Cwd must be an absolute path', '/process/cwd'],
  ['no args', (c) => delete c.process.args, 'args must not be empty', '/process/args'],
  ['empty args', (c) => (c.process.args = []), 'args must not be empty', '/process/args'],
  ['env without =', (c) => c.process.env.push('A'), "invalid environment variable: missing '='", '/process/env/2'],
  [
    'env without a name',
    (c) => c.process.env.push('=a'),
    'invalid environment variable: name cannot be empty',
    '/process/env/2',
  ],
  [
    'an unknown rlimit',
    (c) => (c.process.rlimits = [{ type: 'RLIMIT_X', soft: 1, hard: 1 }]),
    'wrong rlimit value: RLIMIT_X',
    '/process/rlimits/0/type',
  ],
  ['a uid below zero', (c) => (c.process.user.uid = -1), /\S/, '/process/user/uid'],
  ['a uid that is too large', (c) => (c.process.user.uid = 4294967296), /\S/, '/process/user/uid'],
  ['a uid that is a text', (c) => (c.process.user.uid = '0'), /\S/, '/process/user/uid'],
  ['the uid that means none', (c) => (c.process.user.uid = 4294967295), /\S/, '/process/user/uid'],
  [
    'a nice out of range',
    (c) => (c.process.scheduler = { policy: 'SCHED_OTHER', nice: 20 }),
    'invalid scheduler.nice',
    '/process/scheduler/nice',
  ],
  ['a terminal', (c) => (c.process.terminal = true), /terminal|tty/, ''],
  [
    'an action of seccomp that is none',
    (c) => (c.linux.seccomp = { defaultAction: 'SCMP_ACT_MAYBE' }),
    'string SCMP_ACT_MAYBE is not a valid action for seccomp',
    '/linux/seccomp/defaultAction',
  ],
  [
    'rules of seccomp that contradict each other',
    (c) =>
      (c.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: ['SCMP_ACT_ERRNO', 'SCMP_ACT_KILL'].map((action) => ({
          names: ['chmod'],
          action,
          args: [{ index: 1, value: 511, op: 'SCMP_CMP_EQ' }],
        })),
      }),
    'seccomp rule contradicts that of /linux/seccomp/syscalls/0',
    '/linux/seccomp/syscalls/1',
  ],
];

const root: readonly Wrong[] = [
  ['no root', (c) => delete c.root, 'root must be specified', '/root'],
  ['a missing root', (c) => (c.root.path = 'gone'), 'invalid rootfs: ', '/root/path'],
  ['a root that is a file', (c) => (c.root.path = 'config.json'), 'invalid rootfs: ', '/root/path'],
  ['a root that is a symlink', rootThroughSymlink, 'invalid rootfs: ', '/root/path'],
  [
    'an unknown propagation',
    (c) => (c.linux.rootfsPropagation = 'x'),
    'rootfsPropagation=x is not supported',
    '/linux/rootfsPropagation',
  ],
  [
    'a hostname of the host',
    (c) => without('uts')(c, { hostname: 'a' }),
    'unable to set hostname without a private UTS namespace',
    '/hostname',
  ],
  [
    'a domainname of the host',
    (c) => without('uts')(c, { hostname: '', domainname: 'a' }),
    'unable to set domainname without a private UTS namespace',
    '/domainname',
  ],
  [
    'masked paths of the host',
    masksOfTheHost,
    'unable to restrict sys entries without a private MNT namespace',
    '/linux/maskedPaths',
  ],
];

const namespaces: readonly Wrong[] = [
  [
    'twice',
    (c) => c.linux.namespaces.push({ type: 'pid' }),
    'malformed spec file: duplicated ns',
    '/linux/namespaces/5',
  ],
  [
    'unknown',
    (c) => c.linux.namespaces.push({ type: 'x' }),
    'namespace "x" does not exist',
    '/linux/namespaces/5/type',
  ],
  ['missing path', (c) => (c.linux.namespaces[1].path = '/not/there'), 'namespace path: ', '/linux/namespaces/1/path'],
  [
    'offsets without a namespace',
    (c) => (c.linux.timeOffsets = { monotonic: { secs: 1 } }),
    "time namespace offsets specified, but time namespace isn't enabled in the config",
    '/linux/timeOffsets',
  ],
  [
    'mappings without a namespace',
    (c) => (c.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 1 }]),
    "user namespace mappings specified, but user namespace isn't enabled in the config",
    '/linux/uidMappings',
  ],
];

/** One parameter, in the container's own namespaces but `shared`. */
const sysctl =
  (key: string) =>
  (config: Draft, shared: unknown = ''): void => {
    if (shared === 'network' || shared === 'ipc') without(shared)(config);
    config.linux.sysctl = { [key]: '1' };
  };
const ownKernel = (key: string): string => `sysctl "${key}" is not in a separate kernel namespace`;

const parameters: readonly Wrong[] = [
  [
    'core_pattern',
    sysctl('kernel.core_pattern'),
    ownKernel('kernel.core_pattern'),
    '/linux/sysctl/kernel.core_pattern',
  ],
  [
    'with slashes',
    sysctl('kernel/core_pattern'),
    ownKernel('kernel/core_pattern'),
    '/linux/sysctl/kernel~1core_pattern',
  ],
  ['vm', sysctl('vm.swappiness'), ownKernel('vm.swappiness'), '/linux/sysctl/vm.swappiness'],
  ['hostname', sysctl('kernel.hostname'), 'sysctl "kernel.hostname" is not allowed', '/linux/sysctl/kernel.hostname'],
  [
    'dots',
    sysctl('net/../kernel/core_pattern'),
    /sysctl "net\/..\/kernel\/core_pattern"/,
    '/linux/sysctl/net~1..~1kernel~1core_pattern',
  ],
  [
    '__proto__',
    (c) => (c.linux.sysctl = JSON.parse('{"__proto__":"1"}')),
    ownKernel('__proto__'),
    '/linux/sysctl/__proto__',
  ],
  [
    'net of the host',
    (c) => sysctl('net.ipv4.ip_forward')(c, 'network'),
    'sysctl "net.ipv4.ip_forward" not allowed in host network namespace',
    '/linux/sysctl/net.ipv4.ip_forward',
  ],
  [
    'ipc of the host',
    (c) => sysctl('kernel.msgmax')(c, 'ipc'),
    ownKernel('kernel.msgmax'),
    '/linux/sysctl/kernel.msgmax',
  ],
];

const mount =
  (mount: Draft) =>
  (config: Draft): void => {
    config.mounts.push(mount);
  };

const mounts: readonly Wrong[] = [
  [
    'a missing bind source',
    mount({ destination: '/data', type: 'bind', source: '/not/there', options: ['rbind'] }),
    'mount source "/not/there" of /mounts/7 is missing',
    '/mounts/7/source',
  ],
  [
    'a missing relative bind source',
    mount({ destination: '/data', type: 'none', source: 'gone', options: ['bind'] }),
    /mount source "\/.*\/gone" of \/mounts\/7 is missing/,
    '/mounts/7/source',
  ],
  [
    'data on a bind',
    mount({ destination: '/data', type: 'bind', source: '/tmp', options: ['bind', 'size=1m'] }),
    'bind mounts cannot have any filesystem-specific options applied: size=1m',
    '/mounts/7/options',
  ],
  [
    'inside /proc',
    mount({ destination: '/proc/sys', type: 'tmpfs', source: 'x' }),
    '"/proc/sys" cannot be mounted because it is inside /proc',
    '/mounts/7/destination',
  ],
  ['no type', mount({ destination: '/data', source: 'x' }), /type/, '/mounts/7/type'],
  [
    'an unknown filesystem',
    mount({ destination: '/tmp', type: 'nosuchfs', source: 'x' }),
    /container init: .*nosuchfs/,
    '/mounts/7',
  ],
  [
    'an unknown option',
    mount({ destination: '/tmp', type: 'tmpfs', source: 'x', options: ['nosuch=1'] }),
    /container init: .*\/tmp/,
    '/mounts/7',
  ],
  [
    'a target in a read-only mount',
    mount({ destination: '/sys/nosuch', type: 'tmpfs', source: 'x' }),
    /container init: .*\/sys\/nosuch/,
    '/mounts/7',
  ],
];

const resources =
  (change: (resources: Draft) => void) =>
  (config: Draft): void =>
    change(config.linux.resources);

const cgroups: readonly Wrong[] = [
  ['..', (c) => (c.linux.cgroupsPath = '/a/../../b'), /cgroupsPath/, '/linux/cgroupsPath'],
  ['the root', (c) => (c.linux.cgroupsPath = '/'), /cgroupsPath/, '/linux/cgroupsPath'],
  [
    'swap alone',
    resources((r) => (r.memory = { swap: 1 << 26 })),
    'unable to set swap limit without memory limit',
    '/linux/resources/memory/swap',
  ],
  [
    'swap below memory',
    resources((r) => (r.memory = { limit: 1 << 26, swap: 1 << 25 })),
    'memory+swap limit should be >= memory limit',
    '/linux/resources/memory/swap',
  ],
  [
    'a rule without access',
    resources((r) => r.devices.push({ allow: true })),
    'device access at 1 field cannot be empty',
    '/linux/resources/devices/1/access',
  ],
];

const hooks: readonly Wrong[] = [
  ['a relative path', (c) => (c.hooks = { poststop: [{ path: 'x' }] }), /absolute/, '/hooks/poststop/0/path'],
  ['no path', (c) => (c.hooks = { prestart: [{ args: ['x'] }] }), /\S/, '/hooks/prestart/0/path'],
  [
    'a timeout of zero',
    (c) => (c.hooks = { poststart: [{ path: '/bin/true', timeout: 0 }] }),
    /\S/,
    '/hooks/poststart/0/timeout',
  ],
];

for (const [section, list] of Object.entries({ process, root, namespaces, parameters, mounts, cgroups, hooks })) {
  t.test(`errors about ${section}`, { skip, timeout }, async (t) => {
    for (const [name, change, text, pointer] of list) {
      await t.test(name, async (t) => {
        const host = watchHost(t);
        const container = makeContainer(t, change);
        refused(t, container, text, pointer);
        host.assertUntouched(container);
      });
    }
  });
}

t.test('several problems are told at once, each with its place', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config) => {
    config.process.cwd = 'tmp';
    config.process.args = [];
    config.process.rlimits = [{ type: 'RLIMIT_X', soft: 1, hard: 1 }];
    config.linux.namespaces.push({ type: 'pid' });
    config.hooks = { poststop: [{ path: 'x' }] };
    config.hostname = 7;
  });
  const msg = refused(t, container, '', '');
  for (const text of [
    'Cwd must be an absolute path (/process/cwd)',
    'args must not be empty (/process/args)',
    'wrong rlimit value: RLIMIT_X (/process/rlimits/0/type)',
    'malformed spec file: duplicated ns pid (/linux/namespaces/5)',
    '(/hooks/poststop/0/path)',
    '(/hostname)',
  ])
    t.ok(msg.includes(text), `${text} in ${msg}`);
  host.assertUntouched(container);
});

/** Texts that are no config.json. */
const documents: readonly (readonly [name: string, text: string | Uint8Array, message: string | RegExp])[] = [
  ['empty', '', /config\.json: invalid json at line 1, column 1: /],
  ['null', 'null', 'config cannot be null'],
  ['an array', '[]', /invalid config: /],
  ['a text', '"x"', /invalid config: /],
  ['cut off', '{\n  "ociVersion": "1.0.0",\n', /invalid json at line \d, column \d+: /],
  ['a comma too much', '{\n  "a": 1,\n}', /invalid json at line 3, column 1: /],
  ['a comma too little', '{\n  "a": 1\n  "b": 2\n}', /invalid json at line 3, column 3: /],
  ['a comment', '{\n  // x\n}', /invalid json at line 2, column 3: /],
  ['something after it', '{}\n{}', /invalid json at line 2, column 1: /],
  ['a key twice', '{\n "root": {},\n "root": {}\n}', /invalid json at line 3, column \d+: .*root/],
  ['NaN', '{"a": NaN}', /invalid json at line 1, column \d+: /],
  ['a leading zero', '{"a": 01}', /invalid json at line 1, column \d+: /],
  [
    'bytes that are no UTF-8',
    new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    /invalid json at line 1, column \d+: /,
  ],
  ['half a surrogate pair', '{"a": "\\ud800"}', /invalid json at line 1, column \d+: /],
  ['a NUL', '{"a": "\\u0000"}', /invalid json at line 1, column \d+: /],
  ['a million arrays', `{"a": ${'['.repeat(1_000_000)}`, /invalid json at line 1, column \d+: /],
  ['a number that is too large', '{"a": 1e400}', /\S/],
];

t.test('what is no config.json', { skip, timeout }, async (t) => {
  for (const [name, text, message] of documents) {
    await t.test(name, async (t) => {
      const host = watchHost(t);
      const container = makeContainer(t);
      writeFileSync(join(container.bundle, 'config.json'), text);
      refused(t, container, message, '');
      host.assertUntouched(container);
    });
  }
});

t.test('a bundle without config.json, and no bundle', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t);
  rmSync(join(container.bundle, 'config.json'));
  refused(t, container, 'JSON specification file config.json not found', '');
  mkdirSync(join(container.bundle, 'config.json'));
  const folder = container.create();
  t.equal(folder.status, 1, folder.stderr.trim());
  const gone = container.call(['create', '--bundle', '/not/there', container.id]);
  t.match([gone.status, gone.stderr], [1, 'chdir /not/there: no such file or directory'], 'as runc says it');
  host.assertUntouched(container);
});
