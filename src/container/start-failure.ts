import type { Fd, Native } from '../native/contract.ts';
import { errnoWords } from '../native/errno-words.ts';
import { isErrno } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK, O_RDONLY } from '../native/open-flags.ts';
import { lock } from '../state/lock.ts';

/** What went wrong between `start` and the execve(2) of the container's process. */
export interface StartFailure {
  /** of init's last steps, which are told apart by what they say */
  readonly step: 'hook' | 'seccomp' | 'execve';
  /** what the container's stderr says, too */
  readonly message: string;
  /** these where the kernel refused something; `code` when it is a known one */
  readonly syscall?: string;
  readonly errno?: number;
  readonly code?: string | undefined;
  readonly path?: string;
}

/** Nobody holds the lock for longer than a read and a write. */
const patience = 1_000;

/** What a pipe holds. pipe(7) */
const capacity = 65_536;

/**
 * What init has left in the fifo of `start`, of which the caller holds the end to write: that has kept the pipe when init ended. Others who
 * wait find it too. undefined when there is nothing, since the execve went well.
 */
export function readStartFailure(native: Native, fifo: Fd): StartFailure | undefined {
  return parseStartFailure(readAndLeave(native, fifo));
}

function readAndLeave(native: Native, fifo: Fd): string {
  const reader = native.open(AT_FDCWD, `/proc/self/fd/${fifo}`, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
  try {
    lock(native, reader, patience);
    const bytes = native.read(reader, capacity);
    native.write(fifo, bytes);
    return String.fromCharCode(...bytes);
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return '';
    throw error;
  } finally {
    native.close(reader);
  }
}

/**
 * A frame of the kind failure, as addon/init/wire.h draws it: a header of 16 bytes, step and errno of 8, and three texts behind their
 * lengths, each with the one NUL that ends it. Groups: errno, syscall, path, text.
 */
const frame = /noci.{20}(.{8}).{4}([^\0]*)\0.{4}([^\0]*)\0.{4}([^\0]*)\0/gs;

/** Of bytes as Latin-1: an execve is told by two frames, of which the second has the cause. A byte of `start` may come before. */
export function parseStartFailure(bytes: string): StartFailure | undefined {
  const [first, ...others] = [...bytes.matchAll(frame)].map((parts) => parts.map(decoded));
  if (first === undefined) return undefined;
  const [, number = '', syscall = '', path = '', text = ''] = first;
  // one byte is not 0, whatever the order
  const errno = number.split('').reduce((sum, byte) => sum + byte.charCodeAt(0), 0);
  const code = new RegExp(` ${errno}(E\\w+)`).exec(codes)?.[1];
  const words = text === '' ? `${syscall} ${path}: ${errnoWords(code ?? `errno ${errno}`)}` : text;
  return {
    step: syscall === 'seccomp' ? 'seccomp' : / hook #\d+: /.test(text) ? 'hook' : 'execve',
    message: (words + others.map((parts) => parts[4]).join('')).trimEnd(),
    ...(syscall === '' ? {} : { syscall, errno, code, path }),
  };
}

/** Of UTF-8, as far as it is. */
function decoded(bytes: string): string {
  try {
    return decodeURIComponent(bytes.replace(/[%\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`));
  } catch {
    return bytes;
  }
}

/** Of errno(3), the same on every machine that noci knows, those that execve(2), seccomp(2) and prctl(2) name. */
const codes =
  ' 1EPERM 2ENOENT 5EIO 7E2BIG 8ENOEXEC 11EAGAIN 12ENOMEM 13EACCES 14EFAULT 16EBUSY 20ENOTDIR 21EISDIR 22EINVAL 23ENFILE 24EMFILE ' +
  '26ETXTBSY 36ENAMETOOLONG 38ENOSYS 40ELOOP 80ELIBBAD';
