// Processes of exec with a terminal: in the foreground, over a console socket, and in containers that lie about their /dev/pts.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { type Container, isAlive, makeContainer, must, running, until } from './container.ts';
import { emulated } from './emulation.ts';
import { consoleSocket, ended, Master, Pty } from './pty.ts';
import { differences, type Report } from './report.ts';

const skip = missing();
const timeout = 300_000;

/** `exec -t` of a script in the foreground of a terminal. */
function foreground(pty: Pty, { root, id }: Container, script: string, stdio: readonly (number | undefined)[] = []) {
  return pty.spawn([noci, '--root', root, 'exec', '-t', id, '/bin/sh', '-c', script], stdio);
}

/** `exec --tty --detach` over a console socket; its terminal and its pid. */
function detached(
  t: Test,
  container: Container,
  args: readonly string[],
  ...options: string[]
): { master: Master; pid: number } {
  const path = join(container.bundle, `console-${Math.random()}`);
  const pidFile = `${path}.pid`;
  const receive = consoleSocket(t, path);
  const words = ['--tty', '--detach', '--pid-file', pidFile, '--console-socket', path, ...options];
  must(container.call(['exec', ...words, container.id, ...args]));
  const { data, fds } = receive();
  t.match(data, /^\/dev\/\S*(ptmx|pts)/, 'the data is a name');
  t.equal(fds.length, 1, 'and there is one fd');
  return { master: new Master(t, fds[0] as number), pid: Number(readFileSync(pidFile, 'utf8')) };
}

/** Processes of the container's, as the host sees them. */
const members = (container: Container): number[] =>
  JSON.parse(must(container.call(['ps', '--format', 'json', container.id])).stdout);

const prefix = 'exec failed: unable to start container process: ';

/** `exec` with these words and a console socket: the message of the error, and nothing stays. */
function refusal(t: Test, container: Container, ...words: readonly string[]): string {
  const path = join(container.bundle, `console-${Math.random()}`);
  consoleSocket(t, path);
  const outcome = container.call(['exec', '-t', '-d', '--console-socket', path, ...words]);
  t.equal(outcome.status, 255);
  t.equal(members(container).length, 1, 'no process stays');
  return /msg="((?:[^"\\]|\\.)*)"/.exec(outcome.stderr)?.[1] ?? outcome.stderr;
}

t.test('a shell in the foreground', { skip, timeout }, async (t) => {
  const pty = new Pty(t);
  const before = pty.modes();
  const container = running(t);
  const child = foreground(pty, container, 'tty; stty size; read x; echo "got $x"; echo e >/dev/tty; exit 7');
  await until(() => pty.text().includes('24 80'));
  t.not(pty.modes(), before, 'raw meanwhile');
  pty.type('words\r');
  t.equal(await ended(child), 7);
  t.equal(pty.text(), '/dev/pts/0\r\n24 80\r\nwords\r\ngot words\r\ne\r\n');
  t.equal(pty.modes(), before, 'the terminal is as it was');
  t.equal(container.state().status, 'running');
});

t.test('beside the terminal of the first process', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.terminal = true;
    config.process.capabilities.ambient = [];
    config.process.args = ['/bin/sleep', '1000'];
  });
  const path = join(container.bundle, 'console');
  const receive = consoleSocket(t, path);
  must(container.run('--detach', '--console-socket', path));
  const first = new Master(t, receive().fds[0] as number);
  const pty = new Pty(t);
  t.equal(await ended(foreground(pty, container, 'tty; stat -c %t:%T /dev/console; echo to it >/dev/tty')), 0);
  t.equal(pty.text(), '/dev/pts/1\r\n88:0\r\nto it\r\n', '/dev/console stays that of the first process');
  t.equal(first.text(), '');
  const plain = container.call(['exec', container.id, '/bin/sh', '-c', 'tty; : </dev/tty']);
  t.match(plain.stdout, 'not a tty', 'config.json says terminal, the command line does not');
  t.match(plain.stderr, "can't open /dev/tty");
});

t.test('job control, a size, its changes, and keys that are signals', { skip, timeout }, async (t) => {
  const pty = new Pty(t);
  const container = running(t);
  const { root, id } = container;
  const child = pty.spawn([noci, '--root', root, 'exec', '-t', '-e', 'PS1=>', id, '/bin/sh', '-i']);
  await until(() => pty.text().includes('>'));
  t.notMatch(pty.text(), /job control|can't access tty/);
  const line = async (text: string, pattern: RegExp) => {
    pty.type(`${text}\r`);
    await until(() => pattern.test(pty.text()));
  };
  pty.resize(33, 111);
  await until(() => pty.size()[0] === 33);
  for (let done = false; !done; ) {
    pty.type('stty size\r');
    await setTimeout(50);
    done = /33 111/.test(pty.text());
  }
  pty.type('sleep 1003\r');
  await until(() => members(container).length === 3);
  pty.type('\x1a');
  await until(() => /Stopped +sleep 1003/.test(pty.text()));
  await line('bg; jobs', /Running +sleep 1003/);
  await line('fg', /fg\r\nsleep 1003/);
  pty.type('\x03');
  await line('echo st=$?', /st=130/);
  pty.type('exit 42\r');
  t.equal(await ended(child), 42);
  t.equal(members(container).length, 1);
});

t.test('the terminal is restored however it ends', { skip, timeout }, async (t) => {
  const container = running(t);
  const own = () => members(container).find((pid) => pid !== container.state().pid) as number;
  const endings: readonly (readonly [string, (pid: number) => void, number])[] = [
    ['SIGKILL of the process', () => process.kill(own(), 'SIGKILL'), 137],
    ['SIGTERM of noci', (pid) => process.kill(pid, 'SIGTERM'), 3],
    ['SIGHUP of noci', (pid) => process.kill(pid, 'SIGHUP'), 4],
    ['SIGINT of noci', (pid) => process.kill(pid, 'SIGINT'), 5],
    ['SIGQUIT of noci', (pid) => process.kill(pid, 'SIGQUIT'), 6],
    ['SIGKILL of the container', () => must(container.kill('KILL')), 137],
  ];
  for (const [what, end, expected] of endings) {
    const pty = new Pty(t);
    const before = pty.modes();
    const traps = ['TERM 3', 'HUP 4', 'INT 5', 'QUIT 6'].map((text) => text.split(' '));
    const script = `${traps.map(([name, status]) => `trap "exit ${status}" ${name}`).join('; ')}; echo ready`;
    const child = foreground(pty, container, `${script}; while :; do sleep 0.05; done`);
    await until(() => pty.text().includes('ready') && pty.modes() !== before);
    end(child.pid as number);
    t.equal(await ended(child), expected, what);
    t.equal(pty.modes(), before, `${what}: as it was`);
  }
});

t.test('what fails before leaves the terminal alone', { skip, timeout }, async (t) => {
  const container = running(t);
  const { root, id } = container;
  const pty = new Pty(t);
  const before = pty.modes();
  t.equal(await ended(pty.spawn([noci, '--root', root, 'exec', '-t', id, 'nope'])), 255);
  t.match(pty.text(), 'executable file not found in $PATH');
  t.equal(pty.modes(), before);
  const shell = `setsid ${noci} --root ${root} exec -t ${id} true </dev/null 2>&1 | cat`;
  const text = execFileSync('/bin/sh', ['-c', shell], { encoding: 'utf8' });
  t.match(text, 'exec failed: open /dev/tty: no such device or address');
});

t.test('a noci that is killed hangs the process up', { skip, timeout }, async (t) => {
  const container = running(t);
  const pty = new Pty(t);
  const child = foreground(pty, container, 'echo ready; while :; do sleep 0.05; done');
  await until(() => pty.text().includes('ready'));
  child.kill('SIGKILL');
  t.equal(await ended(child), 'SIGKILL');
  await until(() => members(container).length === 1);
});

t.test('megabytes, then the end', { skip, timeout }, async (t) => {
  const expected = execFileSync('seq', ['1', '200000'], { maxBuffer: 1 << 28, encoding: 'utf8' });
  const pty = new Pty(t);
  const container = running(t);
  const file = join(container.bundle, 'output');
  const fd = openSync(file, 'w');
  t.equal(await ended(foreground(pty, container, 'seq 1 200000; exit 5', [undefined, fd])), 5);
  closeSync(fd);
  t.ok(readFileSync(file, 'utf8') === expected, 'all of it, newlines as they were written');
});

t.test('a console socket', { skip, timeout }, async (t) => {
  const container = running(t, (config) => {
    config.process.consoleSize = { height: 30, width: 99 };
    delete config.process.capabilities;
  });
  const script = 'stty size; read x; echo "got $x"; exec sleep 1000';
  const { master, pid } = detached(t, container, ['/bin/sh', '-c', script], '--user', '1000:1000');
  t.strictSame(master.size(), [30, 99], 'as large as consoleSize says');
  await until(() => master.text().includes('30 99'));
  master.type('typed\n');
  await until(() => master.text().includes('got typed') && /busybox/.test(readlinkSync(`/proc/${pid}/exe`)));
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`);
  t.strictSame(links, ['0 /dev/pts/0', '1 /dev/pts/0', '2 /dev/pts/0'], 'no master in the container');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [, , group, session, tty] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  t.strictSame([group, session], [String(pid), String(pid)], 'leads a session');
  t.equal(Number(tty) >> 8, 136, 'with a controlling terminal');
  const owner = execFileSync('stat', ['-c', '%u %g', `/proc/${pid}/root/dev/pts/0`], { encoding: 'utf8' });
  t.equal(owner, '1000 5\n', 'owned by the user, of the group of devpts');
  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid));
  t.match(refusal(t, container, container.id, 'nope'), 'executable file not found in $PATH');
  const gone = ['exec', '-t', '-d', '--console-socket', join(container.bundle, 'gone'), container.id, 'true'];
  t.match(container.call(gone).stderr, /exec failed: console socket \S+gone: connect: no such path \(ENOENT\)/);
});

t.test('a process file', { skip, timeout }, async (t) => {
  const container = running(t);
  const file = join(container.bundle, 'process.json');
  const args = ['/bin/sh', '-c', 'tty; stty size; exit 4'];
  const process = { terminal: true, consoleSize: { height: 7, width: 13 }, cwd: '/', args, env: ['PATH=/bin'] };
  writeFileSync(file, JSON.stringify(process));
  const pty = new Pty(t);
  const words = [noci, '--root', container.root, 'exec', '--process', file, container.id];
  t.equal(await ended(pty.spawn(words)), 4);
  t.equal(pty.text(), '/dev/pts/0\r\n24 80\r\n', 'in the foreground the size is that of the terminal there');
  const path = join(container.bundle, 'console');
  const receive = consoleSocket(t, path);
  must(container.call(['exec', '-d', '--process', file, '--console-socket', path, container.id]));
  const master = new Master(t, receive().fds[0] as number);
  await until(() => master.text() === '/dev/pts/0\r\n7 13\r\n');
});

t.test('a container that lies about its /dev/pts', { skip, timeout }, async (t) => {
  const ptmx = /^exec failed: unable to start container process: \/dev\/pts\/ptmx is not that of a devpts: /;
  const scripts: readonly (readonly [string, string])[] = [
    ['the null device over ptmx', 'mount --bind /dev/null /dev/pts/ptmx'],
    ['nothing there', 'mount -t tmpfs tmpfs /dev/pts'],
    ['a link', 'mount -t tmpfs tmpfs /dev/pts && ln -s /dev/ptmx /dev/pts/ptmx'],
    ['a FIFO', 'mount -t tmpfs tmpfs /dev/pts && mkfifo /dev/pts/ptmx'],
    ['a link for /dev/pts', 'umount /dev/pts && rm -r /dev/pts && mkdir /dev/x && ln -s x /dev/pts'],
    ['a terminal for ptmx', 'exec 3<>/dev/pts/ptmx && mount --bind /dev/pts/0 /dev/pts/ptmx'],
  ];
  for (const [what, script] of scripts) {
    const container = running(t, (config) => {
      for (const set of ['bounding', 'effective', 'permitted']) config.process.capabilities[set].push('CAP_SYS_ADMIN');
      const done = 'touch /tmp/ready; exec sleep 1000';
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs' });
      config.process.args = ['/bin/sh', '-c', `${script} && ${done}`];
    });
    await until(() => readdirSync(`/proc/${container.state().pid}/root/tmp`).includes('ready'));
    t.match(refusal(t, container, container.id, '/bin/true'), ptmx, what);
    const pty = new Pty(t);
    const before = pty.modes();
    t.equal(await ended(foreground(pty, container, 'true')), 255, what);
    t.equal(pty.modes(), before);
  }
  const container = running(t, (config) => {
    config.mounts = config.mounts.filter(({ destination }: Draft) => destination !== '/dev/pts');
  });
  const file = join(container.bundle, 'process.json');
  writeFileSync(file, JSON.stringify({ terminal: true, cwd: '/', args: ['/bin/true'] }));
  const message = refusal(t, container, '--process', file, container.id);
  t.match(message, ptmx, 'no devpts');
  t.ok(message.endsWith(`(${file}: /terminal)`), 'with its place');
});

t.test('a joining process that root of the container stops', { skip, timeout }, async (t) => {
  const loop = 'cd /proc; for p in [0-9]*; do [ $p = 1 ] || kill -STOP $p; done 2>/dev/null';
  const container = running(t, (config) => {
    config.process.args = ['/bin/sh', '-c', `while :; do ${loop}; done`];
  });
  const ptys = Array.from({ length: emulated ? 2 : 6 }, () => new Pty(t));
  const before = ptys.map((pty) => pty.modes());
  const { root, id } = container;
  const children = ptys.map((pty) => pty.spawn([noci, '--root', root, 'exec', '-t', id, '/bin/sleep', '1000']));
  const start = performance.now();
  const ends = children.map(async (child, index) => {
    const pty = ptys[index] as Pty;
    let status: number | string | null | undefined;
    ended(child).then((result) => {
      status = result;
    });
    // who was stopped after the execve is relayed for, and ended by its caller
    // modes() runs a program and holds up everything else here, the news of an end too
    while (status === undefined && pty.modes() === before[index]) await setTimeout(500);
    if (status === undefined) return 'relayed';
    t.equal(status, 255);
    t.match(pty.text(), /it was not executed within 30s/);
    t.equal(pty.modes(), before[index], 'never raw');
    return 'refused';
  });
  const outcomes = await Promise.all(ends);
  t.ok(performance.now() - start < (emulated ? 600_000 : 60_000), outcomes.join(' '));
  must(container.kill('KILL'));
  await Promise.all(children.map(ended));
  for (const [index, pty] of ptys.entries()) t.equal(pty.modes(), before[index], 'the terminal is as it was');
});

t.test('without namespaces of its own', { skip, timeout }, async (t) => {
  for (const without of ['pid', 'mount']) {
    const container = running(t, (config) => {
      config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== without);
      if (without !== 'mount') return;
      config.mounts = [];
      config.root.readonly = false;
      config.linux.maskedPaths = [];
      config.linux.readonlyPaths = [];
    });
    if (without === 'mount') {
      t.match(refusal(t, container, container.id, '/bin/true'), `${prefix}/dev/pts/ptmx is not that of a devpts`);
      continue;
    }
    const pty = new Pty(t);
    t.equal(await ended(foreground(pty, container, 'tty; echo x >/dev/tty; exit 6')), 6);
    t.equal(pty.text(), '/dev/pts/0\r\nx\r\n');
  }
});

t.test('what the process sees is what it sees under runc', { skip, timeout }, async (t) => {
  const report = async (runtime: string, ...options: string[]): Promise<Report> => {
    const container = running(t, () => {}, runtime);
    const { master, pid } = detached(t, container, ['/probe'], ...options);
    await until(() => master.text().trimEnd().endsWith('}') && !isAlive(pid));
    const { mountinfo: _m, clocks: _c, networkDevices: _d, namespaces: _n, ...rest } = JSON.parse(master.text());
    const { pid: _p, ppid: _pp, pgid: _g, sid: _s, ...attributes } = rest.attributes;
    const text = JSON.stringify({ ...rest, attributes });
    return JSON.parse(text.replaceAll(container.id, 'ID').replaceAll(container.bundle, 'BUNDLE'));
  };
  const explained: readonly (readonly [string, RegExp])[] = [
    ['the keyring is found by its name, its serial number is another one', /^[-+] .*(serial|keyring)/],
  ];
  for (const options of [[], ['--user', '1000:1001']]) {
    const lines = differences(await report(runc, ...options), await report(noci, ...options));
    t.strictSame(
      lines.filter((line) => !explained.some(([, pattern]) => pattern.test(line))),
      [],
      options.join(' '),
    );
  }
});
