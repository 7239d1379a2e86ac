import type { Linux, LinuxIDMapping } from '../../oci/types.ts';
import { idMap } from '../../plan/idmap.ts';
import { decodeMountOptions } from '../../plan/mount-options.ts';
import { hasNamespace, newNamespace } from '../../plan/namespaces.ts';
import { hostId } from '../../plan/user-namespace.ts';
import { isBind } from '../mount-kind.ts';
import { type Check, type Problem, problem, problemIf } from '../problem.ts';

/** The last id is (uid_t)-1, which is none. */
const idCount = 0xffffffff;

/** user_namespaces(7): since Linux 4.15 */
const mostLines = 340;
/** what a map takes in the one write(2) that it allows */
const mostBytes = 4095;

type Kind = 'uidMappings' | 'gidMappings';

function checkRange({ containerID, hostID, size }: LinuxIDMapping, place: string): Problem[] {
  const beyond = (first: number) => first + size > idCount;
  return [
    ...problemIf(size === 0, `${place}/size`, 'an id mapping must have a size of at least 1'),
    ...problemIf(beyond(containerID), place, `container ids ${containerID} to ${containerID + size - 1} are not valid`),
    ...problemIf(beyond(hostID), place, `host ids ${hostID} to ${hostID + size - 1} are not valid`),
  ];
}

/** A map is a function, and so is the way back. */
function checkOverlap(mappings: readonly LinuxIDMapping[], index: number, place: string): Problem[] {
  const mapping = mappings[index] as LinuxIDMapping;
  return (['containerID', 'hostID'] as const).flatMap((side) => {
    const overlaps = (other: LinuxIDMapping) =>
      mapping[side] < other[side] + other.size && other[side] < mapping[side] + mapping.size;
    const earlier = mappings.slice(0, index).findIndex(overlaps);
    return problemIf(earlier >= 0, place, `the ${side} range overlaps that of mapping ${earlier}`);
  });
}

/** What the kernel takes as a map, whatever for. `place` is that of the list. user_namespaces(7) */
export function checkMappings(mappings: readonly LinuxIDMapping[], place: string): Problem[] {
  if (mappings.length > mostLines)
    return [problem(place, `${mappings.length} id mappings are more than the kernel's ${mostLines}`)];
  if (idMap(mappings).length > mostBytes)
    return [problem(place, `id mappings of ${mostBytes + 1} bytes and more are not taken by the kernel`)];
  return mappings.flatMap((mapping, index) => [
    ...checkRange(mapping, `${place}/${index}`),
    ...checkOverlap(mappings, index, `${place}/${index}`),
  ]);
}

/** Who sets the container up is its root. runc refuses it likewise. */
function checkRoot(linux: Linux, kind: Kind, noun: string): Problem[] {
  const mappings = linux[kind] ?? [];
  const missing = mappings.length > 0 && hostId(mappings, 0) === undefined;
  return problemIf(missing, `/linux/${kind}`, `user namespaces enabled, but no ${noun} mapping found for id 0`);
}

const kinds = [
  ['uidMappings', 'uid'],
  ['gidMappings', 'gid'],
] as const;

/** config-linux.md § User namespace mappings, user_namespaces(7). That a namespace and mappings need one another is another check's. */
export const checkIdMappings: Check = ({ linux = {} }) => {
  if (!hasNamespace(linux, 'user')) return [];
  const wrong = kinds.flatMap(([kind]) => checkMappings(linux[kind] ?? [], `/linux/${kind}`));
  return wrong.length > 0 ? wrong : kinds.flatMap(([kind, noun]) => checkRoot(linux, kind, noun));
};

/** The ids of the process are ids of the container's; setresuid(2) knows none that is not mapped. The words are runc's. */
export const checkMappedUser: Check = ({ linux = {}, process }) => {
  if (newNamespace(linux, 'user') === undefined) return [];
  const { uidMappings = [], gidMappings = [] } = linux;
  const { uid = 0, gid = 0, additionalGids = [] } = process?.user ?? {};
  const missing = (mappings: readonly LinuxIDMapping[], id: number) =>
    mappings.length > 0 && hostId(mappings, id) === undefined;
  const text = (noun: string, id: number) => `cannot set${noun} to unmapped ${noun} ${id} in user namespace`;
  return [
    ...problemIf(missing(uidMappings, uid), '/process/user/uid', text('uid', uid)),
    ...problemIf(missing(gidMappings, gid), '/process/user/gid', text('gid', gid)),
    ...additionalGids.flatMap((id, index) =>
      problemIf(missing(gidMappings, id), ['process', 'user', 'additionalGids', index], text('gid', id)),
    ),
  ];
};

/** A filesystem made in a user namespace takes the namespace's ids: devpts' gid=5 with a map of one id is EINVAL. */
export const checkMappedMountOptions: Check = ({ linux = {}, mounts = [] }) => {
  if (newNamespace(linux, 'user') === undefined) return [];
  return mounts.flatMap((mount, index) => {
    if (isBind(mount)) return [];
    return decodeMountOptions(mount.options ?? []).data.flatMap((parameter) => {
      const [, noun, digits] = /^([ug]id)=([0-9]+)$/.exec(parameter) ?? [];
      if (noun === undefined) return [];
      const mappings = linux[noun === 'uid' ? 'uidMappings' : 'gidMappings'] ?? [];
      const unmapped = mappings.length > 0 && hostId(mappings, Number(digits)) === undefined;
      const option = mount.options?.findIndex((text) => text.split(',').includes(parameter)) ?? 0;
      return problemIf(
        unmapped,
        ['mounts', index, 'options', option],
        `cannot specify ${parameter} for unmapped ${noun} in user namespace`,
      );
    });
  });
};
