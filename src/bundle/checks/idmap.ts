import type { Linux, Mount } from '../../oci/types.ts';
import { idmapOf } from '../../plan/idmap.ts';
import { decodeMountOptions } from '../../plan/mount-options.ts';
import { hasNamespace } from '../../plan/namespaces.ts';
import { isBind } from '../mount-kind.ts';
import { type Check, type Problem, problemIf } from '../problem.ts';
import { checkMappings } from './id-mappings.ts';

/** The words are runc's. */
function checkMount(mount: Mount, index: number, linux: Linux): Problem[] {
  const options = decodeMountOptions(mount.options ?? []);
  if (idmapOf(mount, options) === undefined) return [];
  const { uidMappings = [], gidMappings = [] } = mount;
  const missing = uidMappings.length > 0 ? 'gidMappings' : 'uidMappings';
  const unequal = uidMappings.length > 0 !== gidMappings.length > 0;
  const unmapped = uidMappings.length === 0 && gidMappings.length === 0 && !hasNamespace(linux, 'user');
  return [
    ...problemIf(
      !isBind(mount) || options.remount,
      `/mounts/${index}`,
      'id-mapped mounts are only supported for bind-mounts',
    ),
    ...problemIf(unequal, ['mounts', index, missing], 'uidMappings and gidMappings need one another'),
    ...problemIf(unmapped, `/mounts/${index}`, 'id-mapped mounts must have both uid and gid mappings specified'),
    ...checkMappings(uidMappings, `/mounts/${index}/uidMappings`),
    ...checkMappings(gidMappings, `/mounts/${index}/gidMappings`),
  ];
}

/** config.md § POSIX-platform Mounts: mappings of their own, both kinds, or else those of the container's user namespace. */
export const checkIdmaps: Check = ({ mounts = [], linux = {} }) =>
  mounts.flatMap((mount, index) => checkMount(mount, index, linux));
