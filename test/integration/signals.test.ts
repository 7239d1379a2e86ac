// What becomes of every signal that is sent to a runtime in the foreground, under noci and under runc.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { driverOptions } from './cgroup-driver.ts';
import { type Container, makeContainer, must, until } from './container.ts';
import { Pty } from './pty.ts';
import { bare } from './report.ts';

const skip = missing();
const timeout = 300_000;

/** Node.js's own knows no real-time signals. */
const kill: (pid: number, signal: number) => number = koffi.load('libc.so.6').func('int kill(int pid, int signal)');

/** What a signal to the runtime does: it reaches the container's process, or nothing, or the runtime itself. */
type Effect = 'arrives' | 'nothing' | 'ends' | 'stops';

const [SIGKILL, SIGCHLD, SIGCONT, SIGSTOP, SIGURG, SIGWINCH] = [9, 17, 18, 19, 23, 28];

/** What C libraries keep for themselves: nobody sends these, and each library does something else with them. nptl(7) */
const reserved: readonly number[] = [32, 33, 34];

/** All others, 1 to 64; signal(7) has the names. */
const all = Array.from({ length: 64 }, (_, index) => index + 1).filter((number) => !reserved.includes(number));
const nothing = [SIGCHLD, SIGURG, 27 /* SIGPROF, which Go's runtime takes */, SIGWINCH];
const expected: Readonly<Record<Effect, readonly number[]>> = {
  nothing,
  ends: [SIGKILL],
  stops: [SIGSTOP],
  arrives: all.filter((number) => ![...nothing, SIGKILL, SIGSTOP].includes(number)),
};

/** runc 1.1.5 forwards it, newer ones do not. */
const later = [SIGURG];

const catching = (config: Draft): void => {
  config.process.args = ['/probe', '--catch'];
  delete config.process.capabilities.ambient;
};

/** A runtime in the foreground whose process tells of signals. */
class Foreground {
  readonly #child: ChildProcess;
  #output = '';
  ended = false;

  constructor(words: readonly string[]) {
    // a signal that ends it may leave a core file
    const limits = ['/usr/bin/prlimit', '--core=0'];
    this.#child = spawn('/usr/bin/env', [...bare({}), ...limits, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child.stdout?.on('data', (data) => {
      this.#output += data;
    });
    this.#child.on('exit', () => {
      this.ended = true;
    });
  }

  count(number: number): number {
    return this.#output.split('\n').filter((line) => line === String(number)).length;
  }

  send(number: number): void {
    kill(this.#child.pid as number, number);
  }

  stopped(): boolean {
    if (this.ended) return false;
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  }

  /** Sends a signal that arrives, and waits for it; false when the runtime is gone. */
  async fence(number: number): Promise<boolean> {
    const before = this.count(number);
    this.send(number);
    await until(() => this.ended || this.count(number) > before);
    return !this.ended;
  }

  async effect(number: number): Promise<Effect> {
    const before = this.count(number);
    this.send(number);
    if (number === SIGSTOP) {
      await until(() => this.stopped());
      this.send(SIGCONT);
      return 'stops';
    }
    // signals that wait together may overtake one another, but not one that was sent when another had arrived
    const fence = number === 62 ? 61 : 62;
    for (const _ of [1, 2]) if (!(await this.fence(fence))) return 'ends';
    return this.count(number) > before ? 'arrives' : 'nothing';
  }
}

/** The effect of all signals; `start` begins anew when one has ended the runtime. */
async function effects(start: () => Promise<Foreground>): Promise<Record<Effect, number[]>> {
  const table: Record<Effect, number[]> = { nothing: [], ends: [], stops: [], arrives: [] };
  let foreground = await start();
  for (const number of all) {
    const effect = await foreground.effect(number);
    table[effect].push(number);
    if (effect === 'ends') foreground = await start();
  }
  foreground.send(SIGKILL);
  return table;
}

async function ready(foreground: Foreground): Promise<Foreground> {
  await until(() => foreground.count(0) === 1 || foreground.ended);
  if (foreground.ended) throw new Error('the runtime ended before its process was there');
  return foreground;
}

const global = ({ root }: Container) => ['--root', root, ...driverOptions];

function run(t: Test, runtime: string, prefix: readonly string[] = []): Promise<Foreground> {
  const container = makeContainer(t, catching, runtime);
  const words = ['run', '--bundle', container.bundle, container.id];
  return ready(new Foreground([...prefix, runtime, ...global(container), ...words]));
}

t.test('every signal, to run', { skip, timeout }, async (t) => {
  t.strictSame(await effects(() => run(t, noci)), expected);
  const without = (table: Readonly<Record<Effect, readonly number[]>>) =>
    Object.values(table).map((numbers) => numbers.filter((number) => !later.includes(number)));
  t.strictSame(without(await effects(() => run(t, runc))), without(expected), 'and runc does the same');
});

t.test('every signal, to exec', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    catching(config);
    config.process.args = ['/bin/sleep', '1000'];
  });
  must(container.run('-d'));
  const words = [noci, ...global(container), 'exec', container.id, '/probe', '--catch'];
  t.strictSame(await effects(() => ready(new Foreground(words))), expected);
});

t.test('signals that the caller ignores or blocks', { skip, timeout }, async (t) => {
  const names = 'HUP,INT,QUIT,USR1,TERM,TTIN,TTOU,TSTP';
  for (const runtime of [noci, runc]) {
    for (const option of ['ignore', 'block']) {
      const foreground = await run(t, runtime, ['/usr/bin/env', `--${option}-signal=${names}`]);
      for (const number of [1, 2, 3, 10, 15, 20, 21, 22])
        t.equal(await foreground.effect(number), 'arrives', `${option}, ${runtime}: ${number}`);
      foreground.send(SIGKILL);
    }
  }
});

t.test('a terminal of another size is SIGWINCH inside, and nothing else is', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    catching(config);
    config.process.terminal = true;
  });
  const pty = new Pty(t);
  const child = pty.spawn([noci, ...global(container), 'run', '--bundle', container.bundle, container.id]);
  const count = (number: number): number =>
    pty
      .text()
      .split('\n')
      .filter((line) => line.trim() === String(number)).length;
  const fence = async (number: number): Promise<void> => {
    const before = count(number);
    kill(child.pid as number, number);
    await until(() => count(number) > before);
  };
  await until(() => count(0) === 1);
  const before = count(SIGWINCH);
  child.kill('SIGWINCH');
  await fence(62);
  await fence(62);
  t.equal(count(SIGWINCH), before, 'the size is the same');
  pty.resize(31, 99);
  await until(() => count(SIGWINCH) === before + 1);
  await fence(62);
  t.equal(count(SIGWINCH), before + 1, 'once');
  const end = new Promise((resolve) => child.on('exit', resolve));
  must(container.kill('KILL'));
  await end;
});
