import type { HostFacts } from '../host/facts.ts';
import type { Linux, LinuxIDMapping } from '../oci/types.ts';
import { idMap } from './idmap.ts';
import { hasNamespace, namespaceEntry, newNamespace } from './namespaces.ts';
import type { ProcessWrite } from './plan.ts';
import type { PlanInput, Planner } from './planner.ts';
import { planned } from './planner.ts';

/** The id outside of the user namespace; undefined when it is not mapped. */
export function hostId(mappings: readonly LinuxIDMapping[], id: number): number | undefined {
  const mapping = mappings.find(({ containerID, size }) => id >= containerID && id - containerID < size);
  return mapping && mapping.hostID + id - mapping.containerID;
}

/** Init is born in it, made or joined. */
export const becomeRoot: Planner = ({ linux }) => {
  const entry = namespaceEntry(linux, 'user');
  return entry ? [planned({ step: 'become_root' }, entry.pointer)] : [];
};

/** The container, or the runtime itself, is in a user namespace: there nobody can make a device node. user_namespaces(7) */
export function isInUserNamespace({ linux, facts }: Pick<PlanInput, 'linux' | 'facts'>): boolean {
  return hasNamespace(linux, 'user') || facts.inUserNamespace;
}

/** The one map that somebody without privileges may write. */
function mapsItself(mappings: readonly LinuxIDMapping[], id: number): boolean {
  return mappings.length === 1 && mappings[0]?.size === 1 && mappings[0].hostID === id;
}

/**
 * Without privileges the own group is mapped only after setgroups(2) was given up: it could drop a group that denies something
 * (CVE-2014-8989). newgidmap(1) maps more, and keeps setgroups.
 */
function givesUpGroups({ gidMappings = [] }: Linux, { euid, egid }: HostFacts): boolean {
  return euid !== 0 && mapsItself(gidMappings, egid);
}

/** Whether setgroups(2) works for the container's processes. */
export function groupsAllowed({ linux, facts }: Pick<PlanInput, 'linux' | 'facts'>): boolean {
  if (!facts.setgroups) return false;
  return newNamespace(linux, 'user') === undefined || !givesUpGroups(linux, facts);
}

const mapPrograms = { uid_map: 'newuidmap', gid_map: 'newgidmap' } as const;

function mapWrite(
  file: keyof typeof mapPrograms,
  mappings: readonly LinuxIDMapping[],
  euid: number,
  id: number,
): ProcessWrite {
  const write = {
    file,
    value: idMap(mappings),
    pointer: file === 'uid_map' ? '/linux/uidMappings' : '/linux/gidMappings',
  };
  return euid === 0 || mapsItself(mappings, id) ? write : { ...write, program: mapPrograms[file] };
}

/**
 * What the runtime writes into init's folder in procfs before it sends the plan: the maps of a new user namespace, without which
 * nobody in it is root, and what only somebody outside has the right to. Gids first: uid_map would make init the container's own.
 */
export function processWrites(input: PlanInput): ProcessWrite[] {
  const { linux, process, facts } = input;
  if (!hasNamespace(linux, 'user')) return [];
  const { oomScoreAdj } = process;
  const score: ProcessWrite[] =
    oomScoreAdj === undefined
      ? []
      : [{ file: 'oom_score_adj', value: String(oomScoreAdj), pointer: '/process/oomScoreAdj' }];
  if (newNamespace(linux, 'user') === undefined) return score;
  const { uidMappings = [], gidMappings = [] } = linux;
  const denial: ProcessWrite[] =
    groupsAllowed(input) || !facts.setgroups
      ? []
      : [{ file: 'setgroups', value: 'deny', pointer: '/linux/gidMappings' }];
  return [
    ...score,
    ...denial,
    mapWrite('gid_map', gidMappings, facts.euid, facts.egid),
    mapWrite('uid_map', uidMappings, facts.euid, facts.euid),
  ];
}
