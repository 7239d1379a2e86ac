import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Native } from '../native/contract.ts';

/** What the addon itself implements: everything of {@link Native} but what is not compiled in. */
export type Addon = Omit<Native, 'cold' | 'hostLibraries'>;

/** Loads the addon from `directory`, by absolute path: nothing is searched for, least of all in the working directory, which is a bundle. */
export function loadAddon(directory: string): Addon {
  const path = join(directory, 'noci.node');
  try {
    return createRequire(path)(path) as Addon;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(`load ${path}: ${reason} (npm run build makes it)`, { cause: error });
  }
}

/** Loads one of the bundles that are not needed by every call. */
export function loadCold(directory: string, name: string): unknown {
  const path = join(directory, 'cold', `${name}.cjs`);
  return createRequire(path)(path);
}
