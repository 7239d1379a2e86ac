// What tests of the library begin with: the built bundle, as a user imports it, and not the sources.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type * as Library from '../../src/node/index.ts';
import { type Draft, makeBundle, missing } from './bundle.ts';
import { driver, placeOnSystemd } from './cgroup-driver.ts';

export const dist = new URL('../../dist/', import.meta.url).pathname;
export const built = join(dist, 'index.mjs');
export const skip = missing() || (!existsSync(built) && 'dist/index.mjs is not built');
export const { Runtime, RuntimeError } =
  skip === false ? ((await import(built)) as typeof Library) : ({} as typeof Library);

export const forever = ['/bin/sh', '-c', 'while :; do sleep 1000; done'];

/** A root; what is in it when the test ends is removed. */
export function makeRoot(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'noci-library-'));
  t.teardown(() => {
    for (const id of readdirSync(root).filter((name) => !name.startsWith('@')))
      execFileSync(join(dist, 'noci'), ['--root', root, 'delete', '--force', id]);
    rmSync(root, { recursive: true, force: true });
  });
  return root;
}

/** A runtime with a root of its own. */
export function makeRuntime(t: Test, options: Library.RuntimeOptions = {}): Library.Runtime {
  return new Runtime({ root: makeRoot(t), systemdCgroup: driver === 'systemd', ...options });
}

let last = 0;

/** An id that no other test has at the same time, since cgroups are named by it. */
export function freshId(): string {
  last++;
  return `library-${process.pid}-${last}`;
}

/** A bundle whose process is `args`, and an id. */
export function make(t: Test, args: readonly string[], change: (config: Draft) => void = () => {}) {
  const id = freshId();
  const bundle = makeBundle(t, (config) => {
    config.process.args = args;
    placeOnSystemd(config, id);
    change(config);
  });
  return { id, bundle };
}

/** What a promise is rejected with. tap takes a class for one of errors by its source text alone. */
export async function errorOf(promise: Promise<unknown>): Promise<Library.RuntimeError> {
  try {
    await promise;
  } catch (error) {
    return error as Library.RuntimeError;
  }
  throw new Error('nothing was thrown');
}
