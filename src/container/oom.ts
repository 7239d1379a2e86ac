import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { CgroupRecord } from '../state/record.ts';

/** memory.events of v2 and memory.oom_control of v1 both have the line "oom_kill N". cgroups documentation of the kernel */
const files = { 1: 'memory.oom_control', 2: 'memory.events' } as const;

/** Whether the kernel has killed a process of these cgroups for want of memory. */
export function wasOomKilled(native: Native, { directories }: CgroupRecord): boolean {
  return directories
    .filter(({ version, controllers }) => version === 2 || controllers.includes('memory'))
    .some(({ path, version }) => /^oom_kill [1-9]/m.test(readEvents(native, `${path}/${files[version]}`)));
}

/** '' when the cgroup has no such file: the controller is not enabled, or another hierarchy has it. */
function readEvents(native: Native, path: string): string {
  try {
    return native.readText(AT_FDCWD, path, 4096);
  } catch (error) {
    if (isNativeError(error)) return '';
    throw error;
  }
}
