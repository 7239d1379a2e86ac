import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../native/open-flags.ts';
import { weakened } from '../native/weakened.ts';

/**
 * Opens a file for output that was not there before. One that is there may be another's who changes it later, or a link to what only
 * root may write. `who` writes new ones only: the words of the Failure.
 */
export function openNew(native: Native, path: string, mode: number, who: string): Fd {
  WEAKENED: if (weakened('S79')) return native.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
  try {
    return native.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new Failure(`open ${path}: file exists, and ${who} writes new ones only`);
  }
}
