import type { Linux, LinuxIDMapping, Mount } from '../oci/types.ts';
import type { MountOptions } from './mount-options.ts';
import { newNamespace } from './namespaces.ts';

/** What /proc/PID/uid_map and gid_map take: "inside outside size", a line each. user_namespaces(7) */
export function idMap(mappings: readonly LinuxIDMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}

/**
 * By which user namespace the ids of a mount are mapped: one with these maps, or where both are '' the container's own.
 * mount_setattr(2) § ID-mapped mounts
 */
export interface Idmap {
  /** for everything below the mount too */
  readonly recursive: boolean;
  readonly uids: string;
  readonly gids: string;
}

/** What an entry of `mounts` asks for: by its options, or by mappings alone, as in runc. config.md § POSIX-platform Mounts */
export function idmapOf(
  { uidMappings = [], gidMappings = [] }: Pick<Mount, 'uidMappings' | 'gidMappings'>,
  { idmap }: Pick<MountOptions, 'idmap'>,
): Idmap | undefined {
  if (idmap === undefined && uidMappings.length === 0 && gidMappings.length === 0) return undefined;
  return { recursive: idmap?.recursive ?? false, uids: idMap(uidMappings), gids: idMap(gidMappings) };
}

/** Engines give a mount the mappings of the container: then no other user namespace has to be made for it. */
export function sharedIdmap(idmap: Idmap, linux: Linux): Idmap {
  const { uidMappings = [], gidMappings = [] } = linux;
  const same = idmap.uids === idMap(uidMappings) && idmap.gids === idMap(gidMappings);
  return same && newNamespace(linux, 'user') !== undefined ? { ...idmap, uids: '', gids: '' } : idmap;
}
