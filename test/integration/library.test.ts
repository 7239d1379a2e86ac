// The library, as a user calls it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type * as Library from '../../src/node/index.ts';
import { makeBundle } from './bundle.ts';
import { driver } from './cgroup-driver.ts';
import { built, dist, errorOf, forever, freshId, make, makeRuntime, Runtime, RuntimeError, skip } from './library.ts';

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const data of stream ?? []) text += data;
  return text;
}

t.test('a container from create to delete', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  const container = await runtime.create({
    ...make(t, ['/bin/sh', '-c', 'echo out; echo err >&2; read line; echo "$line"; exit 7']),
    stdio: 'pipe',
  });
  const state = await container.state();
  t.equal(state.status, 'created');
  t.equal(state.pid, container.pid);
  const wait = container.wait();
  const texts = Promise.all([container.stdout, container.stderr].map(textOf));
  await container.start();
  container.stdin?.end('typed\n');
  t.strictSame(await wait, { status: 7, signal: null });
  t.strictSame(await texts, ['out\ntyped\n', 'err\n']);
  t.strictSame(await container.wait(), { status: 7, signal: null }, 'told again');
  t.strictSame(
    (await runtime.list()).map(({ id, status }) => ({ id, status })),
    [{ id: container.id, status: 'stopped' }],
  );
  await container.delete();
  t.strictSame(await runtime.list(), []);
});

t.test('await using ends and removes it', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  let wait: Promise<Library.ExitStatus>;
  {
    await using container = await runtime.run(make(t, forever));
    wait = container.wait();
    t.equal((await container.state()).status, 'running');
  }
  t.strictSame(await wait, { status: null, signal: 'SIGKILL' });
  t.strictSame(await runtime.list(), []);
});

t.test('processes in a container', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  await using container = await runtime.run(make(t, forever));

  await t.test('streams, status, environment', async (t) => {
    const script = 'echo "$FOO $PWD"; cat; echo err >&2; exit 3';
    const process = await container.exec(['/bin/sh', '-c', script], { env: { FOO: 'a b' }, cwd: '/tmp' });
    process.stdin?.end('x'.repeat(300_000));
    const { status, stdout, stderr } = await process.output();
    t.equal(status, 3);
    t.equal(stdout, `a b /tmp\n${'x'.repeat(300_000)}`);
    t.equal(stderr, 'err\n');
  });

  await t.test('a pty, and its size', async (t) => {
    const process = await container.exec(
      ['/bin/sh', '-c', 'trap "stty size; exit 9" WINCH; stty size; read a; read b'],
      {
        terminal: { rows: 10, columns: 40 },
      },
    );
    const { terminal } = process;
    t.ok(terminal);
    let text = '';
    for await (const data of terminal ?? []) {
      text += data;
      if (text.includes('10 40\r\n') && !text.includes('typed')) terminal?.write('typed\n');
      if (text.includes('typed\r\n') && !text.includes('50 60')) terminal?.resize({ rows: 50, columns: 60 });
    }
    t.match(text, /10 40\r\n(.|\r\n)*50 60\r\n/);
    t.strictSame(await process.wait(), { status: 9, signal: null });
  });

  await t.test('SIGTERM can be caught, SIGKILL cannot', async (t) => {
    const script = 'trap "echo caught" TERM; echo ready; while :; do sleep 0.05; done';
    const process = await container.exec(['/bin/sh', '-c', script]);
    let text = '';
    for await (const data of process.stdout ?? []) {
      text += data;
      if (text === 'ready\n') await process.kill();
      if (text.includes('caught')) break;
    }
    await process.kill('SIGKILL');
    t.equal((await process.wait()).status, 128 + 9);
  });

  await t.test('a signal that is aborted kills it', async (t) => {
    const controller = new AbortController();
    const process = await container.exec(['/bin/sleep', '1000'], { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    t.equal(await errorOf(process.wait()), reason);
    t.equal(await errorOf(container.exec(['/bin/true'], { signal: AbortSignal.abort(reason) })), reason);
  });

  await t.test('what cannot be executed', async (t) => {
    const error = await errorOf(container.output(['/nothing']));
    t.ok(error instanceof RuntimeError);
    t.match(error, {
      verb: 'exec',
      step: 'lookup',
      message: /exec: "\/nothing": stat \/nothing: no such file or directory/,
    });
  });

  await t.test('its own status 255 is no error', async (t) => {
    t.equal((await container.output(['/bin/sh', '-c', 'exit 255'])).status, 255);
  });
});

t.test('signals, pause, limits, statistics', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  await using container = await runtime.run(make(t, forever));
  await container.pause();
  t.equal((await container.state()).status, 'paused');
  t.equal((await errorOf(container.pause())).code, 'STATUS');
  await container.resume();
  t.equal((await runtime.state(container.id)).status, 'running');
  t.ok((await container.processes()).includes(container.pid ?? 0));
  await container.update({ pids: { limit: 55 } });
  const limits: unknown[] = [];
  for await (const stats of container.stats({ interval: 10 })) {
    limits.push(stats.pids.limit);
    if (limits.length === 3) break;
  }
  t.strictSame(limits, [55, 55, 55]);
  const refused = await errorOf(container.update({ pids: { limit: -5 } as never, cpu: { shares: 'x' } as never }));
  t.match(refused, { verb: 'update', code: 'INVALID', message: /\/cpu\/shares/ });
  const controller = new AbortController();
  const events = container.events({ interval: 10, signal: controller.signal });
  t.equal((await events.next()).done, false);
  controller.abort();
  t.equal((await errorOf(drain(events))).name, 'AbortError');
});

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

t.test('one that is there already', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  await using container = await runtime.run(make(t, forever));
  const same = runtime.container(container.id);
  t.equal(same.pid, undefined);
  const waiting = new AbortController();
  const abandoned = errorOf(same.wait({ signal: waiting.signal }));
  waiting.abort();
  t.equal((await abandoned).name, 'AbortError');
  const wait = same.wait();
  await same.kill('SIGKILL');
  const { status, signal } = await wait;
  t.equal(status, null);
  t.ok(signal === 'SIGKILL' || signal === null, 'where the kernel does not tell, that it ended is known');
  t.equal((await same.wait()).status, null);
});

t.test('a terminal of the container itself', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  const made = make(t, ['/bin/sh', '-c', 'tty; read line; echo "got $line"; exit 4'], (config) => {
    config.process.terminal = true;
    config.process.consoleSize = { height: 20, width: 70 };
  });
  await using container = await runtime.create({ ...made, terminal: true });
  await container.start();
  container.terminal?.write('this\n');
  let text = '';
  for await (const data of container.terminal ?? []) text += data;
  t.match(text, /^(.|\r\n)*\/dev\/pts\/0\r\n(.|\r\n)*got this\r\n$/);
  t.equal((await container.wait()).status, 4);
});

t.test('errors say where', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  t.match(await errorOf(runtime.state('none')), { name: 'RuntimeError', verb: 'state', code: 'NOT_FOUND' });
  const id = freshId();
  const wrong = makeBundle(t, (config) => {
    config.process.cwd = 'relative';
  });
  t.match(await errorOf(runtime.create({ id, bundle: wrong })), {
    verb: 'create',
    code: 'INVALID',
    pointer: '/process/cwd',
    document: 'config.json',
  });
  const failing = makeBundle(t, (config) => {
    config.mounts.push({ destination: '/x', type: 'tmpfs', source: 'tmpfs', options: ['nosuchoption=1'] });
  });
  const place = JSON.parse(readFileSync(join(failing, 'config.json'), 'utf8')).mounts.length - 1;
  t.match(await errorOf(runtime.create({ id, bundle: failing })), {
    verb: 'create',
    code: 'EINVAL',
    errno: 22,
    step: 'mount',
    pointer: `/mounts/${place}`,
  });
  t.match(await errorOf(runtime.create({ id, bundle: '/nothing' })), {
    verb: 'create',
    code: 'ENOENT',
    syscall: 'chdir',
  });
  t.match(await errorOf(new Runtime({ executable: '/nothing' }).list()), {
    verb: 'list',
    code: 'ENOENT',
    path: '/nothing',
  });
  t.match(await errorOf(new Runtime({ executable: '/nothing' }).create({ id, bundle: wrong })), {
    verb: 'create',
    code: 'ENOENT',
    path: '/nothing',
  });
  const made = make(t, forever);
  await using _container = await runtime.create(made);
  t.equal((await errorOf(runtime.create(made))).code, 'EXISTS');
  t.equal((await errorOf(runtime.create({ ...made, signal: new AbortController().signal }))).code, 'EXISTS');
  t.equal((await runtime.state(made.id)).status, 'created', 'which is still there');
});

t.test('create is given up', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  const marks = mkdtempSync(join(tmpdir(), 'noci-marks-'));
  t.teardown(() => rmSync(marks, { recursive: true, force: true }));
  const mark = join(marks, 'hook');
  const made = make(t, forever, (config) => {
    config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', `: >${mark}; exec sleep 1000`] }] };
  });
  const controller = new AbortController();
  const creation = errorOf(runtime.create({ ...made, signal: controller.signal }));
  while (!existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 10));
  controller.abort();
  t.equal((await creation).name, 'AbortError');
  t.strictSame(await runtime.list(), []);
  t.match(await errorOf(runtime.state(made.id)), { code: 'NOT_FOUND' }, 'nothing is left');
});

t.test('a create that is given up leaves alone what somebody else makes by this id', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  const marks = mkdtempSync(join(tmpdir(), 'noci-marks-'));
  t.teardown(() => rmSync(marks, { recursive: true, force: true }));
  const [begun, go] = [join(marks, 'begun'), join(marks, 'go')];
  const wait = `: >${begun}; until [ -e ${go} ]; do sleep 0.05; done`;
  const made = make(t, forever, (config) => {
    config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', wait], env: ['PATH=/bin:/usr/bin'] }] };
  });
  const theirs = runtime.create(made);
  while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 10));
  // before it begins, on its way, or when it has failed
  const attempts = Array.from({ length: 8 }, async (_, index) => {
    const controller = new AbortController();
    const own = errorOf(runtime.create({ ...made, signal: controller.signal }));
    setTimeout(() => controller.abort(), 5 * index);
    return (await own).name;
  });
  const all = Promise.all(attempts);
  const waited = Promise.race([all, new Promise((resolve) => setTimeout(resolve, 15_000, 'still waiting').unref())]);
  t.not(await waited, 'still waiting', 'for the other create');
  writeFileSync(go, '');
  const container = await theirs;
  await all;
  t.equal((await container.state()).status, 'created');
  await container.delete({ force: true });
});

t.test('options are the caller’s own', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  const polluted = Object.prototype as unknown as Record<string, unknown>;
  t.teardown(() => {
    for (const name of ['executable', 'user', 'cwd']) delete polluted[name];
  });
  polluted.executable = '/not/there';
  const other = makeRuntime(t);
  delete polluted.executable;
  t.strictSame(await other.list(), [], 'what is in every object is no option');
  await using container = await runtime.run(make(t, forever));
  Object.assign(polluted, { user: '12345', cwd: '/not/there' });
  const output = container.output(['/bin/id', '-u']);
  delete polluted.user;
  delete polluted.cwd;
  t.match(await output, { status: 0, stdout: '0\n' });
});

t.test('what would be done', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  const { bundle } = make(t, forever);
  const before = process.cwd();
  t.strictSame(await runtime.validate({ bundle }), []);
  const problems = await runtime.validate({
    config: { ociVersion: '1.3.0', root: { path: 'rootfs' }, process: { args: ['x'], cwd: 'relative' } },
  });
  t.strictSame(
    problems.map(({ pointer }) => pointer),
    ['/process/cwd'],
  );
  const { steps } = await runtime.plan({ bundle });
  t.equal(steps.at(-1)?.run.step, 'execve');
  const explanation = await runtime.explanation({ bundle });
  t.ok(explanation.init.some(({ step, pointer }) => step === 'mount' && pointer === '/mounts/0'));
  t.match(await runtime.explain({ bundle }), '/mounts/0');
  const examination = await runtime.doctor({ bundle });
  t.equal(examination.lacking, 0);
  t.ok(examination.findings.length > 3);
  t.match(await errorOf(runtime.plan({ bundle: '/' })), { verb: 'plan', name: 'RuntimeError' });
  t.equal(process.cwd(), before, 'the working directory is that of all threads');
  t.equal((await errorOf(runtime.plan({ bundle, signal: AbortSignal.abort() }))).name, 'AbortError');
});

t.test('the bundle is found from the working directory', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  const { id, bundle } = make(t, ['/bin/true']);
  const before = process.cwd();
  process.chdir(bundle);
  t.teardown(() => process.chdir(before));
  t.strictSame(await runtime.validate({ bundle: '.' }), []);
  await using container = await runtime.run({ id, bundle: '.' });
  t.strictSame(await container.wait(), { status: 0, signal: null });
});

t.test('both kinds of modules give the same classes', { skip }, async (t) => {
  const required = createRequire(import.meta.url)(join(dist, 'index.cjs')) as typeof Library;
  t.equal(required.Runtime, Runtime);
  t.equal(required.RuntimeError, RuntimeError);
});

t.test('in worker threads', { skip }, async (t) => {
  makeRuntime(t);
  const { bundle } = make(t, forever, (config) => {
    delete config.linux.cgroupsPath;
  });
  const root = mkdtempSync(join(tmpdir(), 'noci-library-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { Runtime } = require(workerData.library);
    (async () => {
      const runtime = new Runtime({ root: workerData.root, systemdCgroup: workerData.systemdCgroup });
      const problems = await runtime.validate({ bundle: workerData.bundle });
      const container = await runtime.run({ id: workerData.id, bundle: workerData.bundle });
      const { stdout } = await container.output(['/bin/hostname']);
      const ended = container.wait();
      await container.delete({ force: true });
      parentPort.postMessage({ problems, stdout, ended: await ended });
    })();`;
  const answers = [1, 2, 3].map(async () => {
    const workerData = {
      library: join(dist, 'index.cjs'),
      root,
      bundle,
      id: freshId(),
      systemdCgroup: driver === 'systemd',
    };
    const worker = new Worker(script, { eval: true, workerData, execArgv: [] });
    const [answer] = await once(worker, 'message');
    const [status] = await once(worker, 'exit');
    return { ...answer, status };
  });
  for (const answer of await Promise.all(answers))
    t.strictSame(answer, { problems: [], stdout: 'runc\n', ended: { status: null, signal: 'SIGKILL' }, status: 0 });
});

t.test('a program that ends leaves its container alone, and no keeper keeps it', { skip }, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'noci-library-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const { id, bundle } = make(t, forever);
  const script = join(bundle, 'program.mjs');
  writeFileSync(
    script,
    `import { Runtime } from ${JSON.stringify(built)};
    const container = await new Runtime(${JSON.stringify({ root, systemdCgroup: driver === 'systemd' })}).run(${JSON.stringify({ id, bundle })});
    console.log(container.pid);`,
  );
  const program = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = program.stdout.setEncoding('utf8').toArray();
  const [status] = await once(program, 'exit');
  t.equal(status, 0);
  const runtime = new Runtime({ root });
  const state = await runtime.state(id);
  t.equal(state.status, 'running');
  t.equal(`${state.pid}\n`, (await printed).join(''));
  await runtime.container(id).delete({ force: true });
});
