import type { Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';

/** Callers such as podman give no PATH. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** stat(2): a regular file, and any of the execute permissions */
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const executable = 0o111;

/** Where PATH has a program; never in a folder whose name depends on where the caller is. */
export function programPath(native: Native, name: string): string | undefined {
  const path = native.getenv('PATH') || usualPath;
  const folders = path.split(':').filter((folder) => folder.startsWith('/'));
  return folders.map((folder) => `${folder}/${name}`).find((file) => isExecutable(native, file));
}

/** A folder that this user may not search has nothing for them: execvp(3) goes on to the next one, too. */
function modeOf(native: Native, file: string): number {
  try {
    return native.stat(AT_FDCWD, file, 0)?.mode ?? 0;
  } catch (error) {
    if (isErrno(error, 'EACCES', 'ELOOP', 'ENAMETOOLONG')) return 0;
    throw error;
  }
}

function isExecutable(native: Native, file: string): boolean {
  const mode = modeOf(native, file);
  return (mode & S_IFMT) === S_IFREG && (mode & executable) !== 0;
}
