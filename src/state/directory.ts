import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
} from '../native/open-flags.ts';
import { isId } from './id.ts';
import { lock, unlock } from './lock.ts';

const directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/** A container's directory `<root>/<id>/`, held open with its root; everything in it is named relative to `fd`. */
export interface ContainerDirectory {
  readonly id: string;
  readonly root: Fd;
  readonly fd: Fd;
}

/** Opens a container's directory without a lock. undefined when there is none. `id` must have passed checkId. */
export function openDirectory(native: Native, root: Fd, id: string): ContainerDirectory | undefined {
  try {
    return { id, root, fd: native.open(root, id, directory, 0) };
  } catch (error) {
    // a plain file or a symlink of that name is no container
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/**
 * Opens a container's directory and takes its lock. undefined when there is no such directory, also when it went away during
 * the wait. Throws a Failure when another command holds the lock for more than `timeout` milliseconds.
 */
export function lockDirectory(native: Native, root: Fd, id: string, timeout: number): ContainerDirectory | undefined {
  for (;;) {
    const opened = openDirectory(native, root, id);
    if (opened === undefined) return undefined;
    if (!lock(native, opened.fd, timeout)) {
      native.close(opened.fd);
      throw busy(id, timeout);
    }
    if (isCurrent(native, opened)) return opened;
    native.close(opened.fd);
  }
}

/** As {@link lockDirectory}, without waiting: 'busy' when another command holds the lock. */
export function tryLockDirectory(native: Native, root: Fd, id: string): ContainerDirectory | 'busy' | undefined {
  const opened = openDirectory(native, root, id);
  if (opened === undefined) return undefined;
  const locked = lock(native, opened.fd, 0);
  if (locked && isCurrent(native, opened)) return opened;
  native.close(opened.fd);
  return locked ? undefined : 'busy';
}

function busy(id: string, timeout: number): Failure {
  return new Failure(`container ${id} is busy: another command has held its lock for ${timeout / 1000}s`);
}

/** Gives up the lock of a directory that stays open, so that {@link relockDirectory} knows it again. */
export function unlockDirectory(native: Native, { fd }: ContainerDirectory): void {
  unlock(native, fd);
}

/**
 * Takes the lock once more. False when the directory was removed meanwhile, also when another one is in its place: no inode is used
 * again while it is open. Throws as {@link lockDirectory} does.
 */
export function relockDirectory(native: Native, directory: ContainerDirectory, timeout: number): boolean {
  if (!lock(native, directory.fd, timeout)) throw busy(directory.id, timeout);
  return isCurrent(native, directory);
}

/** Closes the directory and its root, which gives up the lock. */
export function closeDirectory(native: Native, { root, fd }: ContainerDirectory): void {
  native.close(fd);
  native.close(root);
}

/** The directory may have been removed, and another one made in its place, between open and lock. */
function isCurrent(native: Native, { root, id, fd }: ContainerDirectory): boolean {
  const named = native.stat(root, id, AT_SYMLINK_NOFOLLOW);
  const held = native.stat(fd, '', AT_EMPTY_PATH);
  return named !== undefined && named.ino === held?.ino && named.dev === held.dev;
}

/**
 * Makes the container's directory, which decides who owns the id, and locks it. Throws a Failure with runc's text when the id is taken.
 */
export function reserveDirectory(native: Native, root: Fd, id: string, timeout: number): ContainerDirectory {
  for (;;) {
    makeDirectory(native, root, id);
    // a forced delete may take the empty directory for the rest of a create that was killed: then there is no such id again
    const reserved = lockDirectory(native, root, id, timeout);
    if (reserved === undefined) continue;
    // 0711 whatever the umask: what is bind-mounted from here must be reachable for other users
    native.fchmod(reserved.fd, 0o711);
    return reserved;
  }
}

function makeDirectory(native: Native, root: Fd, id: string): void {
  try {
    native.mkdir(root, id, 0o711);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw new Failure('container with given ID already exists', '', { code: 'EXISTS' });
    throw error;
  }
}

/** Removes the directory with what is in it. `first` goes first: without it the container does not exist for anybody. */
export function removeDirectory(native: Native, { root, id, fd }: ContainerDirectory, first: string): void {
  remove(native, fd, first, 0);
  empty(native, fd, '.');
  remove(native, root, id, AT_REMOVEDIR);
}

/** Removes what is in a directory, and in those below. */
function empty(native: Native, parent: Fd, path: string): void {
  const listing = native.open(parent, path, directory, 0);
  try {
    for (const { name, type } of native.readdir(listing)) {
      if (name === '.' || name === '..') continue;
      if (type === 4) empty(native, listing, name);
      remove(native, listing, name, type === 4 ? AT_REMOVEDIR : 0);
    }
  } finally {
    native.close(listing);
  }
}

function remove(native: Native, parent: Fd, name: string, flags: number): void {
  try {
    native.unlink(parent, name, flags);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** The names in the root that may be containers, in the order of their bytes. */
export function listIds(native: Native, path: string): string[] {
  const listing = native.open(AT_FDCWD, path, directory, 0);
  try {
    const entries = native.readdir(listing).filter(({ type }) => type === 4 || type === 0);
    // what is no id is the runtime's own (seccomp/cache.ts)
    return entries
      .map(({ name }) => name)
      .filter(isId)
      .sort();
  } finally {
    native.close(listing);
  }
}
