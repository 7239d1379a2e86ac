import type { Fd, Native, NativeError } from '../native/contract.ts';
import { Failure, isErrno, isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { CgroupPlan } from '../plan/plan.ts';
import { writeControls } from './control-write.ts';
import { attachDeviceFilter } from './device-filter.ts';
import { type CgroupDirectory, type Cgroups, openCgroup, pathOnly, readControl, withCgroup } from './directory.ts';
import { isFrozen } from './freezer.ts';
import { giveCgroup } from './owner.ts';
import { listProcesses } from './processes.ts';

/** cgroups are readable by all, as the kernel's own. */
const permissions = 0o755;

/**
 * config-linux.md § Control groups: a new container must not share its cgroup with anybody, and a frozen one would hang it.
 * To be asked before anything is made. A cgroup that does not exist is fine.
 *
 * @throws Failure with runc's texts
 */
export function checkCgroup(native: Native, { mode, directories }: Cgroups): void {
  const cgroups = { mode, directories: directories.filter(({ path }) => native.stat(AT_FDCWD, path, 0) !== undefined) };
  const { length } = listProcesses(native, cgroups);
  if (length > 0) {
    throw new Failure(`container's cgroup is not empty: ${length} process(es) found`, '/linux/cgroupsPath');
  }
  if (isFrozen(native, cgroups)) throw new Failure("container's cgroup unexpectedly frozen", '/linux/cgroupsPath');
}

/** The names from the mount down to the cgroup. */
function levels({ mountpoint, path }: CgroupDirectory): string[] {
  return path
    .slice(mountpoint.length)
    .split('/')
    .filter((name) => name !== '');
}

/** By its whole path, which is what a refusal has to name. It may be there already. */
function makeLevel(native: Native, path: string): void {
  try {
    native.mkdir(AT_FDCWD, path, permissions);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

/**
 * A v1 cpuset is born empty, and no process can join an empty one. What a limit is going to say is not inherited before: a sibling may have
 * some of it for itself. cpuset(7), cpu_exclusive
 */
function inheritCpuset(native: Native, parent: Fd, directory: Fd, limited: (file: string) => boolean): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (limited(file)) continue;
    const inherited = readControl(native, parent, file)?.trim() ?? '';
    const own = readControl(native, directory, file)?.trim() ?? '';
    if (own === '' && inherited !== '') native.writeControl(directory, file, inherited);
  }
}

/** All of them or none; the kernel's refusal, if any. cgroup-v2.rst § Enabling and Disabling */
function enable(native: Native, directory: Fd, controllers: readonly string[]): NativeError | undefined {
  try {
    native.writeControl(directory, 'cgroup.subtree_control', controllers.map((name) => `+${name}`).join(' '));
    return undefined;
  } catch (error) {
    if (isNativeError(error)) return error;
    throw error;
  }
}

/**
 * Hands the controllers of a v2 cgroup to its children: all at once, else one by one. What cannot be handed on shows when a limit
 * is written; a container without limits does without. cgroups(7), cgroup.subtree_control
 *
 * A cgroup with processes takes some of them when they come one by one, at a price: it becomes a threaded domain, which is not the
 * container's to decide, and no child of it holds a process any more. EBUSY, EOPNOTSUPP: it is such a cgroup, and is left as it is.
 */
function enableControllers(native: Native, directory: Fd): void {
  const words = (file: string) =>
    (readControl(native, directory, file) ?? '').split(/\s/).filter((word) => word !== '');
  const enabled = words('cgroup.subtree_control');
  const missing = words('cgroup.controllers').filter((controller) => !enabled.includes(controller));
  if (missing.length === 0) return;
  const refusal = enable(native, directory, missing);
  if (refusal === undefined || isErrno(refusal, 'EBUSY', 'EOPNOTSUPP')) return;
  for (const one of missing) enable(native, directory, [one]);
}

/** What a level needs besides being there. `parent` is its parent's directory, `path` its own. */
type Prepare = (native: Native, parent: Fd, directory: Fd, path: string) => void;

/** A hybrid host's v2 hierarchy belongs to systemd; it is left as it is unless a limit needs a controller of it. */
function preparation(plan: CgroupPlan, { version, controllers, path }: CgroupDirectory): Prepare | undefined {
  if (version === 1 && !controllers.includes('cpuset')) return undefined;
  if (version === 1)
    return (native, parent, directory, level) =>
      inheritCpuset(native, parent, directory, (name) => plan.limits.some(({ file }) => file === `${level}/${name}`));
  const limited = plan.mode === 'v2' || plan.limits.some(({ file }) => file.startsWith(`${path}/`));
  return limited ? (native, parent) => enableControllers(native, parent) : undefined;
}

function openLevel(native: Native, parent: Fd, name: string): Fd {
  return native.open(parent, name, pathOnly, 0);
}

function makeLevels(native: Native, directory: CgroupDirectory, prepare: Prepare | undefined): void {
  let path = directory.mountpoint;
  let parent = native.open(AT_FDCWD, path, pathOnly, 0);
  try {
    for (const name of levels(directory)) {
      path = `${path}/${name}`;
      makeLevel(native, path);
      const level = openLevel(native, parent, name);
      const above = parent;
      parent = level;
      try {
        prepare?.(native, above, level, path);
      } finally {
        native.close(above);
      }
    }
  } finally {
    native.close(parent);
  }
}

/** The parents are there nearly always: one mkdir then, and nothing to open. */
function makeLast(native: Native, { path }: CgroupDirectory): boolean {
  try {
    native.mkdir(AT_FDCWD, path, permissions);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return true;
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function makeDirectory(native: Native, plan: CgroupPlan, directory: CgroupDirectory): void {
  const prepare = preparation(plan, directory);
  if (prepare === undefined && makeLast(native, directory)) return;
  makeLevels(native, directory, prepare);
}

/** A v2 cgroup below a threaded one takes no process of its own and no memory or io limit. cgroups(7), Thread mode */
function checkType(native: Native, { path }: CgroupDirectory): void {
  const type = withCgroup(native, path, (directory) => readControl(native, directory, 'cgroup.type'))?.trim();
  if (type === undefined || type === 'domain') return;
  const state = type === 'domain invalid' ? 'in an invalid state' : `in ${type} mode`;
  throw new Failure(`cannot enter cgroupv2 "${path}" with domain controllers -- it is ${state}`, '/linux/cgroupsPath');
}

/** Writes the limits of a plan, in its order within each cgroup. @throws Failure with the pointer of the limit */
export function applyLimits(native: Native, { directories, limits }: CgroupPlan): void {
  for (const { path } of directories) {
    const own = limits.filter(({ file }) => file.startsWith(`${path}/`) && !file.includes('/', path.length + 1));
    if (own.length === 0) continue;
    const directory = openCgroup(native, path);
    if (directory === undefined) throw new Failure(`cgroup ${path} is gone`, '/linux/cgroupsPath');
    try {
      writeControls(native, { directory, path }, own);
    } finally {
      native.close(directory);
    }
  }
}

/** Makes the cgroups of a container, with their parents, in the hierarchies of one version or in all. */
export function makeCgroups(native: Native, plan: CgroupPlan, only?: 1 | 2): void {
  for (const directory of plan.directories) {
    const { version } = directory;
    if (only !== undefined && version !== only) continue;
    makeDirectory(native, plan, directory);
    if (version === 2) checkType(native, directory);
  }
}

/** Gives cgroups that exist their limits, device rules and owner. */
export function configureCgroups(native: Native, plan: CgroupPlan): void {
  applyLimits(native, plan);
  attachDeviceFilter(native, plan);
  giveCgroup(native, plan);
}

/**
 * Makes and configures all cgroups of a container. {@link checkCgroup} comes first. What it has made when it fails goes with
 * removeCgroup; parents stay, as runc leaves them.
 */
export function createCgroup(native: Native, plan: CgroupPlan): void {
  makeCgroups(native, plan);
  configureCgroups(native, plan);
}
