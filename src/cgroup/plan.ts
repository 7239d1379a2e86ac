import type { HostFacts } from '../host/facts.ts';
import type { Config, LinuxResources } from '../oci/types.ts';
import type { CgroupPlan } from '../plan/plan.ts';
import { planDeviceFilter } from './device-filter.ts';
import { planOwner } from './owner.ts';
import { cgroupDirectory } from './path.ts';
import { planLimits } from './settings.ts';

type Directory = CgroupPlan['directories'][number];

function planDirectories({ cgroup }: HostFacts, cgroupsPath: string, id: string): Directory[] {
  return cgroup.hierarchies.map((hierarchy) => ({
    version: hierarchy.version,
    controllers: hierarchy.controllers,
    mountpoint: hierarchy.mountpoint,
    path: cgroupDirectory(hierarchy, cgroup.mode, cgroupsPath, id),
  }));
}

/** What is written to the cgroups of a container once it is known where they are. @throws Failure as {@link planLimits} does */
export function planContent(
  config: Config,
  facts: HostFacts,
  directories: readonly Directory[],
  resources: LinuxResources,
): CgroupPlan {
  const { mode } = facts.cgroup;
  const filter = planDeviceFilter(directories, resources.devices ?? []);
  const owner = planOwner(config, { mode, directories }, () => facts.euid);
  return {
    mode,
    directories,
    limits: planLimits(directories, resources),
    ...(filter === undefined ? {} : { devices: filter }),
    ...(owner === undefined ? {} : { owner }),
  };
}

/**
 * Where the cgroups of a container are and what is written there, for the cgroupfs driver. Pure.
 *
 * @throws Failure for a cgroupsPath that is no cgroup, and for a limit whose controller the host does not have; with the pointer
 */
export function planCgroup(config: Config, facts: HostFacts, id: string): CgroupPlan {
  const directories = planDirectories(facts, config.linux?.cgroupsPath ?? '', id);
  return planContent(config, facts, directories, config.linux?.resources ?? {});
}
