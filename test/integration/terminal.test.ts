// Containers with a terminal: in the foreground, where noci copies between two of them, and over a console socket.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';
import { consoleSocket, ended, Master, Pty } from './pty.ts';
import { differences, normalise, type Report } from './report.ts';

const skip = missing();
const timeout = 300_000;

type Change = (config: Draft, folder: string) => void;

/** A container with a terminal, running a script. */
function withTerminal(t: Test, script: string, change: Change = () => {}, runtime?: string): Container {
  const container = makeContainer(
    t,
    (config, folder) => {
      config.process.terminal = true;
      delete config.process.capabilities.ambient;
      config.process.args = ['/bin/sh', '-c', script];
      change(config, folder);
    },
    runtime,
  );
  return container;
}

/** `run` of it in the foreground of a terminal. */
function foreground(pty: Pty, { bundle, root, id }: Container, stdio: readonly (number | undefined)[] = []) {
  return pty.spawn([noci, '--root', root, 'run', '--bundle', bundle, id], stdio);
}

/** `run --detach` of it over a console socket; its terminal. */
function detached(t: Test, container: Container): Master {
  const path = join(container.bundle, 'console');
  const receive = consoleSocket(t, path);
  must(container.run('--detach', '--console-socket', path));
  const { data, fds } = receive();
  t.equal(data, '/dev/pts/ptmx', 'the data is a name');
  t.equal(fds.length, 1, 'and there is one fd');
  return new Master(t, fds[0] as number);
}

const failed = ({ status, stderr }: { status: number | null; stderr: string }): string =>
  status === 1 ? (/msg="((?:[^"\\]|\\.)*)"/.exec(stderr)?.[1] ?? stderr) : `status ${status}`;

t.test('a shell in the foreground', { skip, timeout }, async (t) => {
  const pty = new Pty(t);
  const before = pty.modes();
  const look = 'tty; stat -c "%F %t %u %g" /dev/console; stty size; read x; echo "got $x"; echo e >/dev/tty; exit 7';
  const container = withTerminal(t, look);
  const child = foreground(pty, container);
  await until(() => pty.text().includes('24 80'));
  t.not(pty.modes(), before, 'raw meanwhile');
  pty.type('words\r');
  t.equal(await ended(child), 7);
  const device = 'character special file 88 0 5';
  t.equal(pty.text(), `/dev/pts/0\r\n${device}\r\n24 80\r\nwords\r\ngot words\r\ne\r\n`);
  t.equal(pty.modes(), before, 'the terminal is as it was');
  t.strictSame(readdirSync(container.root), [], 'and the container is gone');
});

t.test('megabytes, then the end', { skip, timeout }, async (t) => {
  const script = 'seq 1 400000; exit 5';
  const expected = execFileSync('seq', ['1', '400000'], { maxBuffer: 1 << 28, encoding: 'utf8' });
  const pty = new Pty(t);
  const child = foreground(pty, withTerminal(t, script));
  let status: number | string | null | undefined;
  ended(child).then((result) => {
    status = result;
  });
  await until(() => pty.bytes().length >= 0 && status !== undefined);
  t.equal(status, 5);
  t.ok(pty.text() === expected.replaceAll('\n', '\r\n'), `${pty.bytes().length} bytes came through to a terminal`);

  const other = new Pty(t);
  const container = withTerminal(t, script);
  const file = join(container.bundle, 'output');
  const fd = openSync(file, 'w');
  t.equal(await ended(foreground(other, container, [undefined, fd])), 5);
  closeSync(fd);
  t.ok(readFileSync(file, 'utf8') === expected, 'a file gets newlines as they were written');
});

t.test('a size, its changes, and keys that are signals', { skip, timeout }, async (t) => {
  const pty = new Pty(t);
  const script =
    'trap "stty size" WINCH; trap "echo interrupted; exit 9" INT; echo ready; while :; do sleep 0.05; done';
  const child = foreground(pty, withTerminal(t, script));
  await until(() => pty.text().includes('ready'));
  pty.resize(33, 111);
  await until(() => pty.text().includes('33 111'));
  pty.type('\x03');
  t.equal(await ended(child), 9);
  t.match(pty.text(), 'interrupted');
});

t.test('the terminal is restored however it ends', { skip, timeout }, async (t) => {
  const endings: readonly (readonly [string, (container: Container, pid: number) => void, number])[] = [
    ['SIGKILL of the container', (container) => must(container.kill('KILL')), 137],
    ['SIGTERM of noci', (_container, pid) => process.kill(pid, 'SIGTERM'), 3],
    ['SIGHUP of noci', (_container, pid) => process.kill(pid, 'SIGHUP'), 4],
  ];
  for (const [what, end, expected] of endings) {
    const pty = new Pty(t);
    const before = pty.modes();
    const script = 'trap "exit 3" TERM; trap "exit 4" HUP; echo ready; while :; do sleep 0.05; done';
    const container = withTerminal(t, script);
    const child = foreground(pty, container);
    await until(() => pty.text().includes('ready'));
    await until(() => pty.modes() !== before);
    end(container, child.pid as number);
    t.equal(await ended(child), expected, what);
    t.equal(pty.modes(), before, `${what}: as it was`);
    t.strictSame(readdirSync(container.root), [], `${what}: nothing is left`);
  }
});

t.test('a noci that was stopped takes the terminal again', { skip, timeout }, async (t) => {
  const pty = new Pty(t);
  const before = pty.modes();
  const child = foreground(pty, withTerminal(t, 'echo ready; read x; exit 3'));
  await until(() => pty.text().includes('ready') && pty.modes() !== before);
  const raw = pty.modes();
  child.kill('SIGSTOP');
  execFileSync('stty', ['icanon', 'echo'], { stdio: [pty.slave, 'ignore', 'inherit'] });
  t.not(pty.modes(), raw, 'a shell would set its own modes now');
  child.kill('SIGCONT');
  await until(() => pty.modes() === raw);
  pty.type('x\r');
  t.equal(await ended(child), 3);
  t.equal(pty.modes(), before);
});

t.test('a noci that is killed leaves what delete --force finds', { skip, timeout }, async (t) => {
  const pty = new Pty(t);
  const container = withTerminal(t, 'trap "" HUP; echo ready; while :; do sleep 0.05; done');
  const child = foreground(pty, container);
  await until(() => pty.text().includes('ready'));
  const { pid } = container.state();
  child.kill('SIGKILL');
  t.equal(await ended(child), 'SIGKILL');
  must(container.delete('--force'));
  t.notOk(isAlive(pid));
});

t.test('output that nobody takes any more hangs the terminal up', { skip, timeout }, async (t) => {
  const pty = new Pty(t);
  const before = pty.modes();
  const container = withTerminal(t, 'trap "exit 6" HUP; while echo x; do :; done; sleep 0.1; exit 5');
  const shell = `${noci} --root ${container.root} run --bundle ${container.bundle} ${container.id}; echo $? >&2`;
  t.equal(await ended(pty.spawn(['/bin/sh', '-c', `{ ${shell}; } | head -n 1`])), 0);
  await until(() => /\n[56]\r/.test(pty.text()));
  t.equal(pty.modes(), before, 'and ours is as it was');
});

t.test('input that ends is no end of the container', { skip, timeout }, async (t) => {
  const pty = new Pty(t);
  const container = withTerminal(t, 'read x; echo "got $x"; sleep 0.3; exit 8');
  writeFileSync(join(container.bundle, 'input'), 'from a file\n');
  const fd = openSync(join(container.bundle, 'input'), 'r');
  t.equal(await ended(foreground(pty, container, [fd])), 8);
  closeSync(fd);
  t.match(pty.text(), 'got from a file');
});

t.test('a terminal that is closed and opened again is not the end', { skip, timeout }, async (t) => {
  const pty = new Pty(t);
  const container = withTerminal(t, 'exec <&- >&- 2>&-; sleep 0.5; exec >/dev/console; echo again; exit 2');
  t.equal(await ended(foreground(pty, container)), 2);
  t.equal(pty.text(), 'again\r\n');
});

t.test('without any terminal of the caller', { skip, timeout }, async (t) => {
  const container = withTerminal(t, 'true');
  const { bundle, root, id } = container;
  const outcome = execFileSync(
    '/bin/sh',
    ['-c', `setsid ${noci} --root ${root} run --bundle ${bundle} ${id} </dev/null 2>&1 | cat`],
    { encoding: 'utf8' },
  );
  t.match(outcome, 'run failed: open /dev/tty: no such device or address (config.json: /process/terminal)');
  t.strictSame(readdirSync(root), []);
});

t.test('a console socket', { skip, timeout }, async (t) => {
  const container = withTerminal(t, 'stty size; stty -a; read x; echo "got $x"; sleep 1000', (config) => {
    config.process.consoleSize = { height: 30, width: 99 };
    config.process.user = { uid: 1000, gid: 1000 };
  });
  const master = detached(t, container);
  t.strictSame(master.size(), [30, 99], 'as large as consoleSize says');
  master.type('typed\n');
  await until(() => master.text().includes('got typed'));
  t.match(master.text(), '30 99\r\n');
  const { pid } = container.state();
  const links = readdirSync(`/proc/${pid}/fd`).map(
    (fd) => `${fd} ${execFileSync('readlink', [`/proc/${pid}/fd/${fd}`])}`,
  );
  t.strictSame(
    links.filter((line) => !/^10 /.test(line)).map((line) => line.trim()),
    ['0 /dev/pts/0', '1 /dev/pts/0', '2 /dev/pts/0'],
    'no master in the container',
  );
  const [, group, session, tty] =
    /\) \S (\d+) (\d+) (\d+) (-?\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  t.equal(session, String(pid), `leads a session, group ${group}`);
  t.not(tty, '0', 'with a controlling terminal');
  const owner = execFileSync('stat', ['-L', '-c', '%u %g', `/proc/${pid}/root/dev/console`], { encoding: 'utf8' });
  t.equal(owner, '1000 5\n', 'owned by the user, of the group of devpts');
});

t.test('create sends the terminal, start runs with it', { skip, timeout }, async (t) => {
  const container = withTerminal(t, 'echo hello');
  const path = join(container.bundle, 'console');
  const receive = consoleSocket(t, path);
  must(container.create('--console-socket', path));
  const { fds } = receive();
  const master = new Master(t, fds[0] as number);
  t.equal(master.text(), '');
  must(container.start());
  await until(() => master.text() === 'hello\r\n');
});

t.test('console sockets that are none', { skip, timeout }, async (t) => {
  const container = withTerminal(t, 'true');
  const { bundle } = container;
  const create = (path: string): string => failed(container.create('--console-socket', path));
  t.match(create(join(bundle, 'gone')), /console socket \S+gone: connect: no such path \(ENOENT\)$/);
  t.match(create(join(bundle, 'config.json')), /connect: connection refused$/);
  const full = join(bundle, 'full');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ path: full, backlog: 1 }, resolve));
  t.teardown(() => server.close());
  // Nothing is accepted while this test does not return to its event loop: connections wait, then none fits any more.
  const outcomes = [1, 2, 3, 4].map(() => container.create('--console-socket', full));
  t.match(failed(outcomes.at(-1) as (typeof outcomes)[0]), /already exists|resource temporarily unavailable/);
  must(container.delete('--force'));
  t.match(failed(container.create()), /cannot allocate tty if runc will detach without setting console socket$/);
  t.strictSame(readdirSync(container.root), [], 'nothing is left');
});

/** /dev is the image's own folder, with a devpts in it. */
function ownDev(config: Draft, folder: string): string {
  config.mounts = config.mounts.filter(
    ({ destination }: Draft) => !/^\/dev($|\/(shm|mqueue))/.test(destination) || destination === '/dev/pts',
  );
  const dev = join(folder, 'rootfs/dev');
  mkdirSync(join(dev, 'pts'));
  return dev;
}

t.test('a hostile /dev/console', { skip, timeout }, async (t) => {
  const cases: readonly (readonly [string, (dev: string, canary: string) => void, RegExp | undefined])[] = [
    [
      'a link to a file of the host',
      (dev, canary) => symlinkSync(canary, join(dev, 'console')),
      /\/dev\/console: too many levels/,
    ],
    [
      'a link to nothing',
      (dev, canary) => symlinkSync(`${canary}.new`, join(dev, 'console')),
      /\/dev\/console: too many levels/,
    ],
    ['a directory', (dev) => mkdirSync(join(dev, 'console')), /\/dev\/console: is a directory/],
    ['a FIFO', (dev) => execFileSync('mkfifo', [join(dev, 'console')]), undefined],
    ['a device', (dev) => execFileSync('mknod', [join(dev, 'console'), 'c', '1', '3']), undefined],
    ['a file', (dev) => writeFileSync(join(dev, 'console'), ''), undefined],
  ];
  for (const [what, prepare, refusal] of cases) {
    let canary = '';
    const container = withTerminal(t, 'stat -c %t:%T /dev/console; sleep 1000', (config, folder) => {
      canary = join(folder, 'canary');
      writeFileSync(canary, 'untouched');
      prepare(ownDev(config, folder), canary);
      config.root.readonly = false;
    });
    const path = join(container.bundle, 'console');
    const receive = consoleSocket(t, path);
    const outcome = container.run('--detach', '--console-socket', path);
    if (refusal !== undefined) t.match(failed(outcome), refusal, what);
    else {
      t.equal(outcome.status, 0, `${what}: ${outcome.stderr}`);
      const master = new Master(t, receive().fds[0] as number);
      await until(() => master.text() === '88:0\r\n');
      must(container.delete('--force'));
    }
    t.equal(readFileSync(canary, 'utf8'), 'untouched', what);
    t.notOk(readdirSync(container.bundle).includes('canary.new'), what);
    t.strictSame(readdirSync(container.root), [], `${what}: nothing is left`);
  }
});

t.test('a hostile /dev/pts', { skip, timeout }, async (t) => {
  const cases: readonly (readonly [string, Change])[] = [
    [
      'no devpts',
      (config) => (config.mounts = config.mounts.filter(({ destination }: Draft) => destination !== '/dev/pts')),
    ],
    [
      'a node of the image',
      (config, folder) => {
        const dev = ownDev(config, folder);
        config.mounts = config.mounts.filter(({ destination }: Draft) => destination !== '/dev/pts');
        execFileSync('mknod', [join(dev, 'pts/ptmx'), 'c', '5', '2']);
      },
    ],
    [
      'the null device over ptmx',
      (config) =>
        config.mounts.push({ destination: '/dev/pts/ptmx', type: 'bind', source: '/dev/null', options: ['bind'] }),
    ],
    [
      'the ptmx of the host over it',
      (config) =>
        config.mounts.push({ destination: '/dev/pts/ptmx', type: 'bind', source: '/dev/ptmx', options: ['bind'] }),
    ],
    [
      'a link',
      (config, folder) => {
        const dev = ownDev(config, folder);
        config.mounts = config.mounts.filter(({ destination }: Draft) => destination !== '/dev/pts');
        symlinkSync('/dev/pts2/ptmx', join(dev, 'pts/ptmx'));
        config.mounts.push({ destination: '/dev/pts2', type: 'devpts', source: 'devpts', options: ['newinstance'] });
      },
    ],
  ];
  for (const [what, change] of cases) {
    const container = withTerminal(t, 'true', change);
    const path = join(container.bundle, 'console');
    consoleSocket(t, path);
    t.match(
      failed(container.create('--console-socket', path)),
      /error during container init: \/dev\/pts\/ptmx is not that of a devpts: .* \(config\.json: \/process\/terminal\)$/,
      what,
    );
    t.strictSame(readdirSync(container.root), [], `${what}: nothing is left`);
  }
});

t.test('what the container sees is what it sees under runc', { skip, timeout }, async (t) => {
  const report = async (runtime: string): Promise<Report> => {
    const container = withTerminal(t, '', (config) => (config.process.args = ['/probe']), runtime);
    const path = join(container.bundle, 'console');
    const receive = consoleSocket(t, path);
    const outcome = container.run('--detach', '--console-socket', path);
    if (outcome.status !== 0) throw new Error(outcome.stderr);
    const master = new Master(t, receive().fds[0] as number);
    await until(() => master.text().trimEnd().endsWith('}') && container.state().status === 'stopped');
    return normalise(JSON.parse(master.text().replaceAll(container.bundle, 'BUNDLE')));
  };
  const explained: readonly (readonly [string, RegExp])[] = [
    ['masked files are covered by a null device of init', /^[-+] mounts: \S*\/null \/\S+ r[wo],.* - /],
    ['a read-only cgroup mount is read-only altogether', /^[-+] mounts: \/ \/sys\/fs\/cgroup r[wo],/],
    ['masked directories share one tmpfs', /^[-+] mounts: \/ \/(proc|sys)\/\S+ ro,.* - tmpfs tmpfs/],
    ['each container has an id of its own', /noci-test-/],
  ];
  const lines = differences(await report(runc), await report(noci));
  t.strictSame(
    lines.filter((line) => !explained.some(([, pattern]) => pattern.test(line))),
    [],
  );
});
