import type { Native } from '../../native/contract.ts';
import { isNativeError } from '../../native/failure.ts';
import { type Problem, problem } from '../problem.ts';

/**
 * The f_type of the filesystem that `path` is on, statfs(2), or the problem at `place`: nothing is there, or the kernel does not say.
 * The errno stands by its name, and a missing path is "missing": engines read "permission denied" and "no such file or directory" as
 * being about the container's command.
 *
 * @param subject what `path` is, the beginning of the problem's text
 */
export function filesystemOf(native: Native, path: string, subject: string, place: string): number | Problem {
  try {
    return native.statfs(path) ?? problem(place, `${subject} is missing`);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    return problem(place, `${subject} cannot be looked at: ${error.syscall}: ${error.code}`);
  }
}
