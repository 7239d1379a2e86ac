// update, pause, resume and kill at the same time: whatever the order, nothing stays frozen and every call ends.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { cgroupOf, isFrozen, limit } from './cgroup-files.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';
import { emulated, fewer } from './emulation.ts';
import { bare } from './report.ts';

const skip = missing();
const timeout = 600_000;

/** Calls of a test, and how long one may take. */
const [many, several] = fewer ? [60, 40] : [300, 200];
const longest = emulated ? 120 : 10;

interface Ending {
  readonly verb: string;
  readonly status: number | null;
  readonly stderr: string;
  readonly seconds: number;
}

/** One call that runs beside others. */
function begin({ root, id }: Container, [verb = '', ...options]: readonly string[]): Promise<Ending> {
  const start = process.hrtime.bigint();
  const words = verb === 'kill' ? [verb, id, ...options] : [verb, ...options, id];
  const child = spawn('/usr/bin/env', [...bare({}), noci, '--root', root, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.on('close', (status) =>
      resolve({ verb, status, stderr, seconds: Number(process.hrtime.bigint() - start) / 1e9 }),
    );
  });
}

/** What each of them may say when another one was quicker. */
const allowed: Record<string, RegExp> = {
  pause: /container not running|container does not exist/,
  resume: /container not paused|container does not exist/,
  update: /container not running|container does not exist/,
  kill: /container not running|container does not exist|process already finished|no such process/,
  delete: /cannot delete container .* that is not stopped|container does not exist/,
};

const forking = (config: Draft) => {
  config.process.args = ['/bin/sh', '-c', 'while :; do (true) & (true); wait; done'];
  config.linux.resources.memory = { limit: 256 << 20 };
  config.linux.resources.pids = { limit: 100 };
};

function check(t: Test, endings: readonly Ending[]): void {
  for (const { verb, status, stderr, seconds } of endings) {
    if (seconds >= longest) t.fail(`${verb} took ${seconds} s`);
    if (status !== 0 && !(status === 1 && allowed[verb]?.test(stderr))) t.fail(`${verb}: status ${status}: ${stderr}`);
  }
}

t.test('calls that a container survives', { skip, timeout }, async (t) => {
  const container = makeContainer(t, forking);
  must(container.create());
  must(container.start());
  const { pid } = container.state();
  const freezer = cgroupOf(pid, 'freezer');
  let calls = 0;
  let round = 0;
  for (; calls < many; round++) {
    const endings = await Promise.all([
      begin(container, ['pause']),
      begin(container, ['update', '--memory', `${128 + (round % 100)}m`, '--pids-limit', `${100 + (round % 50)}`]),
      begin(container, ['resume']),
      begin(container, ['kill', round % 2 === 0 ? 'CONT' : 'WINCH']),
      begin(container, ['pause']),
    ]);
    calls += endings.length;
    check(t, endings);
    if (isFrozen(freezer)) {
      t.equal(container.state().status, 'paused', 'what is frozen is paused');
      must(container.call(['resume', container.id]));
    }
    t.notOk(isFrozen(freezer));
  }
  t.equal(container.state().status, 'running');
  t.equal(limit(pid, 'pids'), String(100 + ((round - 1) % 50)), 'the last update holds');
  t.ok(isAlive(pid));
});

t.test('calls, each time until the container is killed', { skip, timeout }, async (t) => {
  let calls = 0;
  for (let round = 0; calls < several; round++) {
    const container = makeContainer(t, forking);
    must(container.create());
    must(container.start());
    const { pid } = container.state();
    const freezer = cgroupOf(pid, 'freezer');
    const other = begin(container, ['pause']);
    // a little later each time, so that every moment is met
    await new Promise((resolve) => setTimeout(resolve, round % 8));
    const endings = await Promise.all([
      other,
      begin(container, round % 2 === 0 ? ['kill', 'KILL'] : ['delete', '--force']),
      begin(container, ['pause']),
      begin(container, ['update', '--memory', '64m']),
      begin(container, ['resume']),
    ]);
    calls += endings.length;
    check(t, endings);
    await until(() => !isAlive(pid));
    t.notOk(isFrozen(freezer), 'what was killed is not frozen');
    must(container.delete('--force'));
    t.throws(() => readFileSync(`${freezer}/cgroup.procs`), { code: 'ENOENT' });
  }
});
