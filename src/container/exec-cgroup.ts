import { type Cgroups, openBeneath, openCgroup, unifiedDirectory } from '../cgroup/directory.ts';
import { openSubCgroups, parseSubCgroups } from '../cgroup/sub-cgroup.ts';
import { ownPath, parseOwnCgroups } from '../host/own-cgroup.ts';
import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_NOFOLLOW, O_WRONLY } from '../native/open-flags.ts';
import { weakened } from '../native/weakened.ts';
import type { FdRecipe } from '../plan/plan.ts';

/** How a process of `exec` gets into its cgroups. */
export interface Entrance {
  /** the v2 cgroup that it is born in, or -1 */
  readonly cgroup: Fd | -1;
  /** what it joins itself: `tasks` of v1 */
  readonly tasks: readonly FdRecipe[];
}

const held = (fd: Fd): FdRecipe => ({ open: 'held', fd });

/**
 * The way into the container's cgroups, or below them as `--cgroup` says. With `late` the process is born outside: its initial
 * CPU affinity is about the time before.
 */
export function openEntrance(native: Native, cgroups: Cgroups, subCgroups: readonly string[], late: boolean): Entrance {
  const entrance = subCgroups.length > 0 ? below(native, cgroups, subCgroups) : plain(native, cgroups);
  if (!late || entrance.cgroup === -1) return entrance;
  const procs = native.open(entrance.cgroup, 'cgroup.procs', O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  native.close(entrance.cgroup);
  return { cgroup: -1, tasks: [...entrance.tasks, held(procs)] };
}

function below(native: Native, cgroups: Cgroups, subCgroups: readonly string[]): Entrance {
  const { cgroup, tasks } = openSubCgroups(native, cgroups, parseSubCgroups(subCgroups));
  return { cgroup, tasks: tasks.map(held) };
}

function plain(native: Native, { directories }: Cgroups): Entrance {
  const v1 = directories.filter(({ version }) => version === 1);
  const unified = unifiedDirectory(directories);
  const cgroup = unified === undefined ? -1 : openCgroup(native, unified.path);
  if (cgroup === undefined) throw new Failure(`container's cgroup ${unified?.path} is gone`);
  return { cgroup, tasks: v1.map(({ path }) => ({ open: 'control', path: `${path}/tasks` })) };
}

/**
 * Where a process goes that the container's v2 cgroup does not take, because the container has made cgroups below it ("no internal
 * processes", cgroups(7)): to its init, but nowhere else than below the recorded cgroup. Init chooses its cgroup itself
 * (CVE-2025-47291 class). undefined: there is no such place.
 */
export function openCgroupOfInit(native: Native, { directories }: Cgroups, init: number): Fd | undefined {
  const unified = unifiedDirectory(directories);
  if (unified === undefined) return undefined;
  const own = ownPath(parseOwnCgroups(native.readText(AT_FDCWD, `/proc/${init}/cgroup`, 1 << 16)), '') ?? '';
  const recorded = `${unified.path.slice(unified.mountpoint.length)}/`;
  WEAKENED: if (weakened('S48')) return openCgroup(native, `${unified.mountpoint}${own}`);
  if (!own.startsWith(recorded)) return undefined;
  const directory = openCgroup(native, unified.path);
  if (directory === undefined) return undefined;
  try {
    return openBeneath(native, directory, own.slice(recorded.length));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV', 'EXDEV', 'ELOOP')) return undefined;
    throw error;
  } finally {
    native.close(directory);
  }
}
