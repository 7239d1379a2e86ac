// Standard input, output and error, exit statuses and signals of a container in the foreground and of a detached one.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { driverOptions } from './cgroup-driver.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';
import { bare, call } from './report.ts';

const skip = missing();
const timeout = 300_000;

const running =
  (...args: readonly string[]) =>
  (config: Draft): void => {
    config.process.args = args;
    delete config.process.capabilities.ambient;
  };
const shell = (text: string) => running('/bin/sh', '-c', text);

/** Runs a call beside the test. */
function background({ root }: Container, args: readonly string[], stdio: ('pipe' | 'ignore' | number)[]): ChildProcess {
  return spawn('/usr/bin/env', [...bare({}), noci, '--root', root, ...driverOptions, ...args], { stdio });
}

const ended = (child: ChildProcess): Promise<number | string | null> =>
  new Promise((resolve) => child.on('close', (status, signal) => resolve(status ?? signal)));

t.test('megabytes through stdin, stdout and stderr, and the end of stdin', { skip, timeout }, async (t) => {
  const container = makeContainer(
    t,
    shell('tail -c +1 | sed s/x/y/; echo to stderr >&2; head -c 3000000 /dev/zero >&2'),
  );
  const input = `${'x'.repeat(99)}\n`.repeat(50_000);
  const { id, bundle } = container;
  const outcome = container.call(['run', '--bundle', bundle, id], {}, { input });
  t.equal(outcome.status, 0, outcome.stderr.slice(0, 300));
  t.ok(outcome.stdout === input.replaceAll(/^x/gm, 'y'), `${outcome.stdout.length} bytes came through`);
  t.equal(outcome.stderr.length, 3_000_010, 'and all of stderr');
});

t.test('output that ends with the process is complete', { skip, timeout }, async (t) => {
  const container = makeContainer(t, shell('head -c 10000000 /dev/zero; exit 3'));
  const outcome = container.run();
  t.strictSame([outcome.status, outcome.stdout.length], [3, 10_000_000], 'every byte');
});

t.test('exit statuses, as under runc', { skip, timeout }, async (t) => {
  for (const [text, status] of [
    ['exit 0', 0],
    ['exit 1', 1],
    ['exit 42', 42],
    ['exit 255', 255],
  ] as const) {
    const [theirs, ours] = [runc, noci].map((runtime) => makeContainer(t, shell(text), runtime).run());
    t.strictSame([ours?.status, theirs?.status], [status, status], text);
    t.equal(ours?.stderr, '', `${text}: nothing is said about it`);
  }
});

t.test('a process that a signal ends: 128 and its number', { skip, timeout }, async (t) => {
  for (const signal of [6, 9, 11, 15]) {
    const container = makeContainer(t, (config) => {
      running('/bin/sh', '-c', `kill -${signal} $$; sleep 1000`)(config);
      // without a pid namespace the process is no init, which ignores signals from inside
      config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'pid');
    });
    t.equal(container.run().status, 128 + signal, `signal ${signal}`);
    t.strictSame(readdirSync(container.root), [], 'and it is deleted');
  }
});

t.test('--keep leaves the container', { skip, timeout }, async (t) => {
  const container = makeContainer(t, shell('exit 7'));
  t.equal(container.run('--keep').status, 7);
  t.match(container.state(), { status: 'stopped', pid: 0 });
  t.equal(container.run().status, 1, 'its id is taken');
  t.equal(container.delete().status, 0);
});

t.test('signals are forwarded', { skip, timeout }, async (t) => {
  for (const [signal, number] of [
    ['SIGTERM', 15],
    ['SIGINT', 2],
    ['SIGHUP', 1],
    ['SIGUSR1', 10],
    ['SIGUSR2', 12],
    ['SIGQUIT', 3],
    ['SIGALRM', 14],
  ] as const) {
    const container = makeContainer(
      t,
      shell(`trap 'echo got ${number}; exit 5' ${number}; echo ready; while :; do sleep 0.05; done`),
    );
    const child = background(
      container,
      ['run', '--bundle', container.bundle, container.id],
      ['ignore', 'pipe', 'ignore'],
    );
    let output = '';
    child.stdout?.on('data', (data) => {
      output += data;
    });
    await until(() => output.includes('ready'));
    child.kill(signal);
    t.equal(await ended(child), 5, `${signal}: exit status`);
    t.match(output, `got ${number}`, signal);
  }
});

t.test(
  'a runtime that is killed at some moment leaves nothing that delete --force does not find',
  { skip, timeout },
  async (t) => {
    for (const delay of [5, 20, 40, 60, 80, 120]) {
      const container = makeContainer(t, running('/bin/sleep', '3'));
      const child = background(
        container,
        ['run', '--bundle', container.bundle, container.id],
        ['ignore', 'ignore', 'pipe'],
      );
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill('SIGKILL');
      await ended(child);
      must(container.delete('--force'));
      t.strictSame(readdirSync(container.root), [], `${delay} ms: delete --force leaves nothing`);
    }
  },
);

t.test('job control: stop and continue reach the process', { skip, timeout }, async (t) => {
  const container = makeContainer(t, running('/bin/sleep', '1000'));
  must(container.run('-d'));
  const { pid } = container.state();
  const status = (): string => /State:\s+(\S)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  must(container.kill('STOP'));
  await until(() => status() === 'T');
  must(container.kill('CONT'));
  await until(() => status() !== 'T');
  t.pass('both');
});

t.test('orphans of the container are reaped, and its end is its own', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    shell('for i in 1 2 3 4 5 6 7 8; do (sleep 0.05 &); done; sleep 0.5; exit 9')(config);
    config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'pid');
  });
  t.equal(container.run().status, 9);
});

t.test('processes that outlive init in the pid namespace of the host are killed', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    shell('sleep 1000 & echo $!')(config);
    config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'pid');
  });
  const child = background(
    container,
    ['run', '--bundle', container.bundle, container.id],
    ['ignore', 'pipe', 'ignore'],
  );
  let output = '';
  child.stdout?.on('data', (data) => {
    output += data;
  });
  t.equal(await ended(child), 0);
  t.notOk(isAlive(Number(output)), `process ${output.trim()} is gone`);
});

/** Who has a pipe open, by pid. */
function holders(pipe: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === pipe);
      } catch {
        return false;
      }
    })
    .map(Number);
}

t.test("nobody but the container holds the caller's stdout and stderr", { skip, timeout }, async (t) => {
  for (const args of [['create'], ['run', '-d']]) {
    const container = makeContainer(t, (config) => {
      running('/bin/sleep', '1000')(config);
      config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', 'sleep 1000 & echo $! > child'] }] };
    });
    const child = background(
      container,
      [...args, '--bundle', container.bundle, container.id],
      ['ignore', 'pipe', 'pipe'],
    );
    await new Promise((resolve) => child.on('exit', resolve));
    const { pid } = container.state();
    for (const fd of [1, 2]) {
      const pipe = readlinkSync(`/proc/${pid}/fd/${fd}`);
      t.match(pipe, /^(pipe|socket):/, 'the container has it');
      t.strictSame(holders(pipe), [pid], `${args.join(' ')}: fd ${fd} is open in the container alone`);
    }
    process.kill(Number(readFileSync(join(container.bundle, 'child'), 'utf8')), 'SIGKILL');
    let closed = false;
    child.on('close', () => {
      closed = true;
    });
    must(container.delete('--force'));
    await until(() => closed);
    t.pass('and the pipes end with it');
  }
});

t.test('create, start, kill and delete say nothing when all is well', { skip, timeout }, async (t) => {
  const container = makeContainer(t, running('/bin/sleep', '1000'));
  for (const outcome of [container.create(), container.start(), container.kill('KILL'), container.delete('--force')])
    t.strictSame(outcome, { status: 0, signal: null, stdout: '', stderr: '' });
});

t.test('flags of the caller’s stdio stay as they are', { skip, timeout }, async (t) => {
  const flags = (fd: number): string =>
    /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '';
  const container = makeContainer(t, running('/bin/true'));
  const file = openSync(join(container.bundle, 'output'), 'a+');
  const before = flags(file);
  const child = background(container, ['run', '--bundle', container.bundle, container.id], [file, file, file]);
  t.equal(await ended(child), 0);
  t.equal(flags(file), before, 'no O_NONBLOCK left');
  closeSync(file);
});

t.test('closed stdin, stdout and stderr', { skip, timeout }, async (t) => {
  for (const closed of ['<&-', '>&-', '2>&-', '<&- >&-', '<&- 2>&-', '>&- 2>&-', '<&- >&- 2>&-']) {
    const container = makeContainer(t, (config, folder) => {
      shell('ls -l /proc/self/fd > /out/fds; echo x; echo y >&2; exit 6')(config);
      config.mounts.push({ destination: '/out', type: 'bind', source: folder, options: ['bind'] });
      config.root.readonly = false;
    });
    const command = `exec /usr/bin/env -i ${noci} --root ${container.root} run --bundle ${container.bundle} ${container.id} ${closed}`;
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.resume();
    child.stderr?.resume();
    t.equal(await ended(child), 6, closed);
    const fds = readFileSync(join(container.bundle, 'fds'), 'utf8');
    t.match(fds, / 0 -> /, `${closed}: stdin is something`);
    const leaked = fds.split('\n').filter((line) => / ([3-9]|\d\d+) -> (?!\/proc\/)/.test(line));
    t.strictSame(leaked, [], `${closed}: and nothing else is open`);
    for (const fd of fds.matchAll(/ ([0-2]) -> (.*)/g))
      t.notMatch(fd[2], /state\.json|noci|fifo|memfd/, `${closed}: fd ${fd[1]}`);
  }
});

t.test('owner of stdio', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    running('/probe')(config);
    config.process.user = { uid: 1000, gid: 1000 };
  });
  const outcome = call(noci, container.root, ['run', '--bundle', container.bundle, container.id]);
  const { fds } = JSON.parse(outcome.stdout);
  t.match(fds[0], { fd: 0, major: 1, minor: 3, uid: 0 }, 'the null device stays the root’s');
  t.match([fds[1].uid, fds[2].uid], [1000, 1000], 'pipes become the user’s');
  t.equal(existsSync('/dev/null'), true);
});

t.test('/dev/null as stdio is the container’s own', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    running('/bin/sleep', '1000')(config);
  });
  const child = background(
    container,
    ['run', '-d', '--bundle', container.bundle, container.id],
    ['ignore', 'ignore', 'ignore'],
  );
  t.equal(await ended(child), 0);
  const { pid } = container.state();
  for (const fd of [0, 1, 2]) {
    t.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), '/dev/null', `fd ${fd}`);
    const mount = (process: string, number: number | string): string | undefined =>
      /mnt_id:\s+(\d+)/.exec(readFileSync(`/proc/${process}/fdinfo/${number}`, 'utf8'))?.[1];
    const host = openSync('/dev/null', 'r');
    t.not(mount(`${pid}`, fd), mount('self', host), `fd ${fd}: of a mount of its own`);
    closeSync(host);
  }
});
