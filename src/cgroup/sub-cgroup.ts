import { CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC } from '../host/hierarchies.ts';
import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { O_CLOEXEC, O_NOFOLLOW, O_WRONLY } from '../native/open-flags.ts';
import { weakened } from '../native/weakened.ts';
import { type CgroupDirectory, type Cgroups, openBeneath, openCgroup } from './directory.ts';
import { components } from './path.ts';

/** v1 controller → path below the container's cgroup of its hierarchy; '' stands for every hierarchy. */
export type SubCgroups = ReadonlyMap<string, string>;

/** How a process gets into a container's cgroups. The caller closes the fds. */
export interface CgroupEntrance {
  /** of the v2 cgroup, for {@link Native.spawnInit}; -1 when there is none */
  readonly cgroup: Fd | -1;
  /** of v1, for the step `cgroup_join` */
  readonly tasks: readonly Fd[];
}

const every = '';

function invalid(argument: string, reason: string): Failure {
  return new Failure(`invalid --cgroup argument: ${argument} (${reason})`);
}

/** Adds one argument to `paths`; `alone` when there is no other. */
function readArgument(paths: Map<string, string>, argument: string, alone: boolean): void {
  const colon = argument.indexOf(':');
  if (colon < 0) {
    if (!alone) throw invalid(argument, 'missing <controller>: prefix');
    paths.set(every, argument);
    return;
  }
  for (const controller of argument.slice(0, colon).split(',')) {
    if (controller === '') throw invalid(argument, 'empty <controller> prefix');
    if (paths.has(controller)) {
      throw new Failure(`invalid --cgroup argument(s): controller ${controller} specified multiple times`);
    }
    paths.set(controller, argument.slice(colon + 1));
  }
}

/**
 * Reads the values of `exec --cgroup`: PATH once, or CONTROLLER[,CONTROLLER…]:PATH as often as needed.
 *
 * @throws Failure with runc's texts
 */
export function parseSubCgroups(args: readonly string[]): SubCgroups {
  const paths = new Map<string, string>();
  for (const argument of args) readArgument(paths, argument, args.length === 1);
  return paths;
}

function badPath(path: string): Failure {
  return new Failure(`bad sub cgroup path: ${path}`);
}

/**
 * The names of a path below a cgroup, [] for that cgroup itself. Any ".." is refused, one that would stay below too: what a path means
 * must not depend on comparing it with where it starts, for "/foobar" starts with "/foo" as well (GHSA-5g49-rx9x-qfc6).
 */
function subNames(path: string): string[] {
  const names = components(path);
  WEAKENED: if (weakened('S46')) return names;
  if (names.includes('..') || path.includes('\n')) throw badPath(path);
  return names;
}

/** On v2 controllers have no paths of their own. */
function hasController({ mode, directories }: Cgroups, controller: string): boolean {
  if (controller === every) return true;
  return (
    mode !== 'v2' && directories.some(({ version, controllers }) => version === 1 && controllers.includes(controller))
  );
}

/** What is asked for one hierarchy. A hybrid host's v2 hierarchy is not seen from inside, so that nothing is below the container there. */
function subPath({ mode }: Cgroups, { version, controllers }: CgroupDirectory, subs: SubCgroups): string {
  if (version === 2) return mode === 'v2' ? (subs.get(every) ?? '') : '';
  const asked = new Set(
    [every, ...controllers].map((controller) => subs.get(controller)).filter((path) => path !== undefined),
  );
  if (asked.size > 1) {
    throw new Failure(`invalid --cgroup argument(s): controllers ${controllers.join(',')} share one hierarchy`);
  }
  return [...asked][0] ?? '';
}

function openNamed(native: Native, directory: Fd, names: readonly string[], path: string, own: string): Fd {
  try {
    return openBeneath(native, directory, names.length === 0 ? '.' : names.join('/'));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ENODEV')) {
      // Not in the words of errno: engines read them as a command that was not found.
      throw new Failure(`sub cgroup path ${path}: there is no such cgroup below ${own}`, '', { cause: error });
    }
    if (isErrno(error, 'EXDEV', 'ELOOP', 'ENAMETOOLONG')) throw badPath(path);
    throw error;
  }
}

function openOwn(native: Native, { path, version }: CgroupDirectory): Fd {
  const directory = openCgroup(native, path);
  if (directory === undefined) throw new Failure(`container's cgroup ${path} is gone`);
  // A saved path may be of another mount namespace, where something else is there.
  if (native.statfs(`/proc/self/fd/${directory}`) === (version === 1 ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC)) {
    return directory;
  }
  native.close(directory);
  throw new Failure(`container's cgroup ${path} is not in a cgroup filesystem`);
}

/** O_PATH of the cgroup that `path` names below one of the container's. */
function openSub(native: Native, directory: CgroupDirectory, path: string): Fd {
  const names = subNames(path);
  const own = openOwn(native, directory);
  try {
    return openNamed(native, own, names, path, directory.path);
  } finally {
    native.close(own);
  }
}

function openTasks(native: Native, directory: Fd): Fd {
  try {
    return native.open(directory, 'tasks', O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  } finally {
    native.close(directory);
  }
}

/**
 * Opens the cgroups of a running container for one process more; `subs` is where below them it goes.
 *
 * @throws Failure for a controller that the container has no hierarchy of, and for a path that is no cgroup below its own
 */
export function openSubCgroups(native: Native, cgroups: Cgroups, subs: SubCgroups): CgroupEntrance {
  for (const controller of subs.keys()) {
    if (!hasController(cgroups, controller)) throw new Failure(`unknown controller ${controller} in SubCgroupPaths`);
  }
  const tasks: Fd[] = [];
  let cgroup: Fd | -1 = -1;
  try {
    for (const directory of cgroups.directories) {
      const opened = openSub(native, directory, subPath(cgroups, directory, subs));
      if (directory.version === 2) cgroup = opened;
      else tasks.push(openTasks(native, opened));
    }
  } catch (error) {
    for (const fd of cgroup === -1 ? tasks : [...tasks, cgroup]) native.close(fd);
    throw error;
  }
  return { cgroup, tasks };
}
