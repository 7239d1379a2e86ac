// explain says what create does: its list of system calls is that of a real init, call by call.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import type { Explanation } from '../../src/plan/explanation.ts';
import type { Call } from '../../src/plan/step-calls/call.ts';
import { type Draft, host, missing, noci } from './bundle.ts';
import { driver, driverOptions } from './cgroup-driver.ts';
import { type Container, makeContainer, must } from './container.ts';
import { bare, call } from './report.ts';
import { agrees, firstDifference, traceInit } from './system-calls.ts';

const skip = missing() || (existsSync('/usr/bin/strace') ? false : 'Debian package strace is missing');

function explained({ call, bundle, id }: Container): Explanation {
  return JSON.parse(must(call(['explain', '--bundle', bundle, '--json', id])).stdout);
}

function callsOf({ init }: Explanation): Call[] {
  return init.flatMap(({ calls }) => calls);
}

const profile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
  syscalls: [{ names: ['ptrace'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
};

const hook = { path: '/bin/true', args: ['true'], timeout: 30 };

/** Bundles that have between them every step that this host can do. */
const cases: Readonly<Record<string, (config: Draft, folder: string) => void>> = {
  'the base': () => {},
  'what Docker asks for': (config) => {
    config.hostname = 'a"b';
    config.domainname = 'example.org';
    config.root.readonly = false;
    config.mounts.push(
      {
        destination: '/etc/hosts',
        type: 'bind',
        source: '/etc/hosts',
        options: ['rbind', 'rprivate', 'ro', 'noatime'],
      },
      { destination: '/new/folder', type: 'bind', source: '/usr', options: ['bind', 'ro', 'rslave'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'size=64k', 'ro'] },
    );
    config.process.user = { uid: 1000, gid: 1000, additionalGids: [5, 6] };
    config.process.noNewPrivileges = false;
    config.process.capabilities = Object.fromEntries(
      ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'].map((set) => [set, ['CAP_KILL', 'CAP_CHOWN']]),
    );
    config.process.oomScoreAdj = 100;
    config.process.rlimits = [
      { type: 'RLIMIT_NOFILE', soft: 512, hard: 1024 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    ];
    config.process.cwd = '/not/there';
    config.linux.sysctl = { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '8192' };
    config.linux.seccomp = { ...profile, defaultAction: 'SCMP_ACT_ALLOW' };
  },
  'hooks, devices and a shared root': (config) => {
    config.hooks = { createRuntime: [hook], createContainer: [hook], startContainer: [hook], poststart: [hook] };
    config.root.readonly = false;
    config.linux.rootfsPropagation = 'rshared';
    config.linux.devices = [
      { path: '/dev/own', type: 'c', major: 1, minor: 3, fileMode: 0o640, uid: 5, gid: 6 },
      { path: '/dev/pipe', type: 'p', fileMode: 0o600 },
    ];
    config.process.noNewPrivileges = true;
    config.linux.seccomp = { ...profile, defaultAction: 'SCMP_ACT_ALLOW', flags: ['SECCOMP_FILTER_FLAG_LOG'] };
    config.process.user.umask = 0o77;
    config.process.scheduler = { policy: 'SCHED_BATCH', nice: 5 };
    config.process.ioPriority = { class: 'IOPRIO_CLASS_BE', priority: 4 };
    config.linux.personality = { domain: 'LINUX' };
  },
  'a user namespace': (config, folder) => {
    chmodSync(folder, 0o755);
    const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
    config.linux.namespaces.push({ type: 'user' }, { type: 'cgroup' });
    config.linux.uidMappings = mapping;
    config.linux.gidMappings = mapping;
    config.process.oomScoreAdj = 200;
  },
  'a time namespace, and paths of another kind': (config) => {
    config.linux.namespaces.push({ type: 'time' }, { type: 'cgroup' });
    config.linux.timeOffsets = { monotonic: { secs: 1000, nanosecs: 0 } };
    config.linux.maskedPaths = ['/proc/acpi', '/proc/kcore', '/proc/keys', '/sys/firmware', '/not/there'];
    config.linux.readonlyPaths = ['/proc/sys', '/not/there'];
    config.mounts.push({ destination: '/etc', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] });
  },
  'no namespace but its own mounts': (config) => {
    config.linux.namespaces = [{ type: 'mount' }];
    config.hostname = undefined;
    config.process.capabilities = undefined;
    config.linux.maskedPaths = [];
    config.linux.readonlyPaths = [];
    config.mounts = config.mounts.filter(({ type }: Draft) => type === 'proc' || type === 'tmpfs');
  },
};

t.test('the system calls of init are those of explain', { skip }, async (t) => {
  for (const [name, change] of Object.entries(cases)) {
    await t.test(name, async (t) => {
      const container = makeContainer(t, (config, folder) => {
        config.process.args = ['/bin/true'];
        change(config, folder);
      });
      const calls = callsOf(explained(container));
      const traced = await traceInit(t, container);
      t.ok(traced.length > 30, `${traced.length} calls were seen`);
      t.equal(firstDifference(calls, traced), '', 'the same, in the same order');
    });
  }
});

t.test('a call more, less, or with another argument is noticed', { skip }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/true'];
  });
  const calls = callsOf(explained(container));
  const traced = await traceInit(t, container);
  t.equal(firstDifference(calls, traced), '');
  const certain = calls.findIndex(({ name }) => name === 'sethostname');
  t.not(firstDifference(calls.toSpliced(certain, 1), traced), '', 'one that explain does not have');
  const more: Call = { name: 'sethostname', args: [] };
  t.not(firstDifference(calls.toSpliced(certain, 0, more), traced), '', 'one that init does not make');
  const other: Call = { name: 'sethostname', args: [['name', '"other"']] };
  t.not(firstDifference(calls.toSpliced(certain, 1, other), traced), '', 'another argument');
  const swapped = calls.toSpliced(certain, 1).toSpliced(certain - 3, 0, calls[certain] as Call);
  t.not(firstDifference(swapped, traced), '', 'another order');
  t.notOk(agrees(other, { name: 'sethostname', line: 'sethostname("runc", 4) = 0' }));
});

t.test('nothing is made', { skip: skip || (host === 'standalone' ? false : 'Node.js starts threads') }, async (t) => {
  const container = makeContainer(t, cases['what Docker asks for']);
  const log = join(container.bundle, 'log');
  const words = [
    '-f',
    '-o',
    log,
    noci,
    '--root',
    container.root,
    ...driverOptions,
    'explain',
    '--bundle',
    container.bundle,
  ];
  execFileSync('/usr/bin/env', [...bare({}), '/usr/bin/strace', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const changed = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) =>
      /^\d+ +(mkdir|mknod|mount|umount|fsopen|open_tree|move_mount|unshare|setns|clone|fork|vfork|rename|unlink|symlink|link|chown|fchown|chmod|fchmod|truncate|bpf|prctl\(PR_SET|open\w*\(.*O_(CREAT|WRONLY|RDWR))/.test(
        line,
      ),
    );
  t.strictSame(changed, [], 'no file, no mount, no process, no cgroup');
  t.strictSame(readdirSync(container.root), [], 'not even a filter that was compiled is kept');
});

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const validate = ajv.compile(
  JSON.parse(readFileSync(new URL('../../schemas/noci/explain.json', import.meta.url), 'utf8')),
);

t.test('its JSON is as the schema says', { skip }, async (t) => {
  for (const [name, change] of Object.entries(cases)) {
    const container = makeContainer(t, change);
    t.ok(validate(explained(container)), `${name} ${JSON.stringify(validate.errors)}`);
  }
});

t.test('in words', { skip }, async (t) => {
  const container = makeContainer(t, cases['hooks, devices and a shared root']);
  const { stdout, stderr } = must(container.call(['explain', '--bundle', container.bundle, container.id]));
  t.equal(stderr, '');
  t.match(stdout, `container ${container.id} of ${container.bundle}\n`);
  t.match(stdout, /^ {6}start init in new namespaces +\/linux\/namespaces$/m);
  t.match(stdout, /^ +\d+ {2}make the character device \/dev\/own 1:3 \(0640; of 5:6\) +\/linux\/devices\/0$/m);
  t.match(stdout, /^ {10}mknodat\(path="own", mode=S_IFCHR\|0640, dev=makedev\(0x1, 0x3\)\)$/m);
  t.match(
    stdout,
    /^ {6}createRuntime #0 \/bin\/true {2}\(in the runtime's namespaces, at most 30 s\)\s+\/hooks\/createRuntime\/0$/m,
  );
  t.match(stdout, /^ {6}default {7}SCMP_ACT_ALLOW$/m);
  t.match(stdout, /^ {6}filter {8}\d+ instructions, flags SECCOMP_FILTER_FLAG_LOG$/m);
  t.notMatch(stdout, /TERM=/, 'no values of the environment');
});

t.test('hostile texts cannot speak to a terminal', { skip }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/\u001b[2J\u202e'];
    config.hostname = 'x\u001b]0;y\u0007';
  });
  const { stdout } = must(container.call(['explain', '--bundle', container.bundle]));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  t.notMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f\u202e]/);
});

t.test('what changes between two bundles', { skip }, async (t) => {
  // each would have a unit of its own else, by its id
  const place = (config: Draft) => {
    if (driver === 'systemd') config.linux.cgroupsPath = 'system.slice:noci-test:either';
  };
  const one = makeContainer(t, place);
  const other = makeContainer(t, (config) => {
    place(config);
    config.hostname = 'other';
    config.mounts.splice(1, 0, { destination: '/more', type: 'tmpfs', source: 'tmpfs', options: ['size=1m'] });
    config.linux.resources = { ...config.linux.resources, pids: { limit: 7 } };
  });
  const same = must(one.call(['explain', '--bundle', one.bundle, '--diff', one.bundle]));
  t.equal(same.stdout, 'both plans are the same\n');
  const { stdout } = must(one.call(['explain', '--bundle', one.bundle, '--diff', other.bundle]));
  t.match(stdout, /^- set the hostname runc +\/hostname$/m);
  t.match(stdout, /^\+ set the hostname other +\/hostname$/m);
  t.match(stdout, /^\+ mount tmpfs at \/more \(size=1m\) +\/mounts\/1$/m);
  t.match(stdout, /pids\.max = 7/);
  if (driver === 'systemd') t.match(stdout, /^\+ TasksMax = 7 /m);
  const changes = driver === 'systemd' ? 5 : 4;
  t.equal(stdout.split('\n').filter((line) => /^[+-] /.test(line)).length, changes, 'and nothing else');
  const json = must(one.call(['explain', '--bundle', one.bundle, '--diff', other.bundle, '--json'])).stdout;
  t.ok(validate(JSON.parse(json)), JSON.stringify(validate.errors));
  t.equal(JSON.parse(json).changes.length, changes);
  const relative = one.call(['explain', '--bundle', 'rootfs/..', '--diff', '.'], {}, { cwd: one.bundle });
  t.equal(relative.stdout, 'both plans are the same\n', 'both paths begin where the caller is');
});

t.test('a bundle where the id stands', { skip }, async (t) => {
  const { status, stderr } = call(noci, '/nonexistent', ['explain', 'bundles/hello']);
  t.equal(status, 1);
  t.match(stderr, /invalid container ID format: bundles\/hello; a bundle is named by --bundle/);
});

t.test('what create refuses explain refuses', { skip }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.linux.maskedPaths = 'all';
  });
  const refused = container.call(['explain', '--bundle', container.bundle]);
  t.equal(refused.status, 1);
  t.match(refused.stderr, '/linux/maskedPaths');
  t.match(container.call(['explain', '--bundle', '/not/there']), {
    status: 1,
    stdout: '',
    stderr: /no such file or directory/,
  });
  t.match(container.call(['explain', '--bundle', container.bundle, 'a/b']), {
    status: 1,
    stderr: /invalid container ID/,
  });
});
