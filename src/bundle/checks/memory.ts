import type { LinuxMemory, LinuxResources } from '../../oci/types.ts';
import { type Problem, problemIf } from '../problem.ts';

const place = '/linux/resources/memory';

const limits = ['limit', 'reservation', 'swap'] as const;

/** swap is memory and swap together, so it needs the memory limit and cannot be below it. -1: no limit. */
function checkSwap({ limit = 0, swap = 0 }: LinuxMemory): Problem[] {
  if (swap <= 0) return [];
  if (limit === 0) return problemIf(true, `${place}/swap`, 'unable to set swap limit without memory limit');
  return problemIf(limit > 0 && swap < limit, `${place}/swap`, 'memory+swap limit should be >= memory limit');
}

/** 2^64-1 is -1 as an unsigned number: "not set" to runc. */
function checkSwappiness({ swappiness = 0 }: LinuxMemory): Problem[] {
  const wrong = swappiness > 100 && BigInt(swappiness) !== 2n ** 64n - 1n;
  return problemIf(
    wrong,
    `${place}/swappiness`,
    `invalid memory swappiness value: ${swappiness} (valid range is 0-100)`,
  );
}

/** config-linux.md § Memory */
export function checkMemory({ memory = {} }: LinuxResources): Problem[] {
  return [
    ...limits.flatMap((name) => {
      const value = memory[name] ?? 0;
      return problemIf(value < -1, `${place}/${name}`, `must be -1 for no limit or a number of bytes, is ${value}`);
    }),
    ...checkSwap(memory),
    ...checkSwappiness(memory),
  ];
}
