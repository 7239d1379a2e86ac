// What is left of what a program does with the library: its output to the last byte, and nothing else.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { driver } from './cgroup-driver.ts';
import { dist, errorOf, forever, make, makeRoot, makeRuntime, Runtime, RuntimeError, skip } from './library.ts';

/** Waits for the thing itself. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const begin = Date.now(); !(await holds()); ) {
    if (Date.now() - begin > 120_000) throw new Error(`${what}: not within two minutes`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Processes with this in their command line. */
function processesOf(text: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(text);
    } catch {
      return false;
    }
  });
}

/** Dead children of this program that nobody has waited for. */
function deadChildren(): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      const stat = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/stat`, 'latin1') : '';
      return stat.slice(stat.lastIndexOf(')')).startsWith(`) Z ${process.pid} `);
    } catch {
      return false;
    }
  });
}

/** Open fds of this program by what they are: pipes, terminals, pidfds, … */
function openFds(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const kind = readlinkSync(`/proc/self/fd/${name}`).replace(/:?\[.*|\d+$/g, '');
      if (/^pipe|^anon_inode:pidfd|^socket|ptmx|pts/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
    } catch {
      // that of the folder itself
    }
  }
  return counts;
}

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'noci-library-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Makes a container whose hook writes `begun` and waits until there is `on`. */
const halfway = `
  const { Runtime } = require(LIBRARY);
  new Runtime({ root: ROOT, systemdCgroup: SYSTEMD }).create({ id: ID, bundle: BUNDLE, stdio: 'pipe' });`;

interface Halfway {
  readonly script: string;
  readonly env: { readonly TMPDIR: string; readonly PATH: string };
  readonly root: string;
  readonly begun: () => boolean;
  readonly goOn: () => void;
}

function makeHalfway(t: Test): Halfway {
  const own = folder(t);
  const [root, temporary] = [join(own, 'root'), join(own, 'temporary')];
  for (const path of [root, temporary]) mkdirSync(path);
  const [begun, on] = [join(own, 'begun'), join(own, 'on')];
  const { id, bundle } = make(t, forever, (config) => {
    const script = `: >${begun}; while [ ! -e ${on} ]; do sleep 0.05; done`;
    config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', script] }] };
  });
  const values = {
    LIBRARY: join(dist, 'index.cjs'),
    ROOT: root,
    SYSTEMD: driver === 'systemd',
    ID: id,
    BUNDLE: bundle,
  };
  let script = halfway;
  for (const [name, value] of Object.entries(values)) script = script.replace(name, JSON.stringify(value));
  const env = { TMPDIR: temporary, PATH: process.env.PATH ?? '' };
  return { script, env, root, begun: () => existsSync(begun), goOn: () => writeFileSync(on, '') };
}

async function assertNothingOf(t: Test, { root, env }: Halfway): Promise<void> {
  await until('no process of it is left', () => processesOf(root).length === 0);
  t.strictSame(await new Runtime({ root }).list(), []);
  t.strictSame(
    readdirSync(root).filter((name) => !name.startsWith('@')),
    [],
    'no state',
  );
  t.strictSame(readdirSync(env.TMPDIR), [], 'no temporary folder');
}

t.test('a worker thread is terminated while it makes a container', { skip }, async (t) => {
  const one = makeHalfway(t);
  const worker = new Worker(one.script, { eval: true, env: one.env, execArgv: [] });
  await until('the hook runs', one.begun);
  await worker.terminate();
  one.goOn();
  await assertNothingOf(t, one);
  await until('its children are reaped', () => deadChildren().length === 0);
});

t.test('a program is killed while it makes a container', { skip }, async (t) => {
  const one = makeHalfway(t);
  const program: ChildProcess = spawn(process.execPath, ['-e', one.script], { env: one.env, stdio: 'ignore' });
  await until('the hook runs', one.begun);
  program.kill('SIGKILL');
  await once(program, 'exit');
  one.goOn();
  await assertNothingOf(t, one);
});

t.test('a worker thread is terminated while it looks on', { skip }, async (t) => {
  const root = makeRoot(t);
  const runtime = new Runtime({ root, systemdCgroup: driver === 'systemd' });
  await using container = await runtime.run(make(t, forever));
  const before = openFds();
  const script = `
    const { Runtime } = require(${JSON.stringify(join(dist, 'index.cjs'))});
    const { parentPort, workerData: { id, root } } = require('node:worker_threads');
    const container = new Runtime({ root }).container(id);
    container.wait();
    (async () => { for await (const _ of container.events({ interval: 20 })) parentPort.postMessage('seen'); })();`;
  const worker = new Worker(script, { eval: true, workerData: { id: container.id, root }, execArgv: [] });
  const waits = () => processesOf(`wait\0--json\0--\0${container.id}`).length;
  await once(worker, 'message');
  await until('it waits', () => waits() === 1);
  await worker.terminate();
  await until('nobody waits any more', () => waits() === 0);
  await until('its children are reaped', () => deadChildren().length === 0);
  await until('what it had open is closed', () =>
    Object.entries(openFds()).every(([kind, n]) => n <= (before[kind] ?? 0)),
  );
  t.equal((await container.state()).status, 'running', 'the container is not its own');
});

t.test('what a terminal has shown is there to the end, though nobody has read it before', { skip }, async (t) => {
  await using container = await makeRuntime(t).run(make(t, forever));
  const process = await container.exec(['/bin/seq', '3000'], { terminal: true });
  t.equal((await process.wait()).status, 0);
  const { stdout } = await process.output();
  t.equal(stdout, Array.from({ length: 3000 }, (_, index) => `${index + 1}\r\n`).join(''));
});

t.test('all of a long output', { skip }, async (t) => {
  await using container = await makeRuntime(t).run(make(t, forever));
  const { stdout } = await container.output(['/bin/seq', '1000000', '2000000']);
  t.equal(stdout.length, 8 * 1_000_001);
  t.ok(stdout.endsWith('1999999\n2000000\n'));
});

t.test('what outlives a command has its streams open: collecting is given up by the signal', { skip }, async (t) => {
  await using container = await makeRuntime(t).run(make(t, forever));
  for (const own of [true, false]) {
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const process = await container.exec(['/bin/sh', '-c', 'sleep 1000 & echo begun'], own ? options : {});
    const reason = new Error('enough');
    const collected = errorOf(process.output(own ? {} : options));
    t.equal((await process.wait()).status, 0);
    controller.abort(reason);
    t.equal(await collected, reason);
  }
});

t.test('no fd of containers that are gone, and no dead child', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  t.teardown(() => process.off('warning', warned));
  const { signal } = new AbortController();
  const one = async () => {
    await using container = await runtime.run({ ...make(t, forever), stdio: 'pipe', signal });
    await (await container.exec(['/bin/true'])).wait({ signal });
    await (await container.exec(['/bin/tty'], { terminal: true, signal })).wait();
    await container.output(['/bin/echo'], { signal });
    await container.wait({ signal: AbortSignal.abort() }).catch(() => {});
  };
  await one();
  const before = openFds();
  await Promise.all(Array.from({ length: 12 }, one));
  await until('all is closed', () => Object.entries(openFds()).every(([kind, n]) => n <= (before[kind] ?? 0)));
  await until('all are reaped', () => deadChildren().length === 0);
  t.strictSame(warnings, [], 'one signal for all is no leak');
});

t.test('what Node.js is refused is an error of the library', { skip }, async (t) => {
  const runtime = makeRuntime(t);
  const made = make(t, forever);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = '/nothing';
  const refused = await errorOf(runtime.create(made).finally(() => restore(TMPDIR)));
  t.ok(refused instanceof RuntimeError);
  t.match(refused, { verb: 'create', code: 'ENOENT', errno: 2, syscall: 'mkdtemp' });
  const uncopied = await errorOf(runtime.validate({ config: { process: () => {} } }));
  t.ok(uncopied instanceof RuntimeError);
  t.match(uncopied, { verb: 'validate', code: 'INVALID' });
});

function restore(TMPDIR: string | undefined): void {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
}
