// Which file descriptors reach the container's process: 0, 1, 2 and those that the caller says, whatever else is open.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { driverOptions } from './cgroup-driver.ts';
import { type Container, makeContainer } from './container.ts';
import { watchHost } from './host-watch.ts';
import { bare, type Outcome } from './report.ts';

const skip = missing();
const timeout = 300_000;

/** Runs with `files` as fds 3, 4, …; a hole is a closed one. */
function runWith(
  container: Container,
  files: readonly string[],
  env: Record<string, string>,
  options: readonly string[],
): Outcome {
  const fds = files.map((file) => openSync(file, 'r'));
  try {
    return container.call(['run', '--bundle', container.bundle, ...options, container.id], env, { fds });
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

const numbers = (outcome: Outcome): number[] => JSON.parse(outcome.stdout).fds.map(({ fd }: Draft) => fd);

/** The links of /proc/self/fd as the process sees them, from 3 on. */
const listing = (config: Draft): void => {
  config.process.args = ['/bin/sh', '-c', 'for fd in /proc/self/fd/*; do echo $fd $(readlink $fd); done; env'];
};

t.test('38 leaked fds stay outside (CVE-2024-21626)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t);
  const outcome = runWith(container, Array(38).fill(host.canary), {}, []);
  t.equal(outcome.status, 0, outcome.stderr);
  t.strictSame(numbers(outcome), [0, 1, 2], 'what reached the process');
  host.assertUntouched(container);
});

t.test('--preserve-fds passes exactly so many', { skip, timeout }, async (t) => {
  for (const count of [0, 1, 2, 10, 38]) {
    const host = watchHost(t);
    const container = makeContainer(t);
    const outcome = runWith(container, Array(38).fill(host.canary), {}, ['--preserve-fds', `${count}`]);
    t.equal(outcome.status, 0, outcome.stderr);
    t.strictSame(
      numbers(outcome),
      Array.from({ length: 3 + count }, (_, fd) => fd),
      `${count}`,
    );
    for (const { fd, closeOnExec } of JSON.parse(outcome.stdout).fds)
      t.equal(closeOnExec, 0, `fd ${fd} stays open at an execve`);
    host.assertUntouched(container);
  }
});

t.test('preserved fds keep their order', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sh', '-c', 'head -n 1 <&3; head -n 1 <&4; head -n 1 <&5'];
  });
  const files = ['/etc/passwd', '/etc/group', '/etc/hostname', '/proc/self/stat'];
  const outcome = runWith(container, files, {}, ['--preserve-fds', '3']);
  const expected = files.slice(0, 3).map((file) => `${readFileSync(file, 'utf8').split('\n')[0]}\n`);
  t.equal(outcome.stdout, expected.join(''), outcome.stderr);
});

t.test('an fd that is not there is an error', { skip, timeout }, async (t) => {
  const cases: readonly (readonly [count: number, open: number, text: string])[] = [
    [1, 0, 'unable to stat preserved-fd 0 (of 1)'],
    [5, 3, 'unable to stat preserved-fd 3 (of 5)'],
    [1000, 2, 'unable to stat preserved-fd 2 (of 1000)'],
  ];
  for (const [count, open, text] of cases) {
    const host = watchHost(t);
    const container = makeContainer(t);
    const outcome = runWith(container, Array(open).fill('/'), {}, ['--preserve-fds', `${count}`]);
    t.equal(outcome.status, 1, text);
    t.match(outcome.stderr, text);
    host.assertUntouched(container);
  }
});

t.test('a gap is an error', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t);
  const inner = [
    '--root',
    container.root,
    ...driverOptions,
    'run',
    '--preserve-fds',
    '3',
    '--bundle',
    container.bundle,
    container.id,
  ];
  const outcome = inShell(`exec 3</ 5</ 4<&-; exec "$0" ${inner.join(' ')}`);
  t.equal(outcome.status, 1);
  t.match(outcome.stderr, 'unable to stat preserved-fd 1 (of 3)');
  host.assertUntouched(container);
});

/** A shell that becomes the runtime, for what only a shell can say; $0 is the runtime. */
function inShell(script: string, runtime = noci): Outcome {
  const result = spawnSync('/usr/bin/env', [...bare({}), '/bin/sh', '-c', script, runtime], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status: result.status, signal: result.signal, stdout: result.stdout, stderr: result.stderr };
}

t.test('socket activation: LISTEN_FDS for this process', { skip, timeout }, async (t) => {
  const container = makeContainer(t, listing);
  const inner = ['--root', container.root, ...driverOptions, 'run', '--bundle', container.bundle];
  const script = (options: string): string =>
    `exec 3</proc/version 4</proc/uptime 5</proc/stat; export LISTEN_FDS=2 LISTEN_PID=$$; exec "$0" ${inner.join(' ')} ${options} ${container.id}`;
  const two = inShell(script(''));
  t.equal(two.status, 0, two.stderr);
  check(t, two, ['/proc/version', '/proc/uptime']);
  t.match(two.stdout, /^LISTEN_FDS=2$/m, 'LISTEN_FDS');
  t.match(two.stdout, /^LISTEN_PID=1$/m, 'LISTEN_PID');
  const three = inShell(script('--preserve-fds 1'));
  check(t, three, ['/proc/version', '/proc/uptime', '/proc/stat']);
  t.match(three.stdout, /^LISTEN_FDS=2$/m, 'LISTEN_FDS does not count the preserved one');
});

t.test('names and numbers as with runc', { skip, timeout }, async (t) => {
  const activation = (options: string): string[] =>
    [noci, runc].map((runtime) => {
      const { bundle, root, id } = makeContainer(t, listing);
      const words = [
        '--root',
        `${root}/${runtime === noci ? 'noci' : 'runc'}`,
        'run',
        '--bundle',
        bundle,
        ...options.split(' '),
        id,
      ];
      const variables = 'LISTEN_FDS=2 LISTEN_PID=$$ LISTEN_FDNAMES=web:admin';
      const script = `exec 3</proc/version 4</proc/uptime 5</proc/stat; export ${variables}; exec "$0" ${words.join(' ')}`;
      const { status, stdout, stderr } = inShell(script, runtime);
      t.equal(status, 0, stderr);
      // stdio is the caller's own under noci and a pipe under runc; the shell's directory is open while it is read
      return stdout.replace(/^\/proc\/self\/fd\/([012] .*|\d+ .*\/fd)$/gm, '');
    });
  for (const options of ['--preserve-fds 0', '--preserve-fds 1']) {
    const [own = '', other] = activation(options);
    t.match(own, /^LISTEN_FDNAMES=web:admin$/m, 'runc drops the names');
    t.equal(own.replace(/^LISTEN_FDNAMES=.*\n/m, ''), other, options);
  }
});

/** The fds from 3 on lead to these files, and nothing more is open. */
function check(t: Test, { stdout }: Outcome, files: readonly string[]): void {
  const seen = [...stdout.matchAll(/^\/proc\/self\/fd\/(\d+) (\/.*)$/gm)]
    .filter(([, fd]) => Number(fd) > 2)
    .map(([, , path]) => path);
  // the shell's own: the directory that it reads for the pattern
  t.strictSame(
    seen.filter((path) => !path?.endsWith('/fd')),
    files,
    'the fds from 3 on',
  );
}

t.test('LISTEN_FDS for another process is not ours', { skip, timeout }, async (t) => {
  for (const env of [
    { LISTEN_FDS: '2', LISTEN_PID: '1' },
    { LISTEN_FDS: '2' },
    { LISTEN_FDS: '2', LISTEN_PID: '' },
    { LISTEN_PID: '1' },
  ] as Record<string, string>[]) {
    const container = makeContainer(t, listing);
    const outcome = runWith(container, ['/proc/version', '/proc/uptime'], env, []);
    t.equal(outcome.status, 0, outcome.stderr);
    check(t, outcome, []);
    t.notMatch(outcome.stdout, 'LISTEN_', 'nothing of it in the environment');
  }
});

t.test('more sockets promised than there are is an error', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t);
  const inner = ['--root', container.root, ...driverOptions, 'run', '--bundle', container.bundle, container.id].join(
    ' ',
  );
  const outcome = inShell(`exec 3</; export LISTEN_FDS=3 LISTEN_PID=$$; exec "$0" ${inner}`);
  t.equal(outcome.status, 1);
  t.match(outcome.stderr, 'LISTEN_FDS');
  host.assertUntouched(container);
});

t.test('a detached container keeps preserved fds and nothing else', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sleep', '1000'];
  });
  const outcome = runWith(container, [host.canary, host.canary, host.canary], {}, ['-d', '--preserve-fds', '1']);
  t.equal(outcome.status, 0, outcome.stderr);
  const { pid } = container.state();
  t.strictSame(readdirSync(`/proc/${pid}/fd`).map(Number).sort(), [0, 1, 2, 3], 'what it has open');
  t.equal(readlinkSync(`/proc/${pid}/fd/3`), host.canary, 'the one that was passed');
  host.assertUntouched(container);
});

t.test(
  'a working directory by way of an fd of the runtime is refused (CVE-2024-21626)',
  { skip, timeout },
  async (t) => {
    for (const fd of [3, 4, 5, 6, 7, 8, 9, 10]) {
      const host = watchHost(t);
      const container = makeContainer(t, (config) => {
        config.process.cwd = `/proc/self/fd/${fd}`;
        config.process.args = ['/bin/cat', '../../../../../../etc/hostname'];
      });
      const outcome = runWith(container, Array(5).fill(host.canary), {}, []);
      t.not(outcome.status, 0, `fd ${fd}`);
      t.equal(outcome.stdout, '', 'nothing was executed');
      host.assertUntouched(container);
    }
  },
);

t.test('exec: the same, and its preserved fds', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sleep', '1000'];
  });
  const started = container.call(['run', '-d', '--bundle', container.bundle, container.id]);
  t.equal(started.status, 0, started.stderr);
  const fds = Array.from({ length: 3 }, () => openSync('/', 'r'));
  t.teardown(() => {
    for (const fd of fds) closeSync(fd);
  });
  for (const fd of [3, 4, 5, 6, 7, 8, 9, 10]) {
    const args = ['exec', '--cwd', `/proc/self/fd/${fd}`, container.id, '/bin/true'];
    t.not(container.call(args, {}, { fds }).status, 0, `fd ${fd}`);
  }
  const missing = container.call(['exec', '--preserve-fds', '5', container.id, '/bin/true'], {}, { fds });
  t.match(missing.stderr, 'unable to stat preserved-fd 3 (of 5)');
});
