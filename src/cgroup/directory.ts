import type { Entry, Fd, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from '../native/open-flags.ts';
import { weakened } from '../native/weakened.ts';
import type { CgroupPlan } from '../plan/plan.ts';

/** The cgroups of one container: all that later commands need, and what is saved of a plan. */
export type Cgroups = Pick<CgroupPlan, 'mode' | 'directories' | 'systemd'>;

/** One cgroup of a container, in one hierarchy. */
export type CgroupDirectory = Cgroups['directories'][number];

/** The cgroup in the v2 hierarchy; a host has one such hierarchy at most. cgroups(7) */
export function unifiedDirectory<D extends { readonly version: 1 | 2 }>(directories: readonly D[]): D | undefined {
  return directories.find(({ version }) => version === 2);
}

const readable = O_RDONLY | O_CLOEXEC;
export const pathOnly = O_PATH | O_CLOEXEC;

/** cgroupfs holds no links, so that one is an attack. */
const noLinks = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

/**
 * The directory of a cgroup, for constant names below it; undefined when it does not exist. A name from elsewhere never becomes part of
 * a path (GHSA-5g49-rx9x-qfc6). ENODEV: it was removed while its path was walked. The caller closes it.
 */
export function openCgroup(native: Native, path: string): Fd | undefined {
  try {
    return native.openat2(AT_FDCWD, path, readable, 0, noLinks);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return undefined;
    throw error;
  }
}

/** Below a directory by the kernel's own word, whatever happens to the names meanwhile. openat2(2) */
const beneath = RESOLVE_BENEATH | RESOLVE_NO_XDEV | noLinks;

/** O_PATH of the cgroup at `path` below an open one, '.' for that itself. The caller closes it. @throws NativeError: EXDEV leads out of it */
export function openBeneath(native: Native, directory: Fd, path: string): Fd {
  WEAKENED: if (weakened('S46')) return native.open(directory, path, pathOnly | O_DIRECTORY, 0);
  return native.openat2(directory, path, pathOnly | O_DIRECTORY, 0, beneath);
}

/** A sub-cgroup of an open cgroup, by one name; undefined when it is gone. The caller closes it. */
export function openSubCgroup(native: Native, parent: Fd, name: string): Fd | undefined {
  try {
    return native.open(parent, name, readable, 0);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return undefined;
    throw error;
  }
}

/** What `use` says of a cgroup's directory; undefined when it does not exist. */
export function withCgroup<T>(native: Native, path: string, use: (directory: Fd) => T): T | undefined {
  const directory = openCgroup(native, path);
  if (directory === undefined) return undefined;
  try {
    return use(directory);
  } finally {
    native.close(directory);
  }
}

/** A file of a cgroup is at most some hundred thousand lines: pids of one cgroup. */
const maximum = 16 * 1024 * 1024;

/** The text of a control file; undefined when the cgroup, or the file in this kernel, is not there (any more). */
export function readControl(native: Native, directory: Fd, name: string): string | undefined {
  try {
    return native.readText(directory, name, maximum);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return undefined;
    throw error;
  }
}

/** Writes a control file; false when the cgroup, or the file in this kernel, is not there (any more). */
export function writeControl(native: Native, directory: Fd, name: string, text: string): boolean {
  try {
    native.writeControl(directory, name, text);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return false;
    throw error;
  }
}

/** DT_DIR of readdir(3): in cgroupfs every directory is a cgroup. */
const DT_DIR = 4;

/** Its entries; none when it was removed meanwhile: systemd removes the cgroup of a scope whose last process has ended. */
function entries(native: Native, directory: Fd): readonly Entry[] {
  try {
    return native.readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
}

/** The names of the sub-cgroups. */
function subCgroups(native: Native, directory: Fd): string[] {
  return entries(native, directory)
    .filter(({ name, type }) => type === DT_DIR && name !== '.' && name !== '..')
    .map(({ name }) => name);
}

/** What is done with the cgroups below one. */
interface Walk {
  /** with each as it is come to, the first one too; `names` lead there from that */
  readonly arrive?: (directory: Fd, names: readonly string[]) => void;
  /** with each but the first when all below it were left, by its name in the one above it */
  readonly leave?: (parent: Fd, name: string) => void;
  /** in place of {@link openSubCgroup} */
  readonly open?: (parent: Fd, name: string) => Fd | undefined;
}

/**
 * Goes through a cgroup and all below it. A container to which its cgroup is delegated may nest thousands: so only one of them is open at a
 * time, and nothing here calls itself. ".." is where it was come from, for no cgroup ever gets another parent.
 */
export function walkCgroups(native: Native, top: Fd, walk: Walk): void {
  const { arrive = () => {}, leave = () => {}, open = (parent, name) => openSubCgroup(native, parent, name) } = walk;
  const names: string[] = [];
  let here = top;
  const close = (): void => {
    WEAKENED: if (weakened('S78')) return;
    if (here !== top) native.close(here);
  };
  const go = (next: Fd): void => {
    close();
    here = next;
  };
  try {
    arrive(here, names);
    const levels = [subCgroups(native, here)];
    for (let left = levels.at(-1); left !== undefined; left = levels.at(-1)) {
      const name = left.pop();
      if (name === undefined) {
        levels.pop();
        const done = names.pop();
        if (done === undefined) return;
        go(native.open(here, '..', readable, 0));
        leave(here, done);
        continue;
      }
      const next = open(here, name);
      if (next === undefined) continue;
      go(next);
      names.push(name);
      arrive(here, names);
      levels.push(subCgroups(native, here));
    }
  } finally {
    close();
  }
}
