// sd_notify(3): a container says that it is ready to whoever waits for the runtime, by NOTIFY_SOCKET.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { driverOptions } from './cgroup-driver.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';
import { watchHost } from './host-watch.ts';
import { bare } from './report.ts';

const skip = missing();
const timeout = 120_000;

/**
 * What a service manager gets: of each datagram a line with its bytes in hexadecimal and how many fds came with it. Of a barrier it
 * closes the fd, unless it is to be stubborn. The python3-minimal of bookworm has no json.
 */
const manager = `
import os, socket, sys
path, stubborn = sys.argv[1], sys.argv[2] == "stubborn"
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\\0" + path[1:] if path[0] == "@" else path)
print("listening", flush=True)
while True:
    data, fds, flags, address = socket.recv_fds(listener, 65536, 8)
    print(data.hex(), len(fds), flush=True)
    if not stubborn:
        for fd in fds: os.close(fd)
`;

interface Manager {
  readonly path: string;
  readonly heard: string[];
}

async function listen(t: Test, path: string, temper = 'polite'): Promise<Manager> {
  const process = spawn('python3', ['-c', manager, path, temper], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => process.kill('SIGKILL'));
  const heard: string[] = [];
  let rest = '';
  process.stdout.on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop() ?? '';
    heard.push(...lines.map(datagram));
  });
  await until(() => heard.length > 0);
  heard.shift();
  return { path, heard };
}

/** "5245…0a 0" → its text, and " +1" behind it when it brought an fd. */
function datagram(line: string): string {
  const [bytes = '', fds] = line.split(' ');
  return Buffer.from(bytes, 'hex').toString('latin1') + (Number(fds) > 0 ? ` +${fds}` : '');
}

function socketPath(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'noci-notify-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'manager.sock');
}

const shell = (text: string) => (config: Draft) => {
  config.process.args = ['/bin/sh', '-c', text];
  config.process.capabilities = undefined;
};

/** noci in the background: what waits must not keep the manager from being heard. */
function begin(container: Container, args: readonly string[], env: Record<string, string>): Begun {
  const words = [...bare(env), noci, '--root', container.root, ...driverOptions, ...args];
  const child = spawn('/usr/bin/env', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const begun: Begun = { child, stderr: '', status: undefined };
  child.stderr?.on('data', (data) => {
    begun.stderr += data;
  });
  child.on('exit', (status) => {
    begun.status = status;
  });
  return begun;
}

interface Begun {
  readonly child: ChildProcess;
  stderr: string;
  status: number | null | undefined;
}

const ended = (begun: Begun) => until(() => begun.status !== undefined);

/** Sends datagrams to the container's socket from outside, by way of its root: what a process in it could send. */
function tell(container: Container, ...datagrams: readonly string[]): Promise<void> {
  const script = `
import array, os, socket, sys
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
os.chdir(sys.argv[1])
reader, writer = os.pipe()
for text in sys.argv[2:]:
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [reader]))
    sender.sendmsg([text.encode("latin-1")], [rights], 0, "notify.sock")
`;
  const pid = JSON.parse(readFileSync(join(container.root, container.id, 'state.json'), 'utf8')).init.pid;
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', script, `/proc/${pid}/root/run/notify`, ...datagrams], { stdio: 'inherit' });
    child.on('exit', (status) => (status === 0 ? resolve() : reject(new Error(`sender: ${status}`))));
  });
}

const bound = (container: Container) => existsSync(join(container.root, container.id, 'notify/notify.sock'));

t.test('what the container finds', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const text =
    'echo $NOTIFY_SOCKET; stat -c "%a %F" /run/notify /run/notify/notify.sock; grep " /run/notify " /proc/self/mountinfo | cut -d" " -f6; ' +
    'touch /run/notify/x; for fd in 3 4 5 6 7 8 9 10 11 12; do readlink /proc/$$/fd/$fd; done';
  const container = makeContainer(t, (config) => {
    shell(text)(config);
    config.process.env.push('NOTIFY_SOCKET=/wrong');
    config.process.user = { uid: 1000, gid: 1000 };
  });
  const { path } = await listen(t, socketPath(t));
  const outcome = container.call(['run', '--bundle', container.bundle, container.id], { NOTIFY_SOCKET: path });
  t.match(
    outcome.stdout,
    /^\/run\/notify\/notify\.sock\n755 directory\n777 socket\nro,nosuid,nodev,noexec,\w+\n$/,
    outcome.stderr,
  );
  t.match(outcome.stderr, /Read-only file system/, 'nothing can be made there');
  t.strictSame(readdirSync(container.root), [], 'nothing stays');
  host.assertUntouched(container);
});

t.test('without NOTIFY_SOCKET there is nothing of it', { skip, timeout }, async (t) => {
  const container = makeContainer(t, shell('ls -d /run; env'));
  const outcome = container.run();
  t.notMatch(outcome.stdout, /run|NOTIFY/);
});

t.test('run --detach returns when the container is ready', { skip, timeout }, async (t) => {
  for (const path of [socketPath(t), `@noci-test-${process.pid}`]) {
    const { heard } = await listen(t, path);
    const container = makeContainer(t, shell('sleep 1000'));
    const begun = begin(container, ['run', '-d', '--bundle', container.bundle, container.id], { NOTIFY_SOCKET: path });
    await until(() => bound(container) && existsSync(join(container.root, container.id, 'state.json')));
    await tell(container, 'STATUS=READY=1', 'MAINPID=1', 'READY=0', 'BARRIER=1', 'FDSTORE=1', 'x'.repeat(9000), '\n\n');
    t.equal(begun.status, undefined, 'it waits');
    await tell(container, 'READY=1\nSTATUS=fine\nMAINPID=1');
    await ended(begun);
    t.strictSame([begun.status, begun.stderr], [0, '']);
    const { pid } = container.state();
    t.strictSame(heard, ['READY=1\n', `MAINPID=${pid}\n`, 'BARRIER=1 +1'], path);
    must(container.delete('--force'));
    t.strictSame(readdirSync(container.root), [], 'nothing stays');
  }
});

t.test('create makes the place, start binds the socket and waits', { skip, timeout }, async (t) => {
  const { path, heard } = await listen(t, socketPath(t));
  const env = { NOTIFY_SOCKET: path };
  const container = makeContainer(t, shell('sleep 1000'));
  must(container.call(['create', '--bundle', container.bundle, container.id], env));
  t.notOk(bound(container), 'nobody listens yet');
  const begun = begin(container, ['start', container.id], env);
  await until(() => bound(container));
  await tell(container, 'READY=1');
  await ended(begun);
  t.strictSame([begun.status, begun.stderr], [0, '']);
  t.strictSame(heard, ['READY=1\n', `MAINPID=${container.state().pid}\n`, 'BARRIER=1 +1']);
  must(container.delete('--force'));
});

t.test('a start without NOTIFY_SOCKET does not wait', { skip, timeout }, async (t) => {
  const { path } = await listen(t, socketPath(t));
  const container = makeContainer(t, shell('sleep 1000'));
  must(container.call(['create', '--bundle', container.bundle, container.id], { NOTIFY_SOCKET: path }));
  must(container.start());
  must(container.delete('--force'));
});

t.test('a start with one of a container that was created without', { skip, timeout }, async (t) => {
  const { path } = await listen(t, socketPath(t));
  const container = makeContainer(t, shell('sleep 1000'));
  must(container.create());
  const outcome = must(container.call(['start', container.id], { NOTIFY_SOCKET: path }));
  t.match(outcome.stderr, 'NOTIFY_SOCKET is not passed on: the container was created without it');
  must(container.delete('--force'));
});

t.test('a container that ends without a word', { skip, timeout }, async (t) => {
  const { path, heard } = await listen(t, socketPath(t));
  const container = makeContainer(t, shell('exit 3'));
  const begun = begin(container, ['run', '-d', '--bundle', container.bundle, container.id], { NOTIFY_SOCKET: path });
  await ended(begun);
  t.strictSame([begun.status, begun.stderr, heard], [0, '', []]);
});

t.test('in the foreground the runtime is the service, and goes on forwarding', { skip, timeout }, async (t) => {
  const { path, heard } = await listen(t, socketPath(t));
  const container = makeContainer(t, shell('trap "exit 7" TERM; while :; do sleep 0.05; done'));
  const begun = begin(container, ['run', '--bundle', container.bundle, container.id], { NOTIFY_SOCKET: path });
  await until(() => bound(container) && existsSync(join(container.root, container.id, 'state.json')));
  await tell(container, 'READY=1');
  const first = ['READY=1\n', `MAINPID=${begun.child.pid}\n`, 'BARRIER=1 +1'];
  await until(() => heard.length === 3);
  await tell(container, 'STOPPING=1', 'READY=1');
  await until(() => heard.length === 4);
  t.strictSame(heard, [...first, 'READY=1\n']);
  begun.child.kill('SIGTERM');
  await ended(begun);
  t.strictSame([begun.status, begun.stderr], [7, ''], 'signals are forwarded as ever');
});

t.test('a manager that is not there is a warning', { skip, timeout }, async (t) => {
  const cases: readonly (readonly [path: string, text: RegExp])[] = [
    [socketPath(t), /NOTIFY_SOCKET .*: connect: no such file or directory/],
    ['@noci-test-nobody', /NOTIFY_SOCKET @noci-test-nobody: connect: connection refused/],
    ['vsock:2:1234', /NOTIFY_SOCKET vsock:2:1234: is neither/],
    [`@${'x'.repeat(200)}`, /NOTIFY_SOCKET @x+: connect: file name too long/],
  ];
  for (const [path, text] of cases) {
    const container = makeContainer(t, shell('exit 0'));
    const outcome = container.call(['run', '--bundle', container.bundle, container.id], { NOTIFY_SOCKET: path });
    t.equal(outcome.status, 0, path);
    t.match(outcome.stderr, text);
  }
});

t.test('without a mount namespace it is not passed on', { skip, timeout }, async (t) => {
  const { path } = await listen(t, socketPath(t));
  const container = makeContainer(t, (config) => {
    shell('echo "<$NOTIFY_SOCKET>"')(config);
    config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'mount');
    config.mounts = [];
    delete config.linux.maskedPaths;
    delete config.linux.readonlyPaths;
    config.root.readonly = false;
  });
  const outcome = container.call(['run', '--bundle', container.bundle, container.id], { NOTIFY_SOCKET: path });
  t.strictSame([outcome.status, outcome.stdout], [0, '<>\n'], outcome.stderr);
  t.match(outcome.stderr, 'the container has no mount namespace of its own');
});

t.test('what a killed runtime leaves is removed by force', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const { path } = await listen(t, socketPath(t));
  for (const verb of ['run', 'start'] as const) {
    const env = { NOTIFY_SOCKET: path };
    const container = makeContainer(t, shell('sleep 1000'));
    if (verb === 'start') must(container.call(['create', '--bundle', container.bundle, container.id], env));
    const args = verb === 'start' ? ['start'] : ['run', '-d', '--bundle', container.bundle];
    const begun = begin(container, [...args, container.id], env);
    await until(() => bound(container) && existsSync(join(container.root, container.id, 'state.json')));
    begun.child.kill('SIGKILL');
    await ended(begun);
    const { pid } = container.state();
    must(container.delete('--force'));
    t.strictSame([readdirSync(container.root), isAlive(pid)], [[], false], verb);
    host.assertUntouched(container);
  }
});

t.test('a start that was killed before it let the container run can be repeated', { skip, timeout }, async (t) => {
  const { path, heard } = await listen(t, socketPath(t));
  const env = { NOTIFY_SOCKET: path };
  const container = makeContainer(t, shell('sleep 1000'));
  must(container.call(['create', '--bundle', container.bundle, container.id], env));
  // as it is left between bind(2) and the byte for init
  const stale = join(container.root, container.id, 'notify/notify.sock');
  const { heard: nobody } = await listen(t, stale);
  const { ino } = statSync(stale);
  const begun = begin(container, ['start', container.id], env);
  await until(() => bound(container) && statSync(stale).ino !== ino);
  await tell(container, 'READY=1');
  await ended(begun);
  t.strictSame([begun.status, heard.length, nobody], [0, 3, []]);
  must(container.delete('--force'));
});

t.test('no socket is abstract (CVE-2020-15257)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const abstract = (): string[] =>
    readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .filter((line) => / @.*noci/.test(line));
  const { path } = await listen(t, socketPath(t));
  const before = abstract();
  const container = makeContainer(t, shell('sleep 1000'));
  begin(container, ['run', '-d', '--bundle', container.bundle, container.id], { NOTIFY_SOCKET: path });
  await until(() => bound(container) || abstract().length > before.length);
  t.strictSame(abstract(), before, 'whoever shares the network namespace could speak to one');
  host.assertUntouched(container);
});
