import type { LinuxCPU, LinuxMemory } from '../oci/types.ts';

/**
 * The limits that belong to others: a later update that changes one of a pair has to know the other one. Absent where there is none;
 * a value of zero means none to engines, and is not here.
 */
export interface PairedLimits {
  readonly memory?: Pick<LinuxMemory, 'limit' | 'swap' | 'checkBeforeUpdate'>;
  readonly cpu?: Pick<LinuxCPU, 'quota' | 'period'>;
}
