import type { LinuxMemory, LinuxResources } from '../../oci/types.ts';
import type { ControlWrite } from '../../plan/plan.ts';
import * as limits from '../limits.ts';
import type { Controller, Setting } from './setting.ts';

/**
 * The kernel refuses (EINVAL) a moment in which memory and swap together are limited to less than memory. A limit that grows comes after
 * that of both, one that shrinks before it: so it is tried before, and again behind. cgroup-v1/memory.rst § 2.4
 */
function version1({ memory = {} }: LinuxResources): Setting[] {
  const { limit, swap, reservation, swappiness, disableOOMKiller } = memory;
  return [
    { file: 'memory.limit_in_bytes', value: limits.memoryBytes(limit), property: 'memory/limit', retried: true },
    {
      file: 'memory.memsw.limit_in_bytes',
      value: limits.memorySwapBytes(limit, swap),
      property: limits.isSet(swap) ? 'memory/swap' : 'memory/limit',
      // a kernel that does not count swap limits none
      optional: !limits.isSet(swap),
    },
    { file: 'memory.soft_limit_in_bytes', value: limits.memoryBytes(reservation), property: 'memory/reservation' },
    { file: 'memory.oom_control', value: disableOOMKiller ? '1' : undefined, property: 'memory/disableOOMKiller' },
    { file: 'memory.swappiness', value: limits.swappiness(swappiness), property: 'memory/swappiness' },
  ];
}

/** config-linux.md § Memory, checkBeforeUpdate: v1 refuses a limit below the usage, v2 would call the OOM killer. */
function usage(memory: LinuxMemory): Pick<ControlWrite, 'usage'> {
  if (!memory.checkBeforeUpdate) return {};
  const bounds = [
    { limit: memory.swap, name: 'memory+swap limit' },
    { limit: memory.limit, name: 'memory limit' },
  ].flatMap(({ limit = 0, name }) => (limit > 0 ? [{ limit: BigInt(limit), name }] : []));
  return bounds.length === 0 ? {} : { usage: { file: 'memory.current', bounds } };
}

/** Swap before memory, so that no moment has the memory limit without the swap limit. */
function version2({ memory = {} }: LinuxResources): Setting[] {
  const { limit, swap, reservation } = memory;
  const swapMax = limits.memorySwapMax(limit, swap);
  return [
    {
      file: 'memory.swap.max',
      value: swapMax,
      property: limits.isSet(swap) ? 'memory/swap' : 'memory/limit',
      // a kernel that does not count swap limits none, and a host without swap has none to give
      optional: swapMax === 'max' || swapMax === '0',
    },
    { file: 'memory.max', value: limits.memoryMax(limit), property: 'memory/limit', ...usage(memory) },
    { file: 'memory.low', value: limits.memoryMax(reservation), property: 'memory/reservation' },
  ];
}

/** config-linux.md § Memory */
export const memory: Controller = {
  version1: { controller: 'memory', settings: version1 },
  version2: { controller: 'memory', settings: version2 },
};
