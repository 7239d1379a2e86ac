import { wrongUnifiedKey } from '../../cgroup/settings/unified.ts';
import type { LinuxResources } from '../../oci/types.ts';
import { type Problem, problemIf } from '../problem.ts';

/** config-linux.md § Unified */
export function checkUnified({ unified = {} }: LinuxResources): Problem[] {
  return Object.keys(unified).flatMap((key) => {
    const wrong = wrongUnifiedKey(key);
    return problemIf(wrong !== undefined, ['linux', 'resources', 'unified', key], wrong ?? '');
  });
}
