import type { Fd, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isNativeError } from '../native/failure.ts';

/**
 * Hands a process's pidfd to whoever listens at `path`, as runc does: one message of one fd, and the word for what kind of
 * process it is. Nothing is read back. Throws a Failure that names `path`.
 */
export function sendPidfd(native: Native, path: string, word: 'standard' | 'setns', pidfd: Fd): void {
  try {
    const socket = native.connect(path);
    try {
      native.sendFd(socket, word, pidfd);
    } finally {
      native.close(socket);
    }
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new Failure(`pidfd socket ${path}: ${error.syscall}: ${setupWords(error.code)}`, '', { cause: error });
  }
}
