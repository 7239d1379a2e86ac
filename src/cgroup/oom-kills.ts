import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { Cgroups } from './directory.ts';

/** Where the line "oom_kill N" is, by version. The kernel's cgroup-v1/memory.rst, cgroup-v2.rst */
export const oomFiles = { 1: 'memory.oom_control', 2: 'memory.events' } as const;

/** Processes killed for want of memory, by the text of such a file. */
export function oomKills(text: string | undefined): bigint {
  return BigInt(/^oom_kill (\d+)$/m.exec(text ?? '')?.[1] ?? 0);
}

/** Whether the kernel has killed a process of these cgroups for want of memory. */
export function wasOomKilled(native: Native, { directories }: Cgroups): boolean {
  return directories
    .filter(({ version, controllers }) => version === 2 || controllers.includes('memory'))
    .some(({ path, version }) => oomKills(readEvents(native, `${path}/${oomFiles[version]}`)) > 0n);
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
