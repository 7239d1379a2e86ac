import type { LinuxResources } from '../../oci/types.ts';
import type { Check, Problem } from '../problem.ts';
import { checkBlockIO } from './block-io.ts';
import { checkCpu } from './cpu.ts';
import { checkHugepageLimits } from './hugepage-limits.ts';
import { checkMemory } from './memory.ts';
import { checkNetwork } from './network.ts';
import { checkRdma } from './rdma.ts';
import { checkUnified } from './unified.ts';

const checks = [checkMemory, checkCpu, checkBlockIO, checkHugepageLimits, checkNetwork, checkRdma, checkUnified];

/** What can be said of limits without a look at the host: values that exclude one another, and what the kernel would refuse. */
export function resourceProblems(resources: LinuxResources): Problem[] {
  return checks.flatMap((check) => check(resources));
}

/** config-linux.md § Control groups */
export const checkResources: Check = ({ linux }) =>
  linux?.resources === undefined ? [] : resourceProblems(linux.resources);
