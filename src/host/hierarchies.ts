import type { Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { Hierarchy, HostFacts } from './facts.ts';
import { type MountinfoEntry, readMountinfo } from './mountinfo.ts';
import { type OwnCgroup, ownPath, parseOwnCgroups } from './own-cgroup.ts';

/** statfs(2) f_type of the two cgroup filesystems. */
export const CGROUP_SUPER_MAGIC = 0x27e0eb;
export const CGROUP2_SUPER_MAGIC = 0x63677270;

const defaultMount = '/sys/fs/cgroup';

/** PROC_CGROUP_INIT_INO of linux/proc_ns.h */
const initialCgroupNamespace = 0xeffffffbn;

/** v1 controllers by their names in mount options; what else stands there ("rw", "xattr", "clone_children") is no controller. */
const knownControllers: readonly string[] = [
  'cpuset',
  'cpu',
  'cpuacct',
  'blkio',
  'memory',
  'devices',
  'freezer',
  'net_cls',
  'perf_event',
  'net_prio',
  'hugetlb',
  'pids',
  'rdma',
  'misc',
  'debug',
];

/** systemd needs its containers in its named hierarchy. */
const namedHierarchy = 'name=systemd';

/** systemd's hierarchy and those with controllers; other named hierarchies belong to whoever mounted them. */
function isOurs(controller: string): boolean {
  return knownControllers.includes(controller) || controller === namedHierarchy;
}

/** The path of `own` below `root`, or '/' when it is elsewhere: the mount then shows the cgroup (a bind mount of it) as its root. */
export function pathBelow(root: string, own: string): string {
  if (root === '/') return own;
  return own.startsWith(`${root}/`) ? own.slice(root.length) : '/';
}

function version1(entry: MountinfoEntry, own: readonly OwnCgroup[]): Hierarchy | undefined {
  const controllers = entry.superOptions.filter(isOurs);
  const [first] = controllers;
  const path = first === undefined ? undefined : ownPath(own, first);
  if (path === undefined) return undefined;
  return { version: 1, controllers, mountpoint: entry.mountpoint, own: pathBelow(entry.root, path) };
}

function version2(native: Native, mountpoint: string, root: string, own: readonly OwnCgroup[]): Hierarchy {
  const controllers = native.readText(AT_FDCWD, `${mountpoint}/cgroup.controllers`, 4096).trim();
  return {
    version: 2,
    controllers: controllers === '' ? [] : controllers.split(' '),
    mountpoint,
    own: pathBelow(root, ownPath(own, '') ?? '/'),
  };
}

/** Where a hierarchy is mounted more than once (a stacked mount, a bind), the last visible one stands for it. */
function hierarchyKey({ version, controllers }: Hierarchy): string {
  return version === 2 ? '' : controllers.join(',');
}

function hierarchyOf(native: Native, entry: MountinfoEntry, own: readonly OwnCgroup[]): Hierarchy | undefined {
  // mountinfo also lists what another mount hides; statfs(2) tells what is visible.
  const visible = native.statfs(entry.mountpoint);
  if (entry.type === 'cgroup2' && visible === CGROUP2_SUPER_MAGIC) {
    return version2(native, entry.mountpoint, entry.root, own);
  }
  return entry.type === 'cgroup' && visible === CGROUP_SUPER_MAGIC ? version1(entry, own) : undefined;
}

function mountedHierarchies(native: Native, own: readonly OwnCgroup[]): Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const entry of readMountinfo(native, ['cgroup', 'cgroup2'])) {
    const hierarchy = hierarchyOf(native, entry, own);
    // The mounts below /sys/fs/cgroup are the ones that everybody uses; a copy elsewhere does not replace them.
    const replaces = entry.mountpoint.startsWith(`${defaultMount}/`);
    if (hierarchy !== undefined && (replaces || !found.has(hierarchyKey(hierarchy)))) {
      found.set(hierarchyKey(hierarchy), hierarchy);
    }
  }
  return [...found.values()];
}

/** What is mounted at a usual place: undefined when it is not the whole of such a hierarchy. Only its root has a release_agent, and no events. */
function wholeHierarchy(native: Native, mountpoint: string, { controllers, path }: OwnCgroup): Hierarchy | undefined {
  if (controllers.length > 0) {
    const isWhole = native.statfs(`${mountpoint}/release_agent`) === CGROUP_SUPER_MAGIC;
    return isWhole ? { version: 1, controllers, mountpoint, own: path } : undefined;
  }
  const isWhole =
    native.statfs(mountpoint) === CGROUP2_SUPER_MAGIC && native.statfs(`${mountpoint}/cgroup.events`) === undefined;
  return isWhole ? version2(native, mountpoint, '/', [{ controllers, path }]) : undefined;
}

/**
 * The hierarchies of v1 where every host has them, /sys/fs/cgroup/cpu,cpuacct and so on, and v2 beside them at "unified" or not
 * at all. undefined where one of v1 is elsewhere or the runtime does not see the whole of it.
 */
function usualHierarchies(native: Native, own: readonly OwnCgroup[]): Hierarchy[] | undefined {
  if (native.stat(AT_FDCWD, '/proc/self/ns/cgroup', 0)?.ino !== initialCgroupNamespace) return undefined;
  const found: Hierarchy[] = [];
  for (const one of own) {
    const [first = ''] = one.controllers;
    if (first !== '' && !isOurs(first)) continue;
    const folder = first === '' ? 'unified' : one.controllers.join(',').replace('name=', '');
    const hierarchy = wholeHierarchy(native, `${defaultMount}/${folder}`, one);
    if (hierarchy !== undefined) found.push(hierarchy);
    else if (first !== '') return undefined;
  }
  return found;
}

function modeOf(hierarchies: readonly Hierarchy[]): 'v1' | 'hybrid' | 'v2' | 'none' {
  const has1 = hierarchies.some(({ version }) => version === 1);
  const has2 = hierarchies.some(({ version }) => version === 2);
  if (has1) return has2 ? 'hybrid' : 'v1';
  return has2 ? 'v2' : 'none';
}

function readOwnCgroups(native: Native): OwnCgroup[] {
  try {
    return parseOwnCgroups(native.readText(AT_FDCWD, '/proc/self/cgroup', 1024 * 1024));
  } catch (error) {
    // A kernel without cgroups has no such file.
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * The cgroup hierarchies of the host. mountinfo, which is as long as the host has mounts, is read only where they are not in
 * their usual places. cgroups(7)
 */
export function probeCgroups(native: Native): HostFacts['cgroup'] {
  const own = readOwnCgroups(native);
  if (own.length === 0) return { mode: 'none', hierarchies: [] };
  if (native.statfs(defaultMount) === CGROUP2_SUPER_MAGIC) {
    return { mode: 'v2', hierarchies: [version2(native, defaultMount, '/', own)] };
  }
  const hierarchies = usualHierarchies(native, own) ?? mountedHierarchies(native, own);
  return { mode: modeOf(hierarchies), hierarchies };
}
