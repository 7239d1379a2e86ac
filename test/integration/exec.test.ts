// One more process in a container: every option, every text and status, and what it is given.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { release } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { driver, withoutVersion1 } from './cgroup-driver.ts';
import { cgroupOf, unified } from './cgroup-files.ts';
import { type Container, isAlive, makeContainer, must, running, until } from './container.ts';
import { bare, differences, type Outcome, type Report } from './report.ts';
import { onUnified, unifiedCgroup, unifiedMount } from './unified.ts';

const skip = missing();
const timeout = 300_000;
const started = 'exec failed: unable to start container process: ';

const exec = (container: Container, ...words: string[]): Outcome => container.call(['exec', ...words]);
const run = (container: Container, command: string, ...options: string[]): Outcome =>
  exec(container, ...options, container.id, '/bin/sh', '-c', command);
const output = (container: Container, command: string, ...options: string[]): string =>
  must(run(container, command, ...options)).stdout.trim();

/** An exec that fails before the process runs; returns its message without the prefix. */
function refused(
  t: Test,
  container: Container,
  words: readonly string[],
  message: string | RegExp,
  name?: string,
): void {
  const log = join(container.bundle, 'exec.json');
  rmSync(log, { force: true });
  const outcome = container.call(['--log', log, '--log-format', 'json', 'exec', ...words]);
  t.equal(outcome.status, 255, `${name ?? words.join(' ')}: status`);
  const { msg, level } = JSON.parse(readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? '');
  t.equal(level, 'error');
  t.equal(outcome.stderr, `${msg}\n`, 'stderr is the message');
  if (typeof message === 'string') t.equal(msg, message);
  else t.match(msg, message);
}

t.test('statuses', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sleep', '1000'];
  });
  refused(t, container, [container.id, 'true'], 'exec failed: container does not exist');
  refused(t, container, ['../x', 'true'], /^exec failed: invalid container ID format/);
  must(container.create());
  t.equal(run(container, 'exit 3').status, 3, 'in a created one, with the status of the process');
  must(container.start());
  t.equal(run(container, 'exit 0').status, 0);
  t.equal(run(container, 'kill -TERM $$').status, 143, '128 and the signal');
  const { pid } = container.state();
  must(container.kill());
  await until(() => !isAlive(pid));
  refused(t, container, [container.id, 'true'], 'exec failed: cannot exec in a stopped container');
});

t.test('what is wrong with the command, in the words of runc', { skip, timeout }, async (t) => {
  const container = running(t, (_config, folder) => {
    const file = (name: string, text: string, mode: number) => {
      writeFileSync(join(folder, 'rootfs/bin', name), text);
      chmodSync(join(folder, 'rootfs/bin', name), mode);
    };
    file('interpreted', '#!/nope\n', 0o755);
    file('nothing', 'xx', 0o755);
    file('plain', 'xx', 0o644);
  });
  const { id } = container;
  const noInterpreter = '; it is no program, and its first line names no interpreter: begin it with #!/bin/sh';
  const texts: readonly (readonly [words: readonly string[], text: string])[] = [
    [[id], 'exec failed: exec args cannot be empty'],
    [[id, 'nope'], `${started}exec: "nope": executable file not found in $PATH`],
    [[id, ''], `${started}exec: "": executable file not found in $PATH`],
    [[id, '/nope'], `${started}exec: "/nope": stat /nope: no such file or directory`],
    [
      [id, '/bin/plain'],
      `${started}exec: "/bin/plain": permission denied; its mode 0644 lets uid 0 not execute it: chmod a+x it in the root filesystem`,
    ],
    [[id, '/bin'], `${started}exec: "/bin": is a directory: permission denied`],
    [
      [id, 'interpreted'],
      `${started}exec /bin/interpreted: no such file or directory; its interpreter "/nope" is missing: put that into the root filesystem, or name another one in the first line`,
    ],
    [[id, 'nothing'], `${started}exec /bin/nothing: exec format error${noInterpreter}`],
    [['--detach', id, 'nothing'], `${started}exec /bin/nothing: exec format error${noInterpreter}`],
    [
      ['--cwd', '/nope', id, 'true'],
      `${started}chdir to cwd ("/nope") set in config.json failed: no such file or directory`,
    ],
    [['--cwd', 'nope', id, 'true'], 'exec failed: Cwd must be an absolute path'],
    [['--user', 'root', id, 'true'], 'exec failed: bad uid: strconv.Atoi: parsing "root": invalid syntax'],
    [['--user', '1:', id, 'true'], 'exec failed: bad gid: strconv.Atoi: parsing "": invalid syntax'],
    [['--additional-gids', '-5', id, 'true'], 'exec failed: additional-gids must be a positive number -5'],
    [['--env', 'A', id, 'true'], "exec failed: invalid environment variable: missing '='"],
    [['--env', '=A', id, 'true'], 'exec failed: invalid environment variable: name cannot be empty'],
    [
      ['--process-label', 'x', id, 'true'],
      'exec failed: selinux label is specified in config, but selinux is disabled or not supported',
    ],
    [
      ['--tty', '--detach', id, 'true'],
      'exec failed: cannot allocate tty if runc will detach without setting console socket',
    ],
    [
      ['--console-socket', '/x', '-d', id, 'true'],
      'exec failed: cannot use console socket if runc will not detach or allocate tty',
    ],
    [
      ['--preserve-fds', '1', id, 'true'],
      'exec failed: unable to stat preserved-fd 0 (of 1): stat /proc/self/fd/3: no such file or directory',
    ],
    [['--process', '/nope', id], 'exec failed: open /nope: no such file or directory'],
    [['--cgroup', '../x', id, 'true'], 'exec failed: bad sub cgroup path: ../x'],
    [['--cgroup', 'nope:/x', id, 'true'], 'exec failed: unknown controller nope in SubCgroupPaths'],
  ];
  for (const [words, text] of texts) refused(t, container, words, text);
  for (const user of ['+1', '1 ', '0x1', '4294967295', '4294967296', '-1', '-0', '1e3', '١', '1:-1', ':1'])
    refused(t, container, ['--user', user, id, 'true'], /^exec failed: bad [ug]id: strconv\.Atoi: parsing /);
  t.equal(exec(container, '--nope', id, 'true').status, 1, 'a wrong call is a wrong call');
});

t.test('options', { skip, timeout }, async (t) => {
  const container = running(t, (config, folder) => {
    mkdirSync(join(folder, 'rootfs/home'));
    config.process.user = { uid: 1000, gid: 1001, additionalGids: [7] };
    config.process.env = ['PATH=/bin', 'A=1', 'B=1'];
    config.process.noNewPrivileges = true;
  });
  t.equal(output(container, 'pwd', '--cwd', '/home'), '/home');
  t.equal(output(container, 'echo $A $B $C $HOME', '-e', 'A=2', '--env', 'C=x,y'), '2 1 x,y /home/user');
  t.equal(output(container, 'echo $(id -u) $(id -g) $(id -G)'), '1000 1001 1001 7', 'as in config.json');
  t.equal(output(container, 'echo $(id -u) $(id -g)', '-u', '5'), '5 1001', 'the group stays');
  t.equal(output(container, 'echo $(id -u) $(id -g) $HOME', '-u', '0:01'), '0 1 /root');
  t.equal(output(container, 'id -G', '-g', '20', '--additional-gids', '21'), '1001 7 20 21');
  const status = (name: string, ...options: string[]) =>
    output(container, `sed -n 's/^${name}:.//p' /proc/self/status`, ...options);
  t.equal(status('NoNewPrivs'), '1');
  t.equal(status('NoNewPrivs', '--no-new-privs=false'), '0');
  const sets = (...options: string[]) =>
    ['CapBnd', 'CapEff', 'CapPrm', 'CapInh', 'CapAmb'].map((name) => status(name, '--user', '0', ...options));
  const base = '0000000020000420';
  const more = '0000000020002420';
  const none = '0000000000000000';
  t.strictSame(sets(), [base, base, base, none, none]);
  t.strictSame(sets('--cap', 'CAP_NET_RAW'), [more, more, more, none, none], 'never inheritable (CVE-2022-29162)');
  t.match(run(container, 'true', '--cap', 'CAP_X').stderr, /ignoring unknown or unavailable capabilities: \[CAP_X\]/);
  const config = JSON.parse(readFileSync(join(container.bundle, 'config.json'), 'utf8'));
  config.process.env.push('NEW=1');
  writeFileSync(join(container.bundle, 'config.json'), JSON.stringify(config));
  t.equal(output(container, 'echo $NEW'), '1', 'config.json as it is now');
  const own = openSync('/etc/hostname', 'r');
  const kept = container.call(
    ['exec', '--preserve-fds', '1', container.id, '/bin/sh', '-c', 'cat <&3'],
    {},
    { fds: [own] },
  );
  t.equal(kept.stdout, readFileSync('/etc/hostname', 'utf8'), 'a preserved fd');
  const env = { LISTEN_FDS: '1', LISTEN_PID: '1' };
  t.equal(
    container.call(['exec', container.id, '/bin/sh', '-c', 'env'], env, { fds: [own] }).stdout.includes('LISTEN'),
    false,
  );
  closeSync(own);
});

t.test('a process file', { skip, timeout }, async (t) => {
  const container = running(t, (config) => {
    config.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 77, hard: 99 }];
    config.process.oomScoreAdj = 123;
    config.process.user = { uid: 0, gid: 0, umask: 0o77 };
    config.linux.personality = { domain: 'LINUX32' };
  });
  const file = join(container.bundle, 'process.json');
  const withFile = (process: Draft, ...words: string[]): Outcome => {
    writeFileSync(file, typeof process === 'string' ? process : JSON.stringify(process));
    return exec(container, '--process', file, ...words, container.id);
  };
  const args = [
    '/bin/sh',
    '-c',
    'umask; ulimit -n; cat /proc/self/oom_score_adj; uname -m; pwd; sed -n s/CapEff:.//p /proc/self/status',
  ];
  const process = { cwd: '/bin', args, env: ['PATH=/bin'] };
  const machine = spawnSync('setarch', ['linux32', 'uname', '-m'], { encoding: 'utf8' }).stdout.trim();
  t.strictSame(
    must(withFile(process)).stdout.trim().split('\n'),
    ['0077', '77', '123', machine, '/bin', '0000000020000420'],
    'what it does not say is as the container was made',
  );
  const own = {
    ...process,
    oomScoreAdj: 200,
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 55, hard: 56 }],
    capabilities: {},
  };
  t.strictSame(must(withFile(own)).stdout.trim().split('\n').slice(1, 3), ['55', '200'], 'what it says counts');
  t.match(must(withFile(own)).stdout, '0000000000000000\n');
  t.equal(must(withFile(process, '--cwd', '/nope', '--env', 'x', '--user', 'x')).status, 0, 'options are ignored');
  const vectors: readonly (readonly [Draft, string | RegExp])[] = [
    [{ cwd: '/' }, `exec failed: args must not be empty (${file}: /args)`],
    [{ args: ['x'] }, `exec failed: Cwd property must not be empty (${file}: /cwd)`],
    [
      { cwd: '/', args: ['x'], env: ['A=1', 'B'] },
      `exec failed: invalid environment variable: missing '=' (${file}: /env/1)`,
    ],
    [{ cwd: '/', args: [1] }, `exec failed: must be a string, is 1 (${file}: /args/0)`],
    [{ cwd: '/', args: ['x'], user: { uid: -1 } }, /\/user\/uid\)$/],
    [{ cwd: '/', args: ['x'], user: { uid: 4294967295 } }, /\/user\/uid\)$/],
    [
      { cwd: '/', args: ['x'], rlimits: [{ type: 'RLIMIT_X', soft: 1, hard: 1 }] },
      /wrong rlimit value: RLIMIT_X .*\/rlimits\/0\/type\)$/,
    ],
    [{ cwd: '/', args: ['x'], selinuxLabel: 'p' }, /selinux is disabled .*: \/selinuxLabel\)$/],
    [[], /must be an object/],
    ['null', /must be an object|process property/],
    ['{', /invalid json at line 1/],
    ['{"cwd":"/","cwd":"/"}', /invalid json|duplicate/],
  ];
  for (const [content, text] of vectors) {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    refused(t, container, ['--process', file, container.id], text, JSON.stringify(content));
  }
  refused(t, container, ['--process', '/dev/zero', container.id], 'exec failed: /dev/zero is no regular file');
});

t.test('detached: it returns when the process runs', { skip, timeout }, async (t) => {
  const container = running(t);
  const pidFile = join(container.bundle, 'pid');
  must(run(container, 'exec sleep 1000', '--detach', '--pid-file', pidFile));
  const text = readFileSync(pidFile, 'utf8');
  t.match(text, /^[0-9]+$/, 'decimal and nothing else');
  const pid = Number(text);
  t.match(readlinkSync(`/proc/${pid}/exe`), /busybox/, 'executed');
  for (const name of readdirSync(`/proc/${pid}/ns`)) {
    t.equal(readlinkSync(`/proc/${pid}/ns/${name}`), readlinkSync(`/proc/${container.state().pid}/ns/${name}`), name);
  }
  t.equal(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), readFileSync(`/proc/${container.state().pid}/cgroup`, 'utf8'));
  process.kill(pid, 'SIGKILL');
  refused(
    t,
    container,
    ['-d', '--pid-file', '/nope/pid', container.id, 'sleep', '1000'],
    /^exec failed: pid file \/nope\/pid/,
  );
  t.equal(output(container, 'ps | grep -c "sleep 100[0]"'), '1', 'the process without a pid file was killed');
});

t.test('the foreground forwards signals', { skip, timeout }, async (t) => {
  const container = running(t);
  const script = 'trap "echo got; exit 9" USR1; echo ready; while :; do sleep 0.05; done';
  const words = [...bare({}), noci, '--root', container.root, 'exec', container.id, '/bin/sh', '-c', script];
  const child = spawn('/usr/bin/env', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  await until(() => text.includes('ready'));
  child.kill('SIGUSR1');
  const status = await new Promise((resolve) => child.once('close', resolve));
  t.equal(status, 9);
  t.equal(text, 'ready\ngot\n');
});

t.test('the pidfd of the process goes to a socket', { skip, timeout }, async (t) => {
  const container = running(t);
  const path = join(container.bundle, 'pidfd.sock');
  const words: string[] = [];
  const server = createServer((socket) => socket.on('data', (data) => words.push(String(data))));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  const child = spawn('/usr/bin/env', [
    ...bare({}),
    noci,
    '--root',
    container.root,
    'exec',
    '--pidfd-socket',
    path,
    container.id,
    'true',
  ]);
  t.equal(await new Promise((resolve) => child.once('exit', resolve)), 0);
  await until(() => words.length > 0);
  t.strictSame(words, ['setns']);
  refused(
    t,
    container,
    ['--pidfd-socket', '/nope', container.id, 'true'],
    /^exec failed: pidfd socket \/nope: connect: no such path/,
  );
});

t.test('a paused container', { skip, timeout }, async (t) => {
  const container = running(t);
  must(container.call(['pause', container.id]));
  refused(
    t,
    container,
    [container.id, 'true'],
    'exec failed: cannot exec in a paused container (use --ignore-paused to override)',
  );
  const words = [...bare({}), noci, '--root', container.root, 'exec', '--ignore-paused', container.id, 'true'];
  const child = spawn('/usr/bin/env', words, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(child.exitCode, null, 'it waits');
  must(container.call(['resume', container.id]));
  t.equal(await ended, 0, 'and runs when the container is resumed');
});

t.test('containers that share namespaces with the host', { skip, timeout }, async (t) => {
  for (const without of [['pid'], ['network', 'ipc', 'uts'], ['mount']]) {
    await t.test(`without ${without}`, async (t) => {
      const container = running(t, (config) => {
        config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => !without.includes(type));
        if (without.includes('network')) config.hostname = undefined;
        if (without.includes('mount')) {
          config.mounts = [];
          config.root.readonly = false;
          config.linux.maskedPaths = [];
          config.linux.readonlyPaths = [];
        }
      });
      t.equal(output(container, 'readlink -f /bin/sh'), '/bin/busybox', 'its root');
      const pidFile = join(container.bundle, 'pid');
      must(run(container, 'exec sleep 1000', '--detach', '--pid-file', pidFile));
      const pid = readFileSync(pidFile, 'utf8');
      const init = container.state().pid;
      for (const name of readdirSync(`/proc/${pid}/ns`))
        t.equal(readlinkSync(`/proc/${pid}/ns/${name}`), readlinkSync(`/proc/${init}/ns/${name}`), name);
      t.equal(readlinkSync(`/proc/${pid}/root`), readlinkSync(`/proc/${init}/root`), 'root');
    });
  }
});

t.test('--cgroup', { skip: skip || withoutVersion1, timeout }, async (t) => {
  const container = running(t);
  const sub = `/sys/fs/cgroup/pids/${container.id}/sub`;
  mkdirSync(sub);
  t.match(output(container, 'cat /proc/self/cgroup', '--cgroup', 'pids:sub'), `:pids:/${container.id}/sub\n`);
  refused(t, container, ['--cgroup', 'pids:nope', container.id, 'true'], /^exec failed: sub cgroup path nope/);
});

t.test('execCPUAffinity', { skip, timeout }, async (t) => {
  const container = running(t);
  const file = join(container.bundle, 'process.json');
  const cpus = (execCPUAffinity: Draft): string => {
    const args = ['/bin/sh', '-c', 'sed -n "s/^Cpus_allowed_list:.//p" /proc/self/status'];
    writeFileSync(file, JSON.stringify({ cwd: '/', args, env: ['PATH=/bin'], execCPUAffinity }));
    return must(exec(container, '--process', file, container.id)).stdout.trim();
  };
  const all = cpus(undefined);
  t.not(all, '');
  // before Linux 6.2 a process that comes into a cgroup gets all CPUs of it
  const [, major = 0, minor = 0] = (/^(\d+)\.(\d+)/.exec(release()) ?? []).map(Number);
  const kept = major > 6 || (major === 6 && minor >= 2) ? '0' : all;
  t.equal(cpus({ initial: '0' }), kept, 'the initial one stays');
  t.equal(cpus({ initial: '0', final: '' }), kept);
  if (all !== '0') t.equal(cpus({ initial: '0', final: '1' }), '1', 'the final one comes after the cgroup');
  t.equal(cpus({}), all, 'every CPU without either');
});

t.test('v2', { skip, timeout }, async (t) => {
  const container = running(t, () => {}, onUnified(t, noci));
  const cgroup = unifiedCgroup(container.state().pid);
  const path = cgroup.slice(unifiedMount().length);
  t.match(path, container.id);
  t.equal(output(container, 'cat /proc/self/cgroup').split('\n').at(-1), `0::${path}`, 'born in it');
  const file = join(container.bundle, 'process.json');
  const args = ['/bin/cat', '/proc/self/cgroup'];
  writeFileSync(file, JSON.stringify({ cwd: '/', args, execCPUAffinity: { initial: '0' } }));
  t.match(must(exec(container, '-p', file, container.id)).stdout, `0::${path}\n`, 'late');
  // what a container does that manages cgroups itself: its processes move down, and controllers are handed on
  // with threaded ones alone it takes processes as long as none is below
  const controller = readFileSync(join(cgroup, 'cgroup.controllers'), 'utf8')
    .trim()
    .split(' ')
    .find((name) => !['', 'cpu', 'cpuset', 'perf_event', 'pids'].includes(name));
  const sub = join(cgroup, 'inner');
  mkdirSync(sub);
  writeFileSync(join(sub, 'cgroup.procs'), `${container.state().pid}`);
  t.match(output(container, 'cat /proc/self/cgroup'), `0::${path}`, 'still where it was recorded');
  if (controller === undefined) return void t.comment('no controller to hand on');
  writeFileSync(join(cgroup, 'cgroup.subtree_control'), `+${controller}`);
  t.match(output(container, 'cat /proc/self/cgroup'), `0::${path}/inner`, 'below it, when it takes no process');
  if (driver === 'systemd') return void t.comment('systemd removes a scope that its processes have left');
  const elsewhere = `${cgroup}-elsewhere`;
  mkdirSync(elsewhere);
  t.teardown(() => spawnSync('rmdir', [elsewhere]));
  writeFileSync(join(elsewhere, 'cgroup.procs'), `${container.state().pid}`);
  refused(
    t,
    container,
    [container.id, 'true'],
    /^exec failed: unable to start container process: clone3: device or resource busy$/,
    'never elsewhere (S48)',
  );
  writeFileSync(join(sub, 'cgroup.procs'), `${container.state().pid}`);
});

/** What the probe reports as a process of exec. */
function probe(t: Test, runtime: string, change: (config: Draft) => void, ...options: string[]): Report {
  const container = running(t, change, runtime);
  const { pid } = container.state();
  const report = JSON.parse(must(exec(container, ...options, container.id, '/probe', 'a b')).stdout);
  const own = Object.fromEntries(
    Object.keys(report.namespaces).map((type) => [
      type,
      report.namespaces[type] === readlinkSync(`/proc/${pid}/ns/${type}`) ? "the container's" : 'another',
    ]),
  );
  const { mountinfo: _mountinfo, clocks: _clocks, networkDevices: _devices, ...rest } = report;
  const { pid: _pid, ppid: _ppid, pgid: _pgid, sid: _sid, ...attributes } = rest.attributes;
  const text = JSON.stringify({ ...rest, attributes, namespaces: own });
  return JSON.parse(text.replaceAll(container.id, 'ID').replaceAll(container.bundle, 'BUNDLE'));
}

const explained: readonly (readonly [reason: string, line: RegExp])[] = [
  [
    'in the foreground runc copies through pipes of its own; noci hands over what it was given',
    /^[-+] fds\/\d+\/(flags|type|uid|gid|major|minor|mode|link|target|inode) =/,
  ],
  ['runc takes process.user.umask in exec since 1.2', /^[-+] attributes\/umask = (18|23)$/],
  ['the keyring is found by its name, its serial number is another one', /^[-+] .*(serial|keyring)/],
];

t.test('the probe reports the same under noci and runc', { skip, timeout }, async (t) => {
  const cases: readonly (readonly [string, (config: Draft) => void, readonly string[]])[] = [
    ['plain', () => {}, []],
    ['another user', () => {}, ['--user', '1000:1001', '-g', '7']],
    ['environment and cwd', () => {}, ['--cwd', '/tmp', '-e', 'A=1', '-e', 'A=2']],
    ['capabilities', () => {}, ['--cap', 'CAP_NET_RAW']],
    ['no_new_privs', (config) => (config.process.noNewPrivileges = false), ['--no-new-privs']],
    ['umask', (config) => (config.process.user.umask = 0o27), []],
    ['oomScoreAdj', (config) => (config.process.oomScoreAdj = 77), []],
    ['rlimits', (config) => (config.process.rlimits = [{ type: 'RLIMIT_CORE', soft: 1, hard: 2 }]), []],
  ];
  for (const [name, change, options] of cases) {
    await t.test(name, async (t) => {
      const lines = differences(probe(t, runc, change, ...options), probe(t, noci, change, ...options));
      t.strictSame(
        lines.filter((line) => !explained.some(([, pattern]) => pattern.test(line))),
        [],
      );
    });
  }
});

t.test(
  'a container without any memory left does not end the runtime',
  { skip: skip || (unified ? false : 'the memory controller is on v1'), timeout },
  async (t) => {
    const container = makeContainer(t, (config) => {
      const fill = 'cat /dev/zero > /dev/shm/full; while :; do echo xxxxxxxx >> /dev/shm/full; done';
      config.process.args = ['/bin/sh', '-c', fill];
      // nobody but the process of exec can be killed for it
      config.process.oomScoreAdj = -1000;
      config.linux.resources.memory = { limit: 24 << 20, swap: 24 << 20 };
    });
    must(container.create());
    must(container.start());
    const events = join(cgroupOf(container.state().pid, 'memory'), 'memory.events');
    await until(() => /^oom [1-9]/m.test(readFileSync(events, 'utf8')));
    const endings = Array.from({ length: 20 }, () => container.call(['exec', container.id, 'true']));
    t.strictSame(
      endings.filter(({ signal }) => signal !== null),
      [],
    );
    const told = endings.filter(({ status }) => status !== 0);
    t.comment(`${told.length} of ${endings.length} had no memory`);
    // exit status 1: to say that there is none takes some too
    for (const { stderr } of told) t.match(stderr, /signal: killed|cannot allocate memory|exit status 1/);
    t.ok(isAlive(container.state().pid));
  },
);
