import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/**
 * Init joins its v1 cgroups itself, by writing 0 to `tasks`: writing a pid to cgroup.procs waits about 10 ms for an RCU
 * grace period, and a single-threaded process loses nothing by `tasks`. The v2 cgroup is joined by clone3 (CLONE_INTO_CGROUP).
 */
export const joinCgroup: Planner = ({ cgroup }) => {
  const v1 = cgroup.directories.filter((directory) => directory.version === 1);
  if (v1.length === 0) return [];
  const tasks = v1.map(({ path }) => ({ open: 'control', path: `${path}/tasks` }) as const);
  return [planned({ step: 'cgroup_join', tasks }, '/linux/cgroupsPath')];
};
