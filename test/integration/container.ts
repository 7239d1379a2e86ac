// One container under test: a bundle, a state root and an id of its own, everything gone when the test ends.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Draft, makeBundle, noci } from './bundle.ts';
import { placeOnSystemd } from './cgroup-driver.ts';
import { type CallOptions, call, type Outcome } from './report.ts';

/** Calls of one runtime for one container. `id` is in the names of its cgroups too, since `runc spec` gives no cgroupsPath. */
export interface Container {
  readonly bundle: string;
  readonly root: string;
  readonly id: string;
  /** any command line after --root */
  call(args: readonly string[], env?: Record<string, string>, options?: CallOptions): Outcome;
  /** `run`, in the foreground; options of it may be added */
  run(...options: string[]): Outcome;
  create(...options: string[]): Outcome;
  start(): Outcome;
  kill(signal?: string): Outcome;
  delete(...options: string[]): Outcome;
  /** what `state` prints; throws when it refuses */
  state(): Draft;
}

let made = 0;

/** In the names of all containers of this process; a caller whose pids are others may choose it. */
export const { NOCI_TEST_MARK: mark = String(process.pid) } = process.env;

/** A container of `runtime` that is not made yet; `change` gets the base config and the folder of the bundle. */
export function makeContainer(
  t: Test,
  change: (config: Draft, folder: string) => void = () => {},
  runtime: string = noci,
): Container {
  const id = `noci-test-${mark}-${++made}`;
  const bundle = makeBundle(t, (config, folder) => {
    change(config, folder);
    placeOnSystemd(config, id);
  });
  const root = mkdtempSync(join(tmpdir(), 'noci-root-'));
  const container: Container = {
    bundle,
    root,
    id,
    call: (args, env = {}, options = {}) => call(runtime, root, args, env, options),
    run: (...options) => container.call(['run', '--bundle', bundle, ...options, id]),
    create: (...options) => container.call(['create', '--bundle', bundle, ...options, id]),
    start: () => container.call(['start', id]),
    kill: (signal = 'KILL') => container.call(['kill', id, signal]),
    delete: (...options) => container.call(['delete', ...options, id]),
    state: () => {
      const outcome = container.call(['state', id]);
      if (outcome.status !== 0) throw new Error(`state: ${outcome.stderr}`);
      return JSON.parse(outcome.stdout);
    },
  };
  t.teardown(() => {
    if (existsSync(root) && readdirSync(root).length > 0) container.delete('--force');
    rmSync(root, { recursive: true, force: true });
  });
  return container;
}

/** A running container whose first process sleeps. */
export function running(
  t: Test,
  change: (config: Draft, folder: string) => void = () => {},
  runtime: string = noci,
): Container {
  const container = makeContainer(
    t,
    (config, folder) => {
      config.process.args = ['/bin/sleep', '10000'];
      // Debian's template has these without inheritable ones, which the kernel warns about
      config.process.capabilities.ambient = [];
      change(config, folder);
    },
    runtime,
  );
  must(container.create());
  must(container.start());
  return container;
}

/** Makes every call succeed or says which did not: for what a test needs before its own subject. */
export function must(outcome: Outcome): Outcome {
  if (outcome.status !== 0) throw new Error(`status ${outcome.status ?? outcome.signal}: ${outcome.stderr}`);
  return outcome;
}

/** Waits until `condition` holds. It is looked at again and again without an upper limit of its own: the test's timeout is the guard. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** False when there is no such process, or only a zombie of it. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !'ZX'.includes(stat.slice(stat.lastIndexOf(')') + 2)[0] ?? 'X');
  } catch {
    return false;
  }
}

/** Field 22 of proc_pid_stat(5): the clock tick at which a process started. */
export function startTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}
