import type { Fd, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from '../native/open-flags.ts';
import type { ContainerDirectory } from './directory.ts';

/** Bound into the container, read-only: nothing of the state is beside the socket. */
const name = 'notify';
const socketName = 'notify.sock';

/** Makes the directory that the container gets. 0755 whatever the umask: who notifies need not be root. */
export function makeNotifyDirectory(native: Native, { fd }: ContainerDirectory): void {
  native.mkdir(fd, name, 0o755);
  const made = native.open(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  native.fchmod(made, 0o755);
  native.close(made);
}

/** The directory alone, to be mounted. */
export function openNotifyDirectory(native: Native, { fd }: ContainerDirectory): Fd {
  return native.open(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

/**
 * Binds the socket, writable for everybody in the container. One that is there is of a start that was killed: the lock is ours.
 * undefined when the container was made without the directory.
 */
export function bindNotifySocket(native: Native, { fd }: ContainerDirectory): Fd | undefined {
  let directory: Fd;
  try {
    directory = native.open(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const umask = native.umask(0);
  try {
    removeStale(native, directory);
    return native.bindDatagram(directory, socketName);
  } finally {
    native.umask(umask);
    native.close(directory);
  }
}

function removeStale(native: Native, directory: Fd): void {
  try {
    native.unlink(directory, socketName, 0);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
