import { lookup } from './lookup.ts';
import { parseNumberList } from './number-list.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `linux.memoryPolicy.mode` → MPOL_* of set_mempolicy(2). */
export const MEMORY_POLICY_MODES: Readonly<Record<string, number>> = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
};

/** `linux.memoryPolicy.flags` → MPOL_F_*, which are part of the mode's number. */
export const MEMORY_POLICY_FLAGS: Readonly<Record<string, number>> = {
  MPOL_F_NUMA_BALANCING: 1 << 13,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_STATIC_NODES: 1 << 15,
};

/** The highest node number that any kernel can be built for: CONFIG_NODES_SHIFT is at most 10. */
export const MAX_NODE = 1023;

/** `linux.memoryPolicy` */
export const memoryPolicy: Planner = ({ linux }) => {
  if (linux.memoryPolicy === undefined) return [];
  const { mode: name = '', nodes: list = '', flags = [] } = linux.memoryPolicy;
  const nodes = parseNumberList(list, MAX_NODE);
  if (nodes === undefined) throw new Error(`invalid memory policy nodes: ${list}`);
  const mode = flags
    .map((flag) => lookup(MEMORY_POLICY_FLAGS, flag, `invalid memory policy flag: ${flag}`))
    .reduce((sum, bit) => sum | bit, lookup(MEMORY_POLICY_MODES, name, `invalid memory policy mode: ${name}`));
  return [planned({ step: 'memory_policy', mode, nodes }, '/linux/memoryPolicy')];
};
