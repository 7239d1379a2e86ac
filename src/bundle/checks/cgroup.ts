import type { LinuxMemory } from '../../oci/types.ts';
import { byteLength } from '../path-text.ts';
import { type Check, type Problem, problemIf } from '../problem.ts';

/** NAME_MAX, PATH_MAX; limits.h */
const longestName = 255;
const longestPath = 4095;

/**
 * config-linux.md § Cgroups Path: a runtime may consider values invalid. A ".." could leave the place that was meant, and the root of
 * a hierarchy can be neither limited nor removed.
 */
export const checkCgroupsPath: Check = ({ linux }) => {
  const path = linux?.cgroupsPath ?? '';
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  const tooLong = byteLength(path) > longestPath || names.some((name) => byteLength(name) > longestName);
  return [
    ...problemIf(names.includes('..'), '/linux/cgroupsPath', `cgroupsPath "${path}" must not contain ".."`),
    ...problemIf(path !== '' && names.length === 0, '/linux/cgroupsPath', `cgroupsPath "${path}" names no cgroup`),
    ...problemIf(path.includes('\n'), '/linux/cgroupsPath', 'cgroupsPath must not contain a newline'),
    ...problemIf(tooLong, '/linux/cgroupsPath', 'cgroupsPath is too long'),
  ];
};

/** config-linux.md § Memory: swap is memory and swap together, so it needs the memory limit and cannot be below it. -1: no limit. */
function checkSwap({ limit = 0, swap = 0 }: LinuxMemory): Problem[] {
  const place = '/linux/resources/memory/swap';
  if (swap === 0 || swap === -1) return [];
  if (limit === 0) return problemIf(true, place, 'unable to set swap limit without memory limit');
  return problemIf(limit > 0 && swap < limit, place, 'memory+swap limit should be >= memory limit');
}

/** config-linux.md § Memory, § CPU: values that exclude one another. */
export const checkResources: Check = ({ linux }) => {
  const { memory = {}, cpu = {} } = linux?.resources ?? {};
  const { quota = 0, burst = 0 } = cpu;
  return [
    ...checkSwap(memory),
    ...problemIf(
      quota > 0 && burst > quota,
      '/linux/resources/cpu/burst',
      `must not be larger than the quota ${quota}`,
    ),
  ];
};
