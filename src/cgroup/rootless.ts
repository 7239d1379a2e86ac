import type { HostFacts } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { Config } from '../oci/types.ts';
import type { CgroupPlan } from '../plan/plan.ts';

/** Somebody who may not be allowed to make cgroups: as --rootless says, or as it looks. */
export function isRootless(facts: HostFacts, rootless: boolean | 'auto'): boolean {
  return rootless === 'auto' ? facts.euid !== 0 || facts.inUserNamespace : rootless;
}

/** Neither a place nor a limit. Rules of devices are of no account: nobody has device nodes of their own there. */
export function asksNothing({ linux = {} }: Config): boolean {
  const { devices: _devices, ...limits } = linux.resources ?? {};
  return !linux.cgroupsPath && Object.values(limits).every((limit) => Object.keys(limit ?? {}).length === 0);
}

/** A cgroup is made in the nearest one that is there, by whom that was delegated to. cgroup-v2.rst § Delegation */
function isOwned(native: Native, path: string, mountpoint: string, euid: number): boolean {
  for (let above = path; above.length > mountpoint.length; ) {
    above = above.slice(0, above.lastIndexOf('/'));
    const stat = native.stat(AT_FDCWD, above, 0);
    if (stat !== undefined) return stat.uid === euid && (stat.mode & 0o200) !== 0;
  }
  return false;
}

/** What of a plan is in hierarchies that the user may make cgroups in; in the others the container stays where the runtime is. */
export function ownedPart(native: Native, { euid }: HostFacts, plan: CgroupPlan): CgroupPlan {
  const directories = plan.directories.filter(({ path, mountpoint }) => isOwned(native, path, mountpoint, euid));
  const kept = (path: string) =>
    directories.some((directory) => path === directory.path || path.startsWith(`${directory.path}/`));
  const { devices, owner, ...rest } = plan;
  return {
    ...rest,
    directories,
    limits: plan.limits.filter(({ file }) => kept(file)),
    ...(devices !== undefined && kept(devices.path) ? { devices } : {}),
    ...(owner !== undefined && kept(owner.path) ? { owner } : {}),
  };
}
