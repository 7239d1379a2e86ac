import type { Hierarchy } from '../host/facts.ts';
import { Failure } from '../native/failure.ts';

/** The names of a path, '..' among them. */
export function components(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** The names of a path; "..", which could leave what was meant, is refused. config-linux.md § Cgroups Path */
function names(path: string): string[] {
  const kept = components(path);
  if (kept.includes('..')) throw new Failure(`cgroupsPath "${path}" must not contain ".."`, '/linux/cgroupsPath');
  return kept;
}

/**
 * What a relative path is relative to. v2: the parent of the runtime's cgroup, for a cgroup with processes cannot hand controllers to
 * its children ("no internal processes", cgroups(7)). v1: the runtime's cgroup in that hierarchy.
 */
function base({ own, version }: Hierarchy, mode: 'v1' | 'hybrid' | 'v2' | 'none'): string[] {
  // From inside a cgroup namespace, what is outside reads "/../x". cgroup_namespaces(7)
  if (`${own}/`.startsWith('/../'))
    throw new Failure(`the runtime's own cgroup "${own}" is outside of its cgroup namespace`, '/linux/cgroupsPath');
  const here = names(own);
  return version === 2 && mode === 'v2' ? here.slice(0, -1) : here;
}

/**
 * The absolute directory of a container's cgroup in one hierarchy. An absolute cgroupsPath starts at the mount, a relative one as
 * {@link base} says, and an empty one is the container's id.
 *
 * @throws Failure when the path is no cgroup below the hierarchy's root: the root can be neither limited nor removed
 */
export function cgroupDirectory(
  hierarchy: Hierarchy,
  mode: 'v1' | 'hybrid' | 'v2' | 'none',
  cgroupsPath: string,
  id: string,
): string {
  const path = names(cgroupsPath === '' ? id : cgroupsPath);
  if (path.length === 0) throw new Failure(`cgroupsPath "${cgroupsPath}" names no cgroup`, '/linux/cgroupsPath');
  const all = cgroupsPath.startsWith('/') ? path : [...base(hierarchy, mode), ...path];
  return [hierarchy.mountpoint === '/' ? '' : hierarchy.mountpoint, ...all].join('/');
}
