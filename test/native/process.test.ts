// pidfds, signals, poll, the reaper, inherited fds, and fds over a socket.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { addon, native, plainNode, thrown } from './host.ts';

const here = -100;
const koffi = createRequire(import.meta.url).resolve('koffi');
const null0 = native.open(here, '/dev/null', 2, 0);
const folder = fs.mkdtempSync(join(tmpdir(), 'noci-process-'));
t.teardown(() => fs.rmSync(folder, { recursive: true }));

const sleep = { path: '/bin/sleep', args: ['sleep', '1000'], env: [], cwd: '', stdio: [null0, null0, null0] as const };

/** Runs JavaScript in a Node.js of its own, since it changes the process: `native` is the addon, `say` writes JSON. */
function inProcess(script: string, shell = '"$@"'): unknown {
  const start = `const native = require(${JSON.stringify(addon)}); const say = (value) => native.write(1, JSON.stringify(value));`;
  const args = ['-c', shell, 'sh', ...plainNode, '-e', `${start}${script};native.exit(0)`];
  return JSON.parse(execFileSync('sh', args, { encoding: 'utf8' }));
}

t.test('a pidfd', async (t) => {
  const { pid, pidfd } = native.spawn(sleep);
  t.equal(native.waitPidfd(pidfd), undefined, 'still running');
  t.strictSame(native.poll([{ fd: pidfd, events: 1 }], 0), [0]);
  const second = native.pidfdOpen(pid);
  native.pidfdSendSignal(second, 0);
  native.pidfdSendSignal(second, 15);
  t.strictSame(native.poll([{ fd: pidfd, events: 1 }], 5000), [1]);
  t.strictSame(native.waitPidfd(pidfd), { status: null, signal: 15 });
  t.match(
    thrown(() => native.waitPidfd(pidfd)),
    { code: 'ECHILD', syscall: 'waitid' },
  );
  t.match(
    thrown(() => native.pidfdSendSignal(second, 15)),
    { code: 'ESRCH', message: 'no such process' },
  );
  t.match(
    thrown(() => native.pidfdOpen(pid)),
    { code: 'ESRCH', syscall: 'pidfd_open' },
  );
  native.close(second);
  native.close(pidfd);
});

t.test('kill', async (t) => {
  const { pid, pidfd } = native.spawn(sleep);
  native.kill(pid, 0);
  native.kill(-pid, 9);
  native.poll([{ fd: pidfd, events: 1 }], 5000);
  t.strictSame(native.waitPidfd(pidfd), { status: null, signal: 9 }, 'it leads a group of its own');
  native.close(pidfd);
  t.match(
    thrown(() => native.kill(pid, 0)),
    { code: 'ESRCH', syscall: 'kill' },
  );
  for (const everybody of [0, -1])
    t.match(
      thrown(() => native.kill(everybody, 0)),
      { code: 'EINVAL' },
      `${everybody}`,
    );
  t.match(
    thrown(() => native.kill(process.pid, 65)),
    { code: 'EINVAL' },
  );
});

t.test('poll', async (t) => {
  const [reading, writing] = native.pipe();
  t.strictSame(
    native.poll(
      [
        { fd: reading, events: 1 },
        { fd: writing, events: 4 },
      ],
      -1,
    ),
    [0, 4],
  );
  const start = native.monotonic();
  t.strictSame(native.poll([{ fd: reading, events: 1 }], 30), [0]);
  t.ok(native.monotonic() - start >= 29_000_000n);
  native.write(writing, 'x');
  t.strictSame(native.poll([{ fd: reading, events: 1 }], -1), [1]);
  native.close(writing);
  native.read(reading, 1);
  t.strictSame(native.poll([{ fd: reading, events: 1 }], -1), [16]);
  native.close(reading);
  t.strictSame(native.poll([], 0), []);
  t.strictSame(native.poll([{ fd: 999_999, events: 1 }], 0), [32]);
  t.match(
    thrown(() => native.poll([{ fd: 0, events: 'x' as unknown as number }], 0)),
    {
      message: /^invalid argument: fds\[0\]\.events must be/,
    },
  );
});

t.test('signals arrive as bytes', async (t) => {
  const script = `
    const fd = native.catchSignals();
    const signals = [1, 2, 3, 10, 12, 14, 15, 17, 18, 20, 21, 22, 28, 35, 64];
    for (const signal of signals) native.kill(native.getpid(), signal);
    native.poll([{ fd, events: 1 }], 1000);
    say({ same: native.catchSignals() === fd, signals: [...native.read(fd, 100)].sort((a, b) => a - b) });
  `;
  t.strictSame(inProcess(script), { same: true, signals: [1, 2, 3, 10, 12, 14, 15, 17, 18, 20, 21, 22, 28, 35, 64] });
});

t.test('waiting goes on after a signal', async (t) => {
  const script = `
    native.catchSignals();
    const fd = native.open(-100, '/dev/null', 2, 0);
    native.spawn({ path: '/bin/sh', args: ['sh', '-c', 'sleep 0.02; kill -USR1 $PPID'], env: [], cwd: '', stdio: [fd, fd, fd] });
    const start = native.monotonic();
    const [reading] = native.pipe();
    native.poll([{ fd: reading, events: 1 }], 100);
    say(Number(native.monotonic() - start) / 1e6);
  `;
  const waited = inProcess(script) as number;
  t.ok(waited >= 99 && waited < 5000, `${waited} ms`);
});

t.test('children have default signals although the runtime catches or ignores them', async (t) => {
  const script = `
    native.catchSignals();
    const fd = native.open(-100, '/dev/null', 2, 0);
    native.spawn({ path: '/bin/cat', args: ['cat', '/proc/self/status'], env: [], cwd: '', stdio: [fd, 1, 1] });
    native.poll([], 200);
    native.exit(0);
  `;
  const start = `const native = require(${JSON.stringify(addon)});${script}`;
  const output = execFileSync('sh', ['-c', 'trap "" HUP CHLD; "$@"', 'sh', ...plainNode, '-e', start], {
    encoding: 'utf8',
  });
  for (const set of ['SigBlk', 'SigIgn', 'SigCgt']) t.match(output, new RegExp(`${set}:\\s0{16}\n`), set);
});

t.test('the reaper', async (t) => {
  const script = `
    native.setChildSubreaper(true);
    const fd = native.open(-100, '/dev/null', 2, 0);
    const args = ['sh', '-c', '(sleep 0.05; exit 9) & exit 8'];
    const { pid } = native.spawn({ path: '/bin/sh', args, env: [], cwd: '', stdio: [fd, fd, fd] });
    const ends = [];
    for (let round = 0; round < 200 && ends.length < 2; round++) {
      const end = native.reap();
      if (end === undefined) native.poll([], 10); else ends.push([end.pid === pid, end.exit]);
    }
    say([ends, native.reap() === undefined]);
  `;
  t.strictSame(inProcess(script), [
    [
      [true, { status: 8, signal: null }],
      [false, { status: 9, signal: null }],
    ],
    true,
  ]);
});

t.test('an exit status survives when SIGCHLD was ignored', async (t) => {
  // Node.js resets what it inherits, so that it is ignored from inside.
  const script = `
    require(${JSON.stringify(koffi)}).load('libc.so.6').func('void *signal(int, intptr_t)')(17, 1);
    const fd = native.open(-100, '/dev/null', 2, 0);
    const program = { path: '/bin/sh', args: ['sh', '-c', 'exit 5'], env: [], cwd: '', stdio: [fd, fd, fd] };
    const { pidfd } = native.spawn(program);
    native.poll([{ fd: pidfd, events: 1 }], 1000);
    say(native.waitPidfd(pidfd));
  `;
  t.strictSame(inProcess(script), { status: 5, signal: null });
});

t.test('inherited fds, without those that Node.js opened', async (t) => {
  const launched = join(folder, 'launched');
  fs.copyFileSync(new URL('../../dist/noci-node', import.meta.url), launched);
  const script = `const native = require(${JSON.stringify(addon)}); native.write(1, JSON.stringify(native.inheritedFds()));`;
  fs.writeFileSync(`${launched}.cjs`, `${script}native.exit(0)`);
  const open = (shell: string) =>
    JSON.parse(execFileSync('sh', ['-c', shell, 'sh', launched], { encoding: 'utf8' })) as number[];
  // What this test's own parents let through is there in every case.
  const outer = open('exec "$1"').filter((fd) => fd > 2);
  const inherited = (redirections: string) =>
    open(`exec "$1" ${redirections}`).filter((fd) => fd < 10 && !outer.includes(fd));
  t.strictSame(inherited(''), [0, 1, 2]);
  t.strictSame(inherited(`3</dev/null 5<${addon} 7>${folder}/x 9<&0`), [0, 1, 2, 3, 5, 7, 9]);
  t.strictSame(inherited(`8<${folder} 3</dev/zero`), [0, 1, 2, 3, 8]);
  t.strictSame(inherited('3</dev/null 4<&3 <&-'), [0, 1, 2, 3, 4], 'a closed stdin is the null device');
  const piped = open('true | exec "$1" 4<&0 6</dev/null');
  t.strictSame(
    piped.filter((fd) => !outer.includes(fd)),
    [0, 1, 2, 4, 6],
    'one end of a pipe',
  );
});

t.test('an fd over a socket, also where its path is long', async (t) => {
  const long = join(folder, 'x'.repeat(120));
  fs.mkdirSync(long);
  for (const path of [join(folder, 'socket'), join(long, 'socket')]) {
    const script = `
import array, os, socket, sys
os.chdir(os.path.dirname(sys.argv[1]))
server = socket.socket(socket.AF_UNIX)
server.bind('socket')
server.listen(1)
print('listening', flush=True)
peer, _ = server.accept()
data, control, _, _ = peer.recvmsg(100, socket.CMSG_SPACE(4))
fds = array.array('i', control[0][2])
print(data.decode(), len(fds), os.readlink('/proc/self/fd/%d' % fds[0]))`;
    const server = spawn('python3', ['-c', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    server.stdout.on('data', (chunk) => (output += chunk));
    while (!output.includes('listening')) await new Promise((resolve) => setTimeout(resolve, 10));
    const socket = native.connect(path);
    native.sendFd(socket, '/dev/pts/0', null0);
    t.match(
      thrown(() => native.sendFd(socket, '', null0)),
      { code: 'EINVAL' },
    );
    t.match(
      thrown(() => native.sendFd(socket, 'x', 999_999)),
      { code: /EBADF|EPIPE/ },
    );
    await new Promise((resolve) => server.once('close', resolve));
    native.close(socket);
    t.equal(output, 'listening\n/dev/pts/0 1 /dev/null\n');
  }
  t.match(
    thrown(() => native.connect(join(folder, 'none'))),
    { code: 'ENOENT', syscall: 'connect' },
  );
  t.match(
    thrown(() => native.connect(`${long}/none`)),
    { code: 'ENOENT', path: `${long}/none` },
  );
  t.match(
    thrown(() => native.connect(`${long}/${'y'.repeat(120)}`)),
    { code: 'ENAMETOOLONG' },
  );
});

t.test('a peer that went away is an error and no death', async (t) => {
  const path = join(folder, 'gone');
  const server = createServer((socket) => socket.destroy()).listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  const socket = native.connect(path);
  await new Promise((resolve) => server.close(resolve));
  t.match(
    thrown(() => native.reply(socket, true)),
    { code: 'EPIPE', syscall: 'sendmsg', message: 'broken pipe' },
  );
  native.close(socket);
});

t.test('exit leaves at once', async (t) => {
  const status = (code: string) =>
    `${execFileSync('sh', ['-c', '"$@"; echo $?', 'sh', ...plainNode, '-e', code])}`.trim();
  const start = `const native = require(${JSON.stringify(addon)});`;
  t.equal(status(`${start}process.on('exit', () => native.write(1, 'handler ')); native.exit(42)`), '42');
  t.equal(
    status(`${start}try { native.exit(256) } catch (error) { native.exit(error.code === 'EINVAL' ? 3 : 4) }`),
    '3',
  );
});
