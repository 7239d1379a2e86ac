import type { LinuxMemoryPolicy } from '../../oci/types.ts';
import { MAX_NODE } from '../../plan/memory-policy.ts';
import { parseNumberList } from '../../plan/number-list.ts';
import { type Check, type Problem, problem, problemIf } from '../problem.ts';

const withoutNodes: readonly string[] = ['MPOL_DEFAULT', 'MPOL_LOCAL'];

function checkNodes({ mode, nodes = '' }: LinuxMemoryPolicy): Problem[] {
  const place = '/linux/memoryPolicy/nodes';
  const numbers = parseNumberList(nodes, MAX_NODE);
  if (numbers === undefined) return [problem(place, `invalid memory policy nodes: "${nodes}" is not a list of nodes`)];
  const empty = numbers.length === 0;
  if (mode === undefined || mode === 'MPOL_PREFERRED') return [];
  if (withoutNodes.includes(mode)) return problemIf(!empty, place, `invalid memory policy nodes: ${mode} takes none`);
  return problemIf(empty, place, `invalid memory policy nodes: ${mode} needs at least one`);
}

/** set_mempolicy(2): the two ways to read the nodes exclude one another, and NUMA balancing goes with MPOL_BIND only. */
function checkFlags({ mode, flags = [] }: LinuxMemoryPolicy): Problem[] {
  const place = '/linux/memoryPolicy/flags';
  const both = flags.includes('MPOL_F_STATIC_NODES') && flags.includes('MPOL_F_RELATIVE_NODES');
  const balancing = flags.includes('MPOL_F_NUMA_BALANCING') && mode !== 'MPOL_BIND' && mode !== 'MPOL_PREFERRED_MANY';
  return [
    ...problemIf(
      both,
      place,
      'invalid memory policy flag: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude one another',
    ),
    ...problemIf(balancing, place, `invalid memory policy flag: MPOL_F_NUMA_BALANCING does not go with ${mode}`),
  ];
}

/** config-linux.md § Memory Policy. */
export const checkMemoryPolicy: Check = ({ linux }) => {
  const policy = linux?.memoryPolicy;
  if (policy === undefined) return [];
  return [
    ...problemIf(policy.mode === undefined, '/linux/memoryPolicy/mode', 'invalid memory policy mode: it is required'),
    ...checkNodes(policy),
    ...checkFlags(policy),
  ];
};
