import type { Fd, Native, NativeError, Stat } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { AT_EMPTY_PATH, AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '../native/open-flags.ts';
import { weakened } from '../native/weakened.ts';

const directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/** write permission of group and others */
const writableByOthers = 0o022;

/**
 * Opens the state root for reading. undefined when there is none.
 * What is in it is obeyed with the runtime's rights (paths to remove, pids to kill, hooks to run), so that a root that somebody
 * else could have written is refused: a symlink, a foreign owner, write permission of group or others (CVE-2019-11328).
 */
export function openRoot(native: Native, path: string): Fd | undefined {
  let fd: Fd;
  try {
    fd = native.open(AT_FDCWD, path, directory, 0);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    if (isErrno(error, 'ELOOP', 'ENOTDIR')) throw new Failure(`state root ${path}: is not a directory`);
    if (isErrno(error, 'EACCES')) throw refused(path, error);
    throw error;
  }
  const problem = distrust(native.stat(fd, '', AT_EMPTY_PATH) as Stat, native.geteuid());
  if (problem === '') return fd;
  native.close(fd);
  throw new Failure(`state root ${path}: ${problem}`);
}

/** An ordinary user whose login gave them no XDG_RUNTIME_DIR gets here. */
function refused(path: string, { syscall, code }: NativeError): Failure {
  const cure = 'set XDG_RUNTIME_DIR, as a login does, or name one of your own by --root';
  return new Failure(`state root ${path}: ${syscall}: ${setupWords(code)}; ${cure}`);
}

function distrust(stat: Stat, euid: number): string {
  WEAKENED: if (weakened('S63')) return '';
  if (stat.uid !== euid) {
    const cure = euid === 0 ? ': call noci as that user for what is in it' : '';
    return `is owned by uid ${stat.uid} instead of ${euid}${cure}`;
  }
  return (stat.mode & writableByOthers) === 0 ? '' : 'is writable by others';
}

/** Opens the state root, made with mode 0700 when it is not there; `sticky` as in $XDG_RUNTIME_DIR, against pruning. */
export function createRoot(native: Native, path: string, sticky = false): Fd {
  const existing = openRoot(native, path);
  if (existing !== undefined) return existing;
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) make(native, path.slice(0, end));
  const made = make(native, path);
  const fd = openRoot(native, path);
  if (fd === undefined) throw new Failure(`state root ${path}: vanished`);
  // whatever the umask is
  if (made) native.fchmod(fd, sticky ? 0o1700 : 0o700);
  return fd;
}

/** False: it is there already. */
function make(native: Native, path: string): boolean {
  try {
    native.mkdir(AT_FDCWD, path, 0o700);
    return true;
  } catch (error) {
    // EROFS and EACCES too come for a parent that is there already (mkdir(2) does not order its checks)
    if (isErrno(error, 'EEXIST') || native.stat(AT_FDCWD, path, 0) !== undefined) return false;
    throw isErrno(error, 'EACCES') ? refused(path, error) : error;
  }
}
