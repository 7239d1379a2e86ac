import type { Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } from '../native/open-flags.ts';
import type { ContainerDirectory } from './directory.ts';

/** The program of the container's filter of system calls, as seccomp(2) takes it. */
const file = 'seccomp.bpf';

/** BPF_MAXINSNS instructions of 8 bytes, and one byte that shows a file which is longer. */
const longest = 8 * 4096 + 1;

export function saveProgram(native: Native, { fd }: ContainerDirectory, program: Uint8Array): void {
  const made = native.open(fd, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600);
  try {
    native.write(made, program);
  } finally {
    native.close(made);
  }
}

/** Throws a Failure when it is not there or not whole: without it a process of `exec` would have no filter. */
export function readProgram(native: Native, { id, fd }: ContainerDirectory): Uint8Array {
  try {
    const opened = native.open(fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    try {
      const program = native.read(opened, longest);
      if (program.length > 0 && program.length % 8 === 0) return program;
    } finally {
      native.close(opened);
    }
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ELOOP')) throw error;
  }
  throw new Failure(`state of container ${id}: ${file} is not readable`);
}
