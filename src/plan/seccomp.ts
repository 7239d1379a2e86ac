import type { SeccompFilter } from './plan.ts';
import type { PlanInput, Planner } from './planner.ts';
import { planned } from './planner.ts';

/** What seccomp(2) says about the machine, where the errno alone says something else. */
const refusals = {
  EACCES: 'seccomp: without process.noNewPrivileges the runtime needs CAP_SYS_ADMIN (EACCES)',
  EINVAL: 'seccomp: this kernel does not know the filter or one of its flags (EINVAL)',
  EBUSY: 'seccomp: the process has a filter with a listener already, and can have only one (EBUSY)',
};

function load({ program, flags }: SeccompFilter, late: number) {
  return { ...planned({ step: 'seccomp', program, flags, late }, '/linux/seccomp'), refusals };
}

/** The filter of a process that gets no more privileges by an execve: it may load one at any time. */
function ofUnprivileged({ process, seccomp }: PlanInput): SeccompFilter | undefined {
  return process.noNewPrivileges ? seccomp : undefined;
}

/**
 * `linux.seccomp` without `process.noNewPrivileges`: with the credentials, which take the right to load it, and behind the change
 * of directory, which init looks into. seccomp(2)
 */
export const privilegedSeccomp: Planner = ({ process, seccomp }) =>
  seccomp === undefined || process.noNewPrivileges ? [] : [load(seccomp, 2)];

/** With it, and an agent that is to get the listener from the runtime. */
export const listenedSeccomp: Planner = (input) => {
  const filter = ofUnprivileged(input);
  return filter?.agent === undefined ? [] : [load(filter, 0)];
};

/** With it, and without an agent. */
export const unlistenedSeccomp: Planner = (input) => {
  const filter = ofUnprivileged(input);
  return filter === undefined || filter.agent !== undefined ? [] : [load(filter, 1)];
};

/** With it, where the runtime is there to the end. */
export const lateSeccomp: Planner = (input) => {
  const filter = ofUnprivileged(input);
  return filter === undefined ? [] : [load(filter, 1)];
};
