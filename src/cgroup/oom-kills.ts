import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { CgroupPlan } from '../plan/plan.ts';
import { type Cgroups, unifiedDirectory } from './directory.ts';

/** Where the line "oom_kill N" is, by version. The kernel's cgroup-v1/memory.rst, cgroup-v2.rst */
export const oomFiles = { 1: 'memory.oom_control', 2: 'memory.events' } as const;

/** Processes killed for want of memory, by the text of such a file. */
export function oomKills(text: string | undefined): bigint {
  return BigInt(/^oom_kill (\d+)$/m.exec(text ?? '')?.[1] ?? 0);
}

/** Of all cgroups that count; undefined when none of them has such a file (any more): another hierarchy has it, or systemd has removed it. */
function ownKills(native: Native, { directories }: Cgroups): bigint | undefined {
  return directories
    .filter(({ version, controllers }) => version === 2 || controllers.includes('memory'))
    .map(({ path, version }) => killsIn(native, `${path}/${oomFiles[version]}`))
    .reduce((sum, count) => (count === undefined ? sum : (sum ?? 0n) + count), undefined);
}

/** Those of the slice that a scope with a limit of its own is in. A count of v2 has what was below in it, and outlives that. */
function sliceKills(native: Native, { systemd, directories, limits }: CgroupPlan): bigint | undefined {
  const path = unifiedDirectory(directories)?.path;
  if (systemd === undefined || !limits.some(({ file }) => file === `${path}/memory.max`)) return undefined;
  return killsIn(native, `${path?.slice(0, path.lastIndexOf('/'))}/${oomFiles[2]}`);
}

/**
 * Tells later whether the kernel has killed a process of cgroups for want of memory. To be asked for before there is one: systemd
 * removes the cgroup of a scope as soon as its last process has left it, and of that only the slice's count is left.
 */
export function watchOomKills(native: Native, plan: CgroupPlan): () => boolean {
  const before = sliceKills(native, plan);
  return () => {
    const own = ownKills(native, plan);
    if (own !== undefined || before === undefined) return (own ?? 0n) > 0n;
    return (sliceKills(native, plan) ?? 0n) > before;
  };
}

function killsIn(native: Native, path: string): bigint | undefined {
  try {
    return oomKills(native.readText(AT_FDCWD, path, 4096));
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}
