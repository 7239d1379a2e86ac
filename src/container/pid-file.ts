import type { Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isErrno, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../native/open-flags.ts';

/**
 * Writes the pid in decimal without a newline (callers parse the raw bytes), visible at once as a whole. The temporary name
 * holds the runtime's own pid: one that a killed runtime left behind is never in the way, except when its pid is ours now,
 * and then it is removed. runc's fixed name makes every later create fail. Throws a Failure that names `path`.
 */
export function writePidFile(native: Native, path: string, pid: number): void {
  const slash = path.lastIndexOf('/');
  const temporary = `${path.slice(0, slash + 1)}.${path.slice(slash + 1)}.${native.getpid()}`;
  try {
    put(native, path, temporary, pid);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new Failure(`pid file ${path}: ${error.syscall}: ${setupWords(error.code)}`, '', { cause: error });
  }
}

function put(native: Native, path: string, temporary: string, pid: number): void {
  discard(native, temporary);
  const fd = native.open(AT_FDCWD, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666);
  try {
    native.write(fd, String(pid));
    native.rename(AT_FDCWD, temporary, AT_FDCWD, path);
  } catch (error) {
    discard(native, temporary);
    throw error;
  } finally {
    native.close(fd);
  }
}

function discard(native: Native, path: string): void {
  try {
    native.unlink(AT_FDCWD, path, 0);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
