import type { Fd, Native } from '../native/contract.ts';
import { isErrno, isNativeError } from '../native/failure.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDONLY,
  O_WRONLY,
} from '../native/open-flags.ts';
import { plainJson } from '../oci/json.ts';
import type { Arch, LinuxSeccomp } from '../oci/types.ts';

/** Changes with everything that the compiler makes another program by: what was compiled before is not looked at any more. */
const compilerVersion = 1;

/** In the state root: no container can be called so (state/id.ts). */
export const cacheDirectory = '@seccomp';

/** More programs than this are not kept: an engine has one profile or a few. */
const capacity = 64;

const digestLength = 128;
const longest = 8 * 4096 + digestLength;

/** write permission of group and others */
const writableByOthers = 0o022;

/** What a program depends on, and nothing else of a config: 32 bytes in hexadecimal digits. */
export function cacheKey(native: Native, seccomp: LinuxSeccomp, architecture: Arch): string {
  const { defaultAction, defaultErrnoRet, architectures, syscalls } = seccomp;
  const text = plainJson([compilerVersion, architecture, defaultAction, defaultErrnoRet, architectures, syscalls]);
  return native.blake2b(text).slice(0, 64);
}

function nameOf(key: string): string {
  return `${cacheDirectory}/${key}`;
}

/**
 * The program that was kept under `key` in a state root that nobody else can write. undefined when there is none, or what is there
 * is not whole, or not the runtime's own: then it is compiled again.
 */
export function loadProgram(native: Native, root: Fd, key: string): Uint8Array | undefined {
  let file: Fd;
  try {
    file = native.open(root, nameOf(key), O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
  try {
    return verified(native, file, key);
  } finally {
    native.close(file);
  }
}

function verified(native: Native, file: Fd, key: string): Uint8Array | undefined {
  const stat = native.stat(file, '', AT_EMPTY_PATH);
  if (stat === undefined || stat.uid !== native.geteuid() || (stat.mode & writableByOthers) !== 0) return undefined;
  if (stat.size > longest || stat.size <= digestLength) return undefined;
  const content = native.read(file, longest);
  const program = content.slice(0, content.length - digestLength);
  const digest = String.fromCharCode(...content.subarray(content.length - digestLength));
  return digest === digestOf(native, program, key) ? program : undefined;
}

/** Of the program, and of what it was made from: a file that was given another's name is none. */
function digestOf(native: Native, program: Uint8Array, key: string): string {
  return native.blake2b(key + native.blake2b(program));
}

/** Keeps a program for the next container. What goes wrong is of no account: the next one compiles it. */
export function keepProgram(native: Native, root: Fd, key: string, program: Uint8Array): void {
  try {
    makeDirectory(native, root);
    removeOthers(native, root);
    const fresh = `${nameOf(key)}.${native.getpid()}`;
    const file = native.open(root, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600);
    try {
      native.write(file, program);
      native.write(file, digestOf(native, program, key));
    } finally {
      native.close(file);
    }
    native.rename(root, fresh, root, nameOf(key));
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}

function makeDirectory(native: Native, root: Fd): void {
  try {
    native.mkdir(root, cacheDirectory, 0o700);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

/** Makes room: which ones go is of no account. */
function removeOthers(native: Native, root: Fd): void {
  const listing = native.open(root, cacheDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  try {
    const names = native.readdir(listing).filter(({ name }) => name !== '.' && name !== '..');
    for (const { name, type } of names.slice(capacity - 1)) native.unlink(listing, name, type === 4 ? AT_REMOVEDIR : 0);
  } finally {
    native.close(listing);
  }
}

/** A program that is being written: its key and the writer's pid. */
const unfinished = /^[0-9a-f]{64}\.([1-9][0-9]{0,6})$/;

/** Removes what writers have left that were killed, unless `dry`; returns the paths in the root. */
export function removeAbandonedPrograms(native: Native, root: Fd, dry: boolean): string[] {
  let listing: Fd;
  try {
    listing = native.open(root, cacheDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return [];
    throw error;
  }
  try {
    const abandoned = native.readdir(listing).filter(({ name }) => {
      const pid = unfinished.exec(name)?.[1];
      return pid !== undefined && native.stat(AT_FDCWD, `/proc/${pid}`, 0) === undefined;
    });
    if (!dry) for (const { name } of abandoned) native.unlink(listing, name, 0);
    return abandoned.map(({ name }) => `${cacheDirectory}/${name}`);
  } finally {
    native.close(listing);
  }
}
