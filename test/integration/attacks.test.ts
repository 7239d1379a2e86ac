// Attacks that no other file has: what each is, and what stops it, is in docs/security.md by its row (S02, S13, …).
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import t from 'tap';
import { type Draft, host as engine, missing, noci } from './bundle.ts';
import { driver, driverOptions, withoutVersion1 } from './cgroup-driver.ts';
import { cgroupOf } from './cgroup-files.ts';
import { type Container, makeContainer, must, running, until } from './container.ts';
import { emulated } from './emulation.ts';
import { watchHost } from './host-watch.ts';
import { bare, type Outcome } from './report.ts';

const skip = missing();
const timeout = 120_000;
/** A call of the runtime at which a tracer can stop it: that of Node.js makes too many others. */
const untraceable = engine === 'Node.js' && 'the standalone executable only';

const bind = (source: string, destination: string, ...options: string[]): Draft => ({
  destination,
  type: 'bind',
  source,
  options: ['bind', ...options],
});

const shell =
  (script: string, change: (config: Draft, folder: string) => void = () => {}) =>
  (config: Draft, folder: string): void => {
    config.process.args = ['/bin/sh', '-c', script];
    change(config, folder);
  };

/** noci behind another program: `words` begin with its name and end before noci's. Its output goes to files, as create's must. */
function behind(words: readonly string[], { root, bundle }: Container, args: readonly string[]): Outcome {
  const whole = [...bare({}), ...words, noci, '--root', root, ...driverOptions, ...args];
  const redirected = `exec "$@" >${bundle}/stdout 2>${bundle}/stderr </dev/null`;
  const { status, signal } = spawnSync('/bin/sh', ['-c', redirected, 'sh', '/usr/bin/env', ...whole], {
    timeout: 60_000,
    stdio: 'ignore',
  });
  const [stdout = '', stderr = ''] = ['stdout', 'stderr'].map((name) => readFileSync(join(bundle, name), 'utf8'));
  return { status, signal, stdout, stderr };
}

const run = ({ bundle, id }: Container, ...options: string[]) => ['run', '--bundle', bundle, ...options, id];

t.test('without an executable memfd the program of init has no name either (S02)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, shell('exec sleep 1000'));
  // the sysctl is one of the pid namespace, Linux 6.3
  const noexec = 'echo 2 >/proc/sys/vm/memfd_noexec || exit 99; exec "$@"';
  const words = ['unshare', '--pid', '--fork', '--mount-proc', '/bin/sh', '-c', `${noexec}`, 'sh'];
  const script = `stat -L -c "%h %n" /proc/[0-9]*/exe; readlink /proc/[0-9]*/exe`;
  const whole = [...words, '/bin/sh', '-c', `"$@"; ${script}`, 'sh'];
  const outcome = behind(whole, container, ['create', '--bundle', container.bundle, container.id]);
  t.teardown(() => rmSync('/tmp/noci-weakened', { force: true }));
  if (outcome.stderr.includes('memfd_noexec')) return void t.comment('this kernel has no vm.memfd_noexec');
  const deleted = outcome.stdout.split('\n').filter((line) => line.endsWith(' (deleted)'));
  t.equal(deleted.length, 1, `init runs from a file without a name: ${outcome.stdout}${outcome.stderr}`);
  t.notMatch(outcome.stdout, 'memfd', 'and not from a memfd');
  host.assertUntouched(container);
});

t.test('a sysctl is not written to what the image has at /proc (CVE-2025-52881, S13)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(
    t,
    shell('exec sleep 1000', (config, folder) => {
      const rootfs = join(folder, 'rootfs');
      config.root.readonly = false;
      config.mounts = config.mounts.filter(({ destination }: Draft) => destination !== '/proc');
      config.linux.maskedPaths = [];
      config.linux.readonlyPaths = [];
      config.linux.sysctl = { 'net.ipv4.ip_forward': '1' };
      mkdirSync(join(rootfs, 'proc/sys/net/ipv4'), { recursive: true });
      writeFileSync(join(rootfs, 'caught'), 'as it was');
      symlinkSync('/caught', join(rootfs, 'proc/sys/net/ipv4/ip_forward'));
    }),
  );
  must(container.create());
  t.equal(readFileSync(join(container.bundle, 'rootfs/caught'), 'utf8'), 'as it was', 'the image caught nothing');
  const { pid } = container.state();
  const read = ['-t', `${pid}`, '-n', 'cat', '/proc/sys/net/ipv4/ip_forward'];
  t.equal(spawnSync('nsenter', read, { encoding: 'utf8' }).stdout, '1\n', 'the kernel has it');
  host.assertUntouched(container);
});

t.test('read-only paths of procfs are read-only (CVE-2015-3630, S17)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, shell('cat /proc/sys/net/ipv4/ip_forward >/proc/sys/net/ipv4/ip_forward'));
  const outcome = container.run();
  t.not(outcome.status, 0);
  t.match(outcome.stderr, 'Read-only file system');
  host.assertUntouched(container);
});

t.test('a bind has the attributes that it was asked for (S19)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config) => {
    config.mounts.push(bind(host.canary, '/tmp', 'ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow'));
  });
  const outcome = must(container.run());
  const lines: string[] = JSON.parse(outcome.stdout).mountinfo;
  const options = lines.map((line) => line.split(' ')).find(([, , , , target]) => target === '/tmp')?.[5];
  for (const option of ['ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow']) t.match(options, option);
  const writer = makeContainer(
    t,
    shell('echo x >/tmp/file', (config) => config.mounts.push(bind(host.canary, '/tmp', 'ro'))),
  );
  t.match(writer.run().stderr, 'Read-only file system');
  host.assertUntouched(container, writer);
});

t.test(
  'what a container mounts does not appear on a host whose mounts are shared (S20)',
  { skip, timeout },
  async (t) => {
    const host = watchHost(t);
    const container = makeContainer(
      t,
      shell('exec sleep 1000', (config) => {
        config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [] });
      }),
    );
    const { bundle, id, root } = container;
    const own = `"$0" --root ${root} ${driverOptions.join(' ')}`;
    const script = `cat /proc/self/mountinfo >${bundle}/before; ${own} create --bundle ${bundle} ${id} && ${own} start ${id}
    cat /proc/self/mountinfo >${bundle}/after; ${own} delete --force ${id}; cat /proc/self/mountinfo >${bundle}/deleted`;
    const shared = ['unshare', '--mount', '--propagation', 'shared', '/bin/sh', '-c', script, noci];
    spawnSync('/usr/bin/env', [...bare({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }), ...shared], { stdio: 'ignore' });
    const [before, ...others] = ['before', 'after', 'deleted'].map((name) => readFileSync(join(bundle, name), 'utf8'));
    t.match(before, / shared:\d+ /, 'the mounts are shared');
    for (const other of others) t.equal(other, before);
    host.assertUntouched(container);
  },
);

t.test('with --no-pivot no procfs of the host stays in the namespace (S21)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  // a new procfs may be mounted only by who sees one in full already: the container's own has masks
  const script = 'busybox unshare -r -m -p -f busybox mount -t proc proc /tmp && echo mounted; echo end';
  const container = makeContainer(
    t,
    shell(script, ({ process }) => {
      for (const set of ['bounding', 'effective', 'permitted'])
        process.capabilities[set].push('CAP_SETFCAP', 'CAP_SETUID', 'CAP_SETGID');
    }),
  );
  const outcome = container.run('--no-pivot');
  t.equal(outcome.stdout, 'end\n', outcome.stderr);
  t.match(outcome.stderr, /mount: .*(not permitted|denied)/);
  host.assertUntouched(container);
});

/** The lines of init's table of steps, which are their numbers. */
const steps = (): string[] =>
  [...readFileSync(join(project, 'addon/init/steps/table.def'), 'utf8').matchAll(/^STEP\((\w+),/gm)].map(
    ([, name = '']) => name,
  );

const project = new URL('../../', import.meta.url).pathname;
const init = join(project, noci.includes('weakened') ? '.build/init/init-weakened' : '.build/init/init');

const u16 = (value: number): Buffer => Buffer.from(new Uint16Array([value]).buffer);
const u32 = (value: number): Buffer => Buffer.from(new Uint32Array([value]).buffer);
const i64 = (value: number): Buffer => Buffer.from(new BigInt64Array([BigInt(value)]).buffer);
const text = (value: string, length = Buffer.byteLength(value)): Buffer =>
  Buffer.concat([u32(length), Buffer.from(value), Buffer.of(0)]);
const step = (name: string, ...fields: Buffer[]): Buffer => Buffer.concat([u16(steps().indexOf(name)), ...fields]);

interface Frame {
  readonly magic?: number;
  readonly version?: number;
  readonly kind?: number;
  readonly length?: number;
  readonly fdCount?: number;
  readonly count?: number;
  readonly preserved?: number;
}

/** A plan, sound but for what is said. addon/init/wire.h */
function plan(parts: readonly Buffer[], frame: Frame = {}): Buffer {
  const body = Buffer.concat([u32(frame.preserved ?? 0), u32(frame.count ?? parts.length), ...parts]);
  const { magic = 0x69636f6e, version = 1, kind = 1, length = body.length, fdCount = 0 } = frame;
  return Buffer.concat([u32(magic), u16(version), u16(kind), u32(length), u32(fdCount), body]);
}

/** How init ends that gets this on its socket, and the errno of what it says of it; 0 when it says nothing. */
async function ending(message: Buffer): Promise<readonly [status: number | null, errno: number]> {
  const env = process.env.NOCI_WEAKENED === undefined ? {} : { NOCI_WEAKENED: process.env.NOCI_WEAKENED };
  const child: ChildProcess = spawn(init, [], { env, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const socket = child.stdio[3] as Duplex;
  const said: Buffer[] = [];
  socket.on('data', (data: Buffer) => said.push(data));
  socket.on('error', () => {});
  socket.end(message);
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const reply = Buffer.concat(said);
  // header of 16 bytes, then step and errno
  return [status, reply.length >= 32 && reply.readUInt16LE(6) === 6 ? Number(reply.readBigInt64LE(24)) : 0];
}

const EBADMSG = 74;

/** Harmless, were they carried out. */
const broken: readonly (readonly [name: string, message: () => Buffer])[] = [
  ['another magic number', () => plan([step('trace')], { magic: 1 })],
  ['another version', () => plan([step('trace')], { version: 2 })],
  ['another kind', () => plan([step('trace')], { kind: 3 })],
  ['longer than anything is', () => plan([step('trace')], { length: 0xffffffff })],
  ['more fds than anything has', () => plan([step('trace')], { fdCount: 0xffffffff })],
  ['fds that do not come', () => plan([step('trace')], { fdCount: 1 })],
  ['too many preserved fds', () => plan([step('trace')], { preserved: 5000 })],
  ['more steps than there are', () => plan([step('trace')], { count: 2 })],
  ['fewer steps than there are', () => plan([step('trace'), step('trace')], { count: 1 })],
  ['a step that does not exist', () => plan([u16(0xffff)])],
  ['a field that is cut off', () => plan([step('umask', u32(0))])],
  ['a text that is longer than the plan', () => plan([step('lookup', text('/bin/true', 0xffff))])],
  ['a length that wraps', () => plan([step('lookup', text('/bin/true', 0xffffffff))])],
  ['a NUL in a text', () => plan([step('lookup', text('/bin\0/true'))])],
  ['a text without an end', () => plan([step('lookup', u32(3), Buffer.from('true'))])],
  ['a list that is longer than the plan', () => plan([step('affinity', u32(0xffffffff), i64(0))])],
  ['an fd that is not there', () => plan([step('setns', u32(7), i64(0), text(''))])],
];

t.test(
  'a plan that is not sound is not carried out (CVE-2021-43784, S27)',
  { skip: skip || (!existsSync(init) && `${init} is not built`), timeout },
  async (t) => {
    t.strictSame(await ending(plan([step('trace'), step('umask', i64(0o22))])), [0, 0], 'one that is');
    for (const [name, message] of broken) t.strictSame(await ending(message()), [1, EBADMSG], name);
  },
);

t.test('each mount gets the source that is its own (S28)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const count = 60;
  const names = Array.from({ length: count }, (_, index) => `source-${(index * 37) % count}`);
  const container = makeContainer(t, (config, folder) => {
    config.root.readonly = false;
    for (const name of names) writeFileSync(join(folder, name), name);
    config.mounts.push(...names.map((name) => bind(join(folder, name), `/mnt/${name}`)));
    config.process.args.push(...names.flatMap((name) => ['--read', `/mnt/${name}`]));
  });
  const outcome = container.run();
  t.equal(outcome.status, 0, outcome.stderr);
  const read = outcome.status === 0 ? JSON.parse(outcome.stdout).read : [];
  t.strictSame(
    read,
    names.map((name) => ({ path: `/mnt/${name}`, text: name })),
  );
  host.assertUntouched(container);
});

t.test(
  'no group of the caller is the container’s (CVE-2022-2989, CVE-2022-36109, S32)',
  { skip, timeout },
  async (t) => {
    const many = Array.from({ length: 65 }, (_, index) => 1000 + index);
    for (const additionalGids of [undefined, [], [5], [5, 5], many]) {
      const host = watchHost(t);
      const container = makeContainer(t, (config) => {
        config.process.user = { uid: 1000, gid: 1000, ...(additionalGids && { additionalGids }) };
      });
      const outcome = must(behind(['setpriv', '--groups', '4,6,10,27'], container, run(container)));
      t.strictSame(JSON.parse(outcome.stdout).groups, additionalGids ?? [], `${additionalGids}`);
      host.assertUntouched(container);
    }
  },
);

t.test('a user is a number and nothing else (CVE-2026-30892, CVE-2024-40635, S33)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = running(t);
  const right: Record<string, string> = {
    '0': '0:0',
    '1': '1:0',
    '01': '1:0',
    '1:2': '1:2',
    '4294967294:7': '4294967294:7',
  };
  for (const [user, ids] of Object.entries(right)) {
    const script = 'echo $(id -u):$(id -g)';
    const outcome = container.call(['exec', '--user', user, container.id, '/bin/sh', '-c', script]);
    t.equal(outcome.stdout.trim(), ids, `${user}: ${outcome.stderr}`);
  }
  const wrong = [
    '+1',
    '1 ',
    ' 1',
    '0x1',
    '1:',
    ':1',
    '4294967295',
    '4294967296',
    '-1',
    '1e3',
    'root',
    '١',
    '1:x',
    '1\n',
    '1.0',
  ];
  for (const user of wrong) {
    const outcome = container.call(['exec', '--user', user, container.id, '/bin/id', '-u']);
    t.strictSame([outcome.status, outcome.stdout], [255, ''], `${JSON.stringify(user)}: ${outcome.stderr.trim()}`);
  }
  for (const uid of [4294967295, 4294967296, 1.5, -1, '1', 1e300]) {
    const other = makeContainer(t, (config) => {
      config.process.user = { uid, gid: 0 };
    });
    t.equal(other.create().status, 1, `uid ${uid}`);
    host.assertUntouched(other);
  }
  host.assertUntouched(container);
});

t.test('the session keyring of the caller is not the container’s (S36)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t);
  const outcome = must(container.run());
  t.match(JSON.parse(outcome.stdout).attributes.sessionKeyring, new RegExp(`;_ses\\.${container.id}$`));
  host.assertUntouched(container);
});

t.test('exec enters no cgroup beside the container’s (S46)', { skip: skip || withoutVersion1, timeout }, async (t) => {
  const host = watchHost(t);
  const container = running(t);
  const sibling = `/sys/fs/cgroup/pids/${container.id}-sibling`;
  mkdirSync(sibling);
  t.teardown(() => existsSync(sibling) && rmdirSync(sibling));
  for (const path of [`../${container.id}-sibling`, `/../${container.id}-sibling`, '..', 'x/../..', '../../..']) {
    const script = 'cat /proc/self/cgroup';
    const outcome = container.call(['exec', '--cgroup', `pids:${path}`, container.id, '/bin/sh', '-c', script]);
    t.strictSame([outcome.status, outcome.stdout], [255, ''], `${path}: ${outcome.stderr.trim()}`);
  }
  rmdirSync(sibling);
  host.assertUntouched(container);
});

t.test('oom_score_adj is that of the container alone (CVE-2019-14891, S52)', { skip, timeout }, async (t) => {
  const own = readFileSync('/proc/self/oom_score_adj', 'utf8');
  for (const oomScoreAdj of [345, 678, 1000]) {
    const host = watchHost(t);
    const container = makeContainer(t, (config) => {
      config.process.args = ['/bin/cat', '/proc/self/oom_score_adj'];
      config.process.oomScoreAdj = oomScoreAdj;
    });
    t.equal(must(container.run()).stdout.trim(), `${oomScoreAdj}`);
    host.assertUntouched(container);
  }
  t.equal(readFileSync('/proc/self/oom_score_adj', 'utf8'), own);
});

/** Parameters that are not the container's alone, and ways to write them. The values are what the host has, so that nothing can happen. */
const parameters = [
  'kernel.core_pattern',
  'kernel/core_pattern',
  'kernel/modprobe',
  'kernel.hostname',
  'vm.overcommit_memory',
  'fs.file-max',
  'net/../kernel/core_pattern',
  'net..kernel.core_pattern',
  './kernel/core_pattern',
  '/kernel/core_pattern',
  '__proto__',
  'constructor',
  '',
];

t.test('a sysctl that is the host’s is refused (CVE-2022-0811, S53)', { skip, timeout }, async (t) => {
  const file = (key: string): string => join('/proc/sys', key.includes('/') ? key : key.replaceAll('.', '/'));
  const value = (key: string): string => {
    try {
      return readFileSync(file(key), 'utf8').trim();
    } catch {
      return '0';
    }
  };
  const refused = (name: string, change: (config: Draft) => void): void => {
    const host = watchHost(t);
    const container = makeContainer(t, change);
    const outcome = container.create();
    t.equal(outcome.status, 1, name);
    t.match(outcome.stderr, 'sysctl', `${name}: ${outcome.stderr.trim()}`);
    host.assertUntouched(container);
  };
  for (const key of parameters)
    refused(
      key,
      (config) => (config.linux.sysctl = JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value(key))}}`)),
    );
  for (const [key, type] of [
    ['net.core.somaxconn', 'network'],
    ['kernel.msgmax', 'ipc'],
    ['fs.mqueue.msg_max', 'ipc'],
    ['kernel.domainname', 'uts'],
  ] as const)
    refused(`${key} without ${type}`, (config) => {
      config.linux.sysctl = { [key]: value(key) };
      config.linux.namespaces = config.linux.namespaces.filter((namespace: Draft) => namespace.type !== type);
    });
  for (const odd of ['1\n', '1\n2', 'x'.repeat(5000)])
    refused(JSON.stringify(odd).slice(0, 10), (config) => (config.linux.sysctl = { 'net.core.somaxconn': odd }));
});

t.test('a label that cannot be given is an error (S54)', { skip, timeout }, async (t) => {
  const without = (module: string): boolean => !existsSync(`/sys/module/${module}`) && !existsSync(`/sys/fs/${module}`);
  const labels: readonly (readonly [module: string, change: (config: Draft) => void])[] = [
    ['apparmor', (config) => (config.process.apparmorProfile = 'docker-default')],
    ['selinux', (config) => (config.process.selinuxLabel = 'system_u:system_r:container_t:s0:c1,c2')],
    ['selinux', (config) => (config.linux.mountLabel = 'system_u:object_r:container_file_t:s0:c1,c2')],
  ];
  for (const [module, change] of labels.filter(([module]) => without(module))) {
    const host = watchHost(t);
    const container = makeContainer(t, change);
    const outcome = container.create();
    t.equal(outcome.status, 1, module);
    t.match(outcome.stderr, /not supported/, outcome.stderr.trim());
    host.assertUntouched(container);
  }
});

t.test('nothing that the caller’s process has is inherited (S69)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/cat', '/proc/self/status'];
  });
  const signals = ['env', '--ignore-signal=INT,USR1,PIPE,HUP', '--block-signal=USR2,TERM,CHLD'];
  const outcome = must(behind([...signals, 'taskset', '1'], container, run(container)));
  const field = (name: string): string | undefined => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(outcome.stdout)?.[1];
  for (const mask of ['SigBlk', 'SigIgn', 'SigCgt', 'SigPnd', 'ShdPnd']) t.match(field(mask), /^0+$/, mask);
  t.equal(field('Umask'), '0022');
  if (cpus().length > 1) t.not(field('Cpus_allowed_list'), '0', 'every CPU that there is');
  host.assertUntouched(container);
});

t.test(
  'set-user-ID and capabilities of the file are refused (CVE-2016-8659, CVE-2020-5291, S70)',
  { skip, timeout },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'noci-set-user-id-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    const user = ['--reuid', '1000', '--regid', '1000', '--clear-groups'];
    const call = (path: string): Outcome =>
      spawnSync('/usr/bin/env', [...bare({}), 'setpriv', ...user, path, 'state', 'x'], { encoding: 'utf8' }) as Outcome;
    const plant = (name: string, change: (path: string) => void): Outcome => {
      const path = join(folder, name);
      copyFileSync(realpathSync(noci), path);
      chmodSync(path, 0o755);
      change(path);
      return call(path);
    };
    t.notMatch(plant('plain', () => {}).stderr, 'set-user-ID', 'an ordinary copy is called');
    if (statSync(folder).dev !== statSync('/').dev) t.comment('the folder may be mounted with nosuid');
    t.match(
      plant('set-user-id', (path) => chmodSync(path, 0o4755)),
      { status: 1, stdout: '', stderr: /set-user-ID/ },
    );
    t.match(
      plant('set-group-id', (path) => chmodSync(path, 0o2755)),
      { status: 1, stdout: '', stderr: /set-user-ID/ },
    );
    if (!existsSync('/usr/sbin/setcap')) return;
    const granted = plant('capabilities', (path) => spawnSync('/usr/sbin/setcap', ['cap_sys_admin+ep', path]));
    t.match(granted, { status: 1, stdout: '', stderr: /set-user-ID/ });
  },
);

/** Calls of init that masks are made of. */
const calls = ['fsopen', 'fsmount', 'open_tree', 'move_mount', 'mknodat', 'mount_setattr'];
/** More than there are of any. */
const most = 8;

t.test(
  'a mask that cannot be made is an error, whatever fails (S76)',
  {
    skip: skip || untraceable || (emulated && 'a hundred containers under strace take minutes without acceleration'),
    timeout,
  },
  async (t) => {
    const host = watchHost(t);
    const outcomes: Record<string, number> = {};
    for (const call of calls) {
      for (let number = 1; number <= most; number++) {
        const container = makeContainer(
          t,
          shell('cat /secret/file /plain', (config, folder) => {
            const rootfs = join(folder, 'rootfs');
            mkdirSync(join(rootfs, 'secret'));
            for (const name of ['secret/file', 'plain']) writeFileSync(join(rootfs, name), 'secret text');
            config.mounts = config.mounts.filter(({ destination }: Draft) => destination === '/proc');
            config.linux.readonlyPaths = [];
            config.linux.maskedPaths = ['/secret', '/plain'];
          }),
        );
        const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:error=EPERM:when=${number}`];
        const outcome = behind(['strace', '-f', '-qq', '-o', '/dev/null', ...inject], container, run(container));
        if (outcome.stdout.includes('secret')) t.fail(`${call} ${number}: it runs without its mask`);
        outcomes[`${outcome.status}`] = (outcomes[`${outcome.status}`] ?? 0) + 1;
        host.assertUntouched(container);
      }
    }
    t.ok((outcomes['1'] ?? 0) > calls.length, `some fail: ${JSON.stringify(outcomes)}`);
  },
);

/** SYS_move_mount; the same on every machine */
const moveMount = '429';

/** The pid of an init of this process's children that is about to attach something to a path that ends in `target`. */
function attaching(target: string): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [number, , , fd] = readFileSync(`/proc/${pid}/syscall`, 'utf8').split(' ');
      if (number === moveMount && readlinkSync(`/proc/${pid}/fd/${Number(fd)}`).endsWith(target)) return Number(pid);
    } catch {
      // it is no process any more, or not stopped
    }
  }
  return undefined;
}

t.test(
  'a mount point that is exchanged after it was looked at (CVE-2021-30465, S16)',
  { skip: skip || untraceable, timeout },
  async (t) => {
    for (const link of ['absolute', 'to the root of the host']) {
      const host = watchHost(t);
      const container = makeContainer(
        t,
        shell('cat /proc/self/mountinfo', (config, folder) => {
          mkdirSync(join(folder, 'vol/sub'), { recursive: true });
          symlinkSync(link === 'absolute' ? host.canary : '/', join(folder, 'vol/link'));
          config.root.readonly = false;
          config.linux.maskedPaths = [];
          config.linux.readonlyPaths = [];
          config.mounts = [
            bind(join(folder, 'vol'), '/vol'),
            { destination: '/vol/sub', type: 'tmpfs', source: 'contested', options: [] },
            { destination: '/proc', type: 'proc', source: 'proc' },
          ];
        }),
      );
      // each is held for as long before it is made
      const held = [
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-e',
        'trace=move_mount',
        '-e',
        'inject=move_mount:delay_enter=300000',
      ];
      const { bundle, root } = container;
      const words = [...bare({}), 'strace', ...held, noci, '--root', root, ...driverOptions, ...run(container)];
      const child = spawn('/usr/bin/env', words, { stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      child.stdout.on('data', (data) => (stdout += data));
      const ended = new Promise((resolve) => child.on('close', resolve));
      await until(() => attaching('/vol/sub') !== undefined || child.exitCode !== null);
      renameSync(join(bundle, 'vol/sub'), join(bundle, 'vol/away'));
      renameSync(join(bundle, 'vol/link'), join(bundle, 'vol/sub'));
      await ended;
      const contested = stdout.split('\n').filter((line) => line.includes(' contested '));
      t.strictSame(
        contested.map((line) => line.split(' ')[4]),
        ['/vol/away'],
        `${link}: it is where it was looked at`,
      );
      host.assertUntouched(container);
    }
  },
);

/** Names as long as they may be (TASK_COMM_LEN): the kernel writes out a newline in one, and no carriage return. */
const names = { USR1: '\rSigPnd:\t100', USR2: '\rNoNewPrivs:\t7', HUP: ' ' } as const;

t.test('the name of a process is no line of its status: pause, inspect (S77)', { skip, timeout }, async (t) => {
  const container = running(t, (config) => {
    // only itself may change it
    const traps = Object.entries(names).map(([signal, name]) => `trap "printf '${name}' >/proc/1/comm" ${signal}`);
    config.process.args = ['/bin/sh', '-c', `${traps.join('; ')}; umask 0; while :; do sleep 1000 & wait; done`];
    config.process.noNewPrivileges = true;
  });
  const { pid } = container.state();
  // its traps are set
  await until(() => readFileSync(`/proc/${pid}/status`, 'utf8').includes('\nUmask:\t0000\n'));
  const rename = async (signal: keyof typeof names): Promise<void> => {
    process.kill(pid, `SIG${signal}`);
    await until(() => readFileSync(`/proc/${pid}/comm`, 'utf8') === `${names[signal]}\n`);
  };
  const rows = (): Draft[] => JSON.parse(must(container.call(['inspect', '--json', container.id])).stdout).rows;

  await rename('USR1');
  t.match(container.call(['pause', container.id]), { status: 0 }, 'it does not look like one that is being killed');
  container.call(['resume', container.id]);
  await rename('USR2');
  t.equal(rows().find(({ name }) => name === 'no_new_privs').now, 'true', 'nor like one with other rights');
  await rename('HUP');
  t.ok(
    rows().some(({ section, name }) => section === 'processes' && name === String(pid)),
    'nor like none',
  );
});

t.test(
  'cgroups in cgroups, more than there are fds (S78)',
  { skip: skip || (driver === 'systemd' && 'once is enough'), timeout },
  async (t) => {
    const host = watchHost(t);
    const container = running(t);
    const { pid } = container.state();
    // as a container may to which its cgroup was given
    const top = cgroupOf(pid, 'pids');
    const nested = join(top, ...Array<string>(200).fill('a'));
    mkdirSync(nested, { recursive: true });
    t.teardown(() => {
      for (let path = nested; path !== top && existsSync(path); path = join(path, '..')) rmdirSync(path);
    });
    writeFileSync(join(nested, 'cgroup.procs'), String(pid));
    const few = (...args: string[]) => behind(['/bin/sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'], container, args);
    const list = few('ps', '--format', 'json', container.id);
    t.match(list, { status: 0, stdout: `[${pid}]` }, list.stderr);
    const inspected = few('inspect', container.id);
    t.equal(inspected.status, 0, inspected.stderr);
    const collected = few('gc', '--dry-run');
    t.match(collected, { status: 0, stdout: /it is in use/ }, collected.stderr);
    const removed = few('delete', '--force', container.id);
    t.equal(removed.status, 0, removed.stderr);
    t.notOk(existsSync(top), 'none is left');
    host.assertUntouched(container);
  },
);
