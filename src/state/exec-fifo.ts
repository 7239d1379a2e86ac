import type { Fd, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { AT_SYMLINK_NOFOLLOW, O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK, O_RDWR, O_WRONLY } from '../native/open-flags.ts';
import type { ContainerDirectory } from './directory.ts';

/** It exists as long as the container is not started. */
export const fifoFile = 'exec.fifo';

/**
 * Makes the fifo that `start` writes to. 0600: init gets its end as an fd, and nobody but the runtime may start the container.
 */
export function makeExecFifo(native: Native, { fd }: ContainerDirectory): void {
  native.mkfifo(fd, fifoFile, 0o600);
}

/**
 * init's end: does not block, and holds the fifo readable so that `start` can tell whether init is there. It can write too: when something
 * goes wrong after `start`, nobody is left to tell but whoever has kept the fifo open. fifo(7)
 */
export function openInitEnd(native: Native, { fd }: ContainerDirectory): Fd {
  return native.open(fd, fifoFile, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
}

/** The end of `start`, and of who waits for the container's end. undefined when nobody reads: init is gone, or it has started already. */
export function openWriteEnd(native: Native, { fd }: ContainerDirectory): Fd | undefined {
  try {
    return native.open(fd, fifoFile, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
  } catch (error) {
    if (isErrno(error, 'ENXIO', 'ENOENT')) return undefined;
    throw error;
  }
}

export function hasExecFifo(native: Native, { fd }: ContainerDirectory): boolean {
  return native.stat(fd, fifoFile, AT_SYMLINK_NOFOLLOW) !== undefined;
}

export function removeExecFifo(native: Native, { fd }: ContainerDirectory): void {
  native.unlink(fd, fifoFile, 0);
}
