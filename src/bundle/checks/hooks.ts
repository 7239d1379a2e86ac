import type { Hook } from '../../oci/types.ts';
import { HOOKS } from '../../plan/hooks.ts';
import { pointer } from '../../plan/pointer.ts';
import { isAbsolute } from '../path-text.ts';
import { type Check, type Problem, problem, problemIf } from '../problem.ts';
import { environmentFault } from './process.ts';

function checkHook({ path, env = [], timeout }: Hook, ...place: readonly (string | number)[]): Problem[] {
  const relative = path !== undefined && !isAbsolute(path);
  return [
    ...problemIf(relative, [...place, 'path'], `hook path "${path}" must be absolute`),
    ...problemIf(timeout !== undefined && timeout <= 0, [...place, 'timeout'], 'timeout must be greater than zero'),
    ...env.flatMap((entry, index) => {
      const fault = environmentFault(entry);
      return fault === undefined ? [] : [problem(pointer(...place, 'env', index), fault)];
    }),
  ];
}

/** config.md § POSIX-platform Hooks: path must be absolute, timeout greater than zero. */
export const checkHooks: Check = ({ hooks }) =>
  HOOKS.flatMap((name) => (hooks?.[name] ?? []).flatMap((hook, index) => checkHook(hook, 'hooks', name, index)));
