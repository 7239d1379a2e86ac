import type { Bundle } from '../bundle/bundle.ts';
import type { HostFacts } from '../host/facts.ts';
import type { InitStep } from '../native/contract.ts';
import type { Config, Linux, Process } from '../oci/types.ts';
import type { MountEntry } from './mount-entry.ts';
import type { CgroupPlan, FdRecipe, PlannedStep, PlanOptions, SeccompFilter } from './plan.ts';

/** What every planner may read. Nothing in it changes while a plan is made. */
export interface PlanInput {
  readonly bundle: Bundle;
  readonly config: Config;
  /** `config.process`; bundle/checks refuses a config without one */
  readonly process: Process;
  /** `config.linux`, {} when absent */
  readonly linux: Linux;
  /** `config.mounts`, decoded once */
  readonly mounts: readonly MountEntry[];
  readonly facts: HostFacts;
  readonly options: PlanOptions;
  readonly cgroup: CgroupPlan;
  /** what `linux.seccomp` was compiled to */
  readonly seccomp: SeccompFilter | undefined;
}

/** One property of config.json → the steps it asks for, [] when it asks for nothing. */
export type Planner = (input: PlanInput) => readonly PlannedStep[];

/** One property of config.json → what the log should say of it. */
export type Warner = (input: PlanInput) => readonly string[];

/** A step and the JSON pointer of the property that asks for it; '' when the runtime itself does. */
export function planned(run: InitStep<FdRecipe>, pointer = ''): PlannedStep {
  return { pointer, run };
}

/** A planner of one step that every plan has. */
export function always(run: InitStep<FdRecipe>): Planner {
  const steps = [planned(run)];
  return () => steps;
}
