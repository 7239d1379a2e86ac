import type { Fd, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { O_CLOEXEC, O_RDONLY } from '../native/open-flags.ts';
import { POLLPRI } from '../native/poll-events.ts';

/** Longer than any file of cgroup v2 that tells of its changes. */
const longest = 4096;

/** One reading of a file; `fd` polls POLLPRI from the first change after it on. */
interface Reading {
  readonly fd: Fd;
  readonly text: string;
}

/** undefined when the file is not there. */
function readOnce(native: Native, directory: Fd, name: string): Reading | undefined {
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

/** A file of cgroup v2 that tells of its changes. */
export interface ChangingFile {
  /** what poll(2) is to wait for; undefined when the file is not there */
  poll(): { readonly fd: Fd; readonly events: number } | undefined;
  /** Its text now; undefined when the file is not there (any more). */
  read(): string | undefined;
  close(): void;
}

/**
 * Follows a file such as memory.events. cgroup-v2.rst: "a file modified event is generated". To see what has changed it is opened once
 * more: what is polled is the open file that was read. The caller closes it.
 */
export function followFile(native: Native, directory: Fd, name: string): ChangingFile {
  let reading: Reading | undefined;
  const close = () => {
    if (reading !== undefined) native.close(reading.fd);
    reading = undefined;
  };
  return {
    poll: () => (reading === undefined ? undefined : { fd: reading.fd, events: POLLPRI }),
    read: () => {
      const next = readOnce(native, directory, name);
      close();
      reading = next;
      return next?.text;
    },
    close,
  };
}
