import { CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC } from '../host/hierarchies.ts';
import type { DirFd, Fd, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { AT_FDCWD, AT_REMOVEDIR } from '../native/open-flags.ts';
import { type CgroupDirectory, type Cgroups, openCgroup, openSubCgroup, walkCgroups } from './directory.ts';
import { waitUntil } from './wait.ts';

/** How long a cgroup may stay busy after its last process: a zombie counts until it is reaped. Milliseconds. */
const busyTimeout = 10_000;

/** False when the kernel says that it is in use. ENOENT: it is gone, which is what was wanted. */
function removeOne(native: Native, parent: DirFd, name: string): boolean {
  try {
    native.unlink(parent, name, AT_REMOVEDIR);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return true;
    if (isErrno(error, 'EBUSY', 'ENOTEMPTY')) return false;
    throw error;
  }
}

/** Removes a cgroup with its sub-cgroups, deepest first; false when one of them is in use. */
function removeTree(native: Native, parent: Fd, name: string): boolean {
  if (removeOne(native, parent, name)) return true;
  const directory = openSubCgroup(native, parent, name);
  if (directory === undefined) return true;
  try {
    let removed = true;
    walkCgroups(native, directory, {
      leave: (above, sub) => {
        if (!removeOne(native, above, sub)) removed = false;
      },
    });
    if (!removed) return false;
  } finally {
    native.close(directory);
  }
  return removeOne(native, parent, name);
}

/** A saved plan may be of another boot or mount namespace: only what is a cgroup below its hierarchy's root is removed. */
function isRemovable(native: Native, { path, mountpoint }: CgroupDirectory): boolean {
  const names = path.slice(mountpoint.length + 1).split('/');
  if (!path.startsWith(`${mountpoint}/`) || names.some((name) => name === '' || name === '.' || name === '..'))
    return false;
  try {
    const filesystem = native.statfs(path);
    return filesystem === CGROUP_SUPER_MAGIC || filesystem === CGROUP2_SUPER_MAGIC;
  } catch (error) {
    // a path through a file, which is why there is no such cgroup
    if (isErrno(error, 'ENOTDIR')) return false;
    throw error;
  }
}

function removeDirectory(native: Native, directory: CgroupDirectory, limit: number): void {
  // Nearly always it is empty: one rmdir then, and nothing to open.
  if (!isRemovable(native, directory) || removeOne(native, AT_FDCWD, directory.path)) return;
  const last = directory.path.lastIndexOf('/');
  const parent = openCgroup(native, directory.path.slice(0, last));
  if (parent === undefined) return;
  try {
    const name = directory.path.slice(last + 1);
    const removed = waitUntil(native, limit, () => removeTree(native, parent, name));
    if (!removed) throw new Failure(`unable to remove cgroup ${directory.path}: it is still in use`);
  } finally {
    native.close(parent);
  }
}

/**
 * Removes the cgroups of a container and whatever cgroups the container made in them. What is not there is fine, so that it can be
 * repeated and works from a saved plan alone. All hierarchies are tried before the first failure is told.
 *
 * @throws Failure when one is still in use after 10 seconds; the others are gone then as far as they can be
 */
export function removeCgroup(native: Native, { directories }: Cgroups): void {
  let failure: { readonly error: unknown } | undefined;
  for (const directory of directories) {
    try {
      // One wait is enough for all: they are in use for the same reason.
      removeDirectory(native, directory, failure === undefined ? busyTimeout : 0);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}
