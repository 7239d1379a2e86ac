import { type Cgroups, unifiedDirectory } from '../cgroup/directory.ts';
import type { HostFacts } from '../host/facts.ts';
import type { Stat } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_EMPTY_PATH } from '../native/open-flags.ts';
import { plainJson } from '../oci/json.ts';
import { hideBytes } from '../state/bytes-in-text.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import { type CgroupRecord, recordVersion } from '../state/record.ts';
import type { Creation } from './creation.ts';

/**
 * What a cgroup says of itself, in an extended attribute of its directory: that a runtime has made it for a container, and where that one's
 * record is. `gc` finds by it what has lost its record.
 */
export interface CgroupMark {
  readonly version: typeof recordVersion;
  /** path of the state root, as its maker saw it */
  readonly root: string;
  /** which directory that is: a path is another one in another mount namespace. st_dev and st_ino */
  readonly device: string;
  readonly inode: string;
  readonly id: string;
  /** all cgroups of the container: one of them is marked */
  readonly cgroup: CgroupRecord;
}

/**
 * The attribute that nobody can set but who may remove any cgroup: trusted.* wants CAP_SYS_ADMIN in the initial user namespace (cgroup v1
 * and v2 since Linux 3.7). Others mark what they own (user.*, Linux 5.7). xattr(7)
 */
export function markName({ euid, inUserNamespace }: HostFacts): 'trusted.noci' | 'user.noci' {
  return euid === 0 && !inUserNamespace ? 'trusted.noci' : 'user.noci';
}

/** The one that is marked: a second call would cost as much as the first. */
export function markedDirectory({ directories }: Cgroups): Cgroups['directories'][number] | undefined {
  return unifiedDirectory(directories) ?? directories[0];
}

/** Marks the container's cgroups. Without a mark a container is as good; only what it leaves is not found when its record is lost. */
export function markCgroup(
  { native, request, prepared }: Creation,
  { root }: ContainerDirectory,
  cgroup: CgroupRecord,
): void {
  const marked = markedDirectory(cgroup);
  if (marked === undefined) return;
  const { dev, ino } = native.stat(root, '', AT_EMPTY_PATH) as Stat;
  const mark: CgroupMark = {
    version: recordVersion,
    root: request.root,
    device: String(dev),
    inode: String(ino),
    id: request.id,
    cgroup,
  };
  try {
    native.lsetxattr(marked.path, markName(prepared.facts), hideBytes(plainJson(mark)));
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}
