import type { Fd, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { O_CLOEXEC, O_RDONLY } from '../native/open-flags.ts';

/** Longer than any file of cgroup v2 that tells of its changes. */
const longest = 4096;

/** One reading of a file of cgroup v2 that tells of its changes; `fd` polls POLLPRI from the first one after it on. */
export interface Reading {
  readonly fd: Fd;
  readonly text: string;
}

/**
 * Opens and reads a file such as memory.events; undefined when it is not there. cgroup-v2.rst: "a file modified event is generated".
 * To see what has changed it is opened once more: what is polled is the open file that was read. The caller closes it.
 */
export function readChanging(native: Native, directory: Fd, name: string): Reading | undefined {
  let fd: Fd | undefined;
  try {
    fd = native.open(directory, name, O_RDONLY | O_CLOEXEC, 0);
    return { fd, text: String.fromCharCode(...native.read(fd, longest)) };
  } catch (error) {
    if (fd !== undefined) native.close(fd);
    if (isErrno(error, 'ENOENT', 'ENODEV')) return undefined;
    throw error;
  }
}
