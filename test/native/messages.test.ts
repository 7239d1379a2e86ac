// The plan on its way to init and init's messages on their way back, as the addon encodes and decodes them.
import fs from 'node:fs';
import { createServer } from 'node:net';
import t from 'tap';
import type { InitMessage, InitStep } from '../../src/native/contract.ts';
import { asRoot, native, thrown } from './host.ts';

const here = -100;
const null0 = native.open(here, '/dev/null', 2, 0);

/** An init without namespaces of its own; `output` is what its program writes. */
function start(preserved: number[] = []) {
  const [reading, writing] = native.pipe();
  const options = {
    cloneFlags: 0,
    cgroup: -1,
    pidNamespace: -1,
    joined: [],
    joinedTypes: [],
    preserved,
    timeout: -1,
  } as const;
  const init = native.spawnInit({ ...options, stdio: [null0, writing, writing] });
  native.close(writing);
  const receive = (): InitMessage | undefined => native.receive(init.socket, 5000);
  const finish = () => {
    native.close(init.socket);
    native.poll([{ fd: init.pidfd, events: 1 }], 5000);
    const exit = native.waitPidfd(init.pidfd);
    const output = fs.readFileSync(reading, 'utf8');
    native.close(reading);
    native.close(init.pidfd);
    return { exit, output };
  };
  return { ...init, receive, finish };
}

const run = (...args: string[]): InitStep[] => [
  { step: 'environment', entries: ['PATH=/usr/bin:/bin', 'A=é\udcff'], uid: 0 },
  { step: 'lookup', name: args[0] ?? '' },
  { step: 'ready' },
  { step: 'execve', args },
];

t.test('request, ready, execve', asRoot, async (t) => {
  const init = start();
  t.equal(native.receive(init.socket, 0), undefined, 'nothing before the plan');
  const program = run('sh', '-c', 'echo "$1 $A"; exit 3', 'x', 'y');
  native.sendPlan(init.socket, [{ step: 'request', what: 'hooks' }, ...program]);
  t.strictSame(init.receive(), { type: 'request', what: 'hooks' });
  t.equal(native.receive(init.socket, 20), undefined, 'it waits for the reply');
  native.reply(init.socket, true);
  t.strictSame(init.receive(), { type: 'ready' });
  native.reply(init.socket, true);
  t.strictSame(init.receive(), { type: 'closed' });
  t.strictSame(init.finish(), { exit: { status: 3, signal: null }, output: 'y é\ufffd\n' });
});

t.test('a failure names step, syscall, errno and path', asRoot, async (t) => {
  const init = start();
  native.sendPlan(init.socket, [
    { step: 'umask', mask: 0o22 },
    { step: 'rlimit', resource: 99, soft: 0, hard: 0 },
  ]);
  t.match(init.receive(), { type: 'failure', step: 1, errno: 22, code: 'EINVAL', syscall: /\w/, path: '', text: '' });
  t.match(init.receive(), { type: 'closed' });
  init.finish();
});

t.test('many fds, each where it belongs', asRoot, async (t) => {
  // cgroup_join writes "0" to each of its files: so many that they need three messages.
  const folder = fs.mkdtempSync('/tmp/noci-messages-');
  t.teardown(() => fs.rmSync(folder, { recursive: true }));
  const files = Array.from({ length: 600 }, (_, index) => `${folder}/${index % 7}`);
  for (const file of files) fs.writeFileSync(file, '');
  const tasks = files.map((file) => native.open(here, file, 0o2001, 0));
  const init = start();
  native.sendPlan(init.socket, [{ step: 'cgroup_join', tasks }, ...run('ls', '/proc/self/fd')]);
  for (const fd of tasks) native.close(fd);
  t.match(init.receive(), { type: 'ready' });
  native.reply(init.socket, true);
  t.match(init.finish(), { exit: { status: 0 }, output: '0\n1\n2\n3\n' });
  const written = Array.from({ length: 7 }, (_, index) => fs.readFileSync(`${folder}/${index}`, 'utf8').length);
  t.strictSame(written, [86, 86, 86, 86, 86, 85, 85]);
});

t.test('the number of preserved fds reaches init', asRoot, async (t) => {
  const files = ['/etc/passwd', '/etc/group'].map((path) => native.open(here, path, 0, 0));
  const init = start(files);
  native.sendPlan(init.socket, run('readlink', '/proc/self/fd/3', '/proc/self/fd/4', '/proc/self/fd/5'));
  t.match(init.receive(), { type: 'ready' });
  native.reply(init.socket, true);
  t.strictSame(init.finish(), { exit: { status: 1, signal: null }, output: '/etc/passwd\n/etc/group\n' });
  for (const fd of files) native.close(fd);
});

t.test('a plan larger than the socket holds at once, and one that is too large', asRoot, async (t) => {
  const entries = (count: number) => Array.from({ length: count }, (_, index) => `V${index}=${'x'.repeat(100_000)}`);
  const init = start();
  native.sendPlan(init.socket, [{ step: 'environment', entries: entries(160), uid: 0 }, ...run('true')]);
  t.match(init.receive(), { type: 'ready' });
  native.reply(init.socket, true);
  t.match(init.finish().exit, { status: 0 });
  const other = start();
  const problem = thrown(() => native.sendPlan(other.socket, [{ step: 'environment', entries: entries(170), uid: 0 }]));
  t.match(problem, { code: 'EMSGSIZE', message: 'message too long' });
  other.finish();
});

t.test('a wrong shape is refused before anything is sent', asRoot, async (t) => {
  const init = start();
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ step: 'nothing' }, "steps[1].step must be a step's name"],
    [{}, 'steps[1].step must be a string'],
    [null, 'steps[1] must be an object'],
    [{ step: 'umask' }, 'steps[1] (umask).mask must be an integer from -9007199254740991 to 9007199254740991'],
    [{ step: 'umask', mask: 1.5 }, 'steps[1] (umask).mask must be an integer'],
    [{ step: 'umask', mask: '18' }, 'steps[1] (umask).mask must be an integer'],
    [{ step: 'umask', mask: NaN }, 'steps[1] (umask).mask must be an integer'],
    [{ step: 'umask', mask: 2 ** 53 }, 'steps[1] (umask).mask must be an integer'],
    [{ step: 'umask', mask: 2n ** 64n }, 'steps[1] (umask).mask must be an integer of 64 bits'],
    [{ step: 'umask', mask: -(2n ** 63n) - 1n }, 'steps[1] (umask).mask must be an integer of 64 bits'],
    [{ step: 'sethostname', name: 'a\u0000b' }, 'steps[1] (sethostname).name must be text without nul'],
    [{ step: 'sethostname', name: '\ud800' }, 'steps[1] (sethostname).name must be text without lone surrogates'],
    [{ step: 'execve', args: ['a', 2] }, 'steps[1] (execve).args[1] must be a string'],
    [{ step: 'execve', args: 'a' }, 'steps[1] (execve).args must be an array'],
    [{ step: 'affinity', cpus: [0, 'x'] }, 'steps[1] (affinity).cpus[1] must be an integer'],
    [{ step: 'wait_start', fifo: -1 }, 'steps[1] (wait_start).fifo must be an integer from 0'],
    [{ step: 'cgroup_join', tasks: [0, {}] }, 'steps[1] (cgroup_join).tasks[1] must be an integer from 0'],
  ];
  for (const [step, words] of wrong) {
    const problem = thrown(() => native.sendPlan(init.socket, [{ step: 'setsid' }, step as InitStep]));
    t.match(problem, { code: 'EINVAL', errno: 22, syscall: 'sendPlan' });
    t.ok(problem?.message?.startsWith(`invalid argument: ${words}`), `${problem?.message}`);
  }
  t.equal(native.receive(init.socket, 20), undefined, 'init still waits');
  init.finish();
});

t.test('64 bits arrive exactly', asRoot, async (t) => {
  const init = start();
  const [soft, hard] = [4611686018427387905n, 9223372036854775806n];
  native.sendPlan(init.socket, [{ step: 'rlimit', resource: 1, soft, hard }, ...run('cat', '/proc/self/limits')]);
  t.match(init.receive(), { type: 'ready' });
  native.reply(init.socket, true);
  t.match(init.finish().output, new RegExp(`Max file size\\s+${soft}\\s+${hard}`));
});

let peers = 0;

/** A socket at the other end of which the bytes arrive, and then the end. */
async function peerThatSends(bytes: Uint8Array): Promise<number> {
  const path = `/tmp/noci-messages-${process.pid}-${peers++}`;
  // Closing with bytes unread is a reset for the other end.
  const server = createServer((socket) => socket.on('error', () => {})).listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  const fd = native.connect(path);
  await new Promise<void>((resolve) => server.once('connection', (socket) => socket.end(bytes, resolve)));
  server.close();
  return fd;
}

/** A frame of addon/init/wire.h. */
function frame(
  kind: number,
  body: Uint8Array,
  change: { length?: number; fds?: number; magic?: number; version?: number } = {},
) {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(change.magic ?? 0x69636f6e, 0);
  header.writeUInt16LE(change.version ?? 1, 4);
  header.writeUInt16LE(kind, 6);
  header.writeUInt32LE(change.length ?? body.length, 8);
  header.writeUInt32LE(change.fds ?? 0, 12);
  return Buffer.concat([header, body]);
}

function text(value: string, length = value.length, end = 0): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(length);
  return Buffer.concat([size, Buffer.from(value), Buffer.from([end])]);
}

const nothing = Buffer.alloc(0);
const step2 = Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]);
const [ready, request, warning, terminal] = [3, 4, 5, 9];

t.test('broken messages are errors and not values', async (t) => {
  const broken: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['half a header', frame(ready, nothing).subarray(0, 15), /half a message/],
    ['half a body', frame(request, text('hooks')).subarray(0, 20), /half a message/],
    ['another magic', frame(ready, nothing, { magic: 1 }), /another protocol/],
    ['another version', frame(ready, nothing, { version: 2 }), /another protocol/],
    ['a length out of bounds', frame(request, text('x'), { length: 0xffffffff }), /out of bounds/],
    ['fds', frame(ready, nothing, { fds: 2 }), /out of bounds/],
    ['an fd that does not come', frame(terminal, Buffer.from('F'), { fds: 1, length: 0 }), /without its fd/],
    ['an fd that is not even announced', frame(terminal, nothing), /unknown kind/],
    ['an unknown kind', frame(10, nothing), /unknown kind/],
    ['a plan', frame(1, Buffer.alloc(8)), /unknown kind/],
    ['a body where none belongs', frame(ready, Buffer.alloc(1)), /too long/],
    ['no body where one belongs', frame(request, nothing), /ends too early/],
    ['a text that is longer than its message', frame(request, text('x', 0xffffffff)), /ends too early/],
    ['a text without end', frame(request, text('x', 1, 7)), /without end/],
    ['more than the fields', frame(request, Buffer.concat([text('x'), Buffer.alloc(1)])), /too long/],
    ['fewer than the fields', frame(warning, step2), /ends too early/],
  ];
  for (const [name, bytes, words] of broken) {
    const socket = await peerThatSends(bytes);
    t.match(
      thrown(() => native.receive(socket, 1000)),
      { code: 'EPROTO', message: words },
      name,
    );
    native.close(socket);
  }
});

t.test('messages that arrive together are told apart', async (t) => {
  const bytes = [frame(warning, Buffer.concat([step2, text('a b')])), frame(request, text('')), frame(ready, nothing)];
  const socket = await peerThatSends(Buffer.concat(bytes));
  t.strictSame(native.receive(socket, 1000), { type: 'warning', step: 2, text: 'a b' });
  t.strictSame(native.receive(socket, 1000), { type: 'request', what: '' });
  t.strictSame(native.receive(socket, 1000), { type: 'ready' });
  t.strictSame(native.receive(socket, 1000), { type: 'closed' });
  native.close(socket);
});

t.test('what is no socket', async (t) => {
  t.match(
    thrown(() => native.receive(null0, 0)),
    { code: 'ENOTSOCK', syscall: 'recv' },
  );
  t.match(
    thrown(() => native.reply(null0, true)),
    { code: 'ENOTSOCK', syscall: 'sendmsg' },
  );
  t.match(
    thrown(() => native.receive(999_999, 0)),
    { code: 'EBADF' },
  );
});

t.test('describe() is the table of steps', async (t) => {
  const { steps, initSize } = native.describe();
  t.equal(steps.mkdir, 'path:text mode:int');
  t.ok(initSize > 1000 && initSize < 100_000, `init has ${initSize} bytes`);
  t.equal(Object.keys(steps).at(-1), 'execve', 'no fault injection in the product');
});
