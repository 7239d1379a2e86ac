import type { HostFacts } from '../host/facts.ts';
import type { Linux, LinuxIDMapping } from '../oci/types.ts';
import { idMap } from './idmap.ts';
import { hasNamespace, newNamespace } from './namespaces.ts';
import type { ProcessWrite } from './plan.ts';
import type { PlanInput } from './planner.ts';

/** The id outside of the user namespace; undefined when it is not mapped. */
export function hostId(mappings: readonly LinuxIDMapping[], id: number): number | undefined {
  const mapping = mappings.find(({ containerID, size }) => id >= containerID && id - containerID < size);
  return mapping && mapping.hostID + id - mapping.containerID;
}

/** The container, or the runtime itself, is in a user namespace: there nobody can make a device node. user_namespaces(7) */
export function isInUserNamespace({ linux, facts }: Pick<PlanInput, 'linux' | 'facts'>): boolean {
  return hasNamespace(linux, 'user') || facts.inUserNamespace;
}

/**
 * Somebody without privileges may map no id but the own one, and a group only after setgroups(2) was given up: it could drop a
 * group that denies something (CVE-2014-8989). newgidmap(1) does the rest for them, and keeps setgroups.
 */
function mapsItself({ uidMappings = [], gidMappings = [] }: Linux, { euid, egid }: HostFacts): boolean {
  const itself = (mappings: readonly LinuxIDMapping[], id: number) =>
    mappings.length === 1 && mappings[0]?.size === 1 && mappings[0].hostID === id;
  return itself(uidMappings, euid) && itself(gidMappings, egid);
}

/** Whether setgroups(2) works for the container's processes. */
export function groupsAllowed({ linux, facts }: Pick<PlanInput, 'linux' | 'facts'>): boolean {
  if (!facts.setgroups) return false;
  return facts.euid === 0 || newNamespace(linux, 'user') === undefined || !mapsItself(linux, facts);
}

/**
 * What the runtime writes into init's folder in procfs before it sends the plan: the maps of a new user namespace, without which
 * nobody in it is root, and what only somebody outside has the right to. Gids first: uid_map would make init the container's own.
 */
export function processWrites(input: PlanInput): ProcessWrite[] {
  const { linux, process } = input;
  if (!hasNamespace(linux, 'user')) return [];
  const { oomScoreAdj } = process;
  const score: ProcessWrite[] =
    oomScoreAdj === undefined
      ? []
      : [{ file: 'oom_score_adj', value: String(oomScoreAdj), pointer: '/process/oomScoreAdj' }];
  if (newNamespace(linux, 'user') === undefined) return score;
  const { uidMappings = [], gidMappings = [] } = linux;
  const denial: ProcessWrite[] =
    groupsAllowed(input) || !input.facts.setgroups
      ? []
      : [{ file: 'setgroups', value: 'deny', pointer: '/linux/gidMappings' }];
  return [
    ...score,
    ...denial,
    { file: 'gid_map', value: idMap(gidMappings), pointer: '/linux/gidMappings' },
    { file: 'uid_map', value: idMap(uidMappings), pointer: '/linux/uidMappings' },
  ];
}
