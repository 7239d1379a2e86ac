import type { Bundle } from '../bundle/bundle.ts';
import type { HostFacts } from '../host/facts.ts';
import { capabilityWarnings } from './capabilities.ts';
import { INIT_STEPS } from './init-steps.ts';
import { mountEntries } from './mount-entry.ts';
import { cloneFlags, joinedBefore, pidNamespace } from './namespaces.ts';
import { notifyWarnings } from './notify.ts';
import { personalityWarnings } from './personality.ts';
import type { CgroupPlan, ContainerPlan, PlanOptions, SeccompFilter } from './plan.ts';
import type { PlanInput, Warner } from './planner.ts';
import { processWrites } from './user-namespace.ts';

const WARNINGS: readonly Warner[] = [capabilityWarnings, personalityWarnings, notifyWarnings];

function planInput(
  bundle: Bundle,
  facts: HostFacts,
  options: PlanOptions,
  cgroup: CgroupPlan,
  seccomp: SeccompFilter | undefined,
): PlanInput {
  const { config } = bundle;
  const { process, linux = {} } = config;
  if (process === undefined) throw new Error('process property must not be empty');
  const mounts = mountEntries(config.mounts ?? [], bundle.path);
  return { bundle, config, process, linux, mounts, facts, options, cgroup, seccomp };
}

/**
 * Everything that create and run do for `bundle`, as data. Pure: nothing is opened, asked or changed, and equal arguments give
 * equal plans. The bundle has passed bundle/checks; `cgroup` and `seccomp` are what
 * cgroup/plan.ts and seccomp/compile.ts made of the same config.
 * Throws an Error where a name has slipped through the checks.
 */
export function planContainer(
  bundle: Bundle,
  facts: HostFacts,
  options: PlanOptions,
  cgroup: CgroupPlan,
  seccomp?: SeccompFilter,
): ContainerPlan {
  const input = planInput(bundle, facts, options, cgroup, seccomp);
  return {
    cloneFlags: cloneFlags(input.linux),
    pidNamespace: pidNamespace(input.linux),
    joined: joinedBefore(input.linux),
    processWrites: processWrites(input),
    cgroup,
    steps: INIT_STEPS.flatMap((planner) => planner(input)),
    warnings: WARNINGS.flatMap((warner) => warner(input)),
  };
}
