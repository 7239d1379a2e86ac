import { lookup } from './lookup.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `process.scheduler.policy` → SCHED_* of sched_setattr(2). */
export const SCHEDULER_POLICIES: Readonly<Record<string, number>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};

/** `process.scheduler.flags` → SCHED_FLAG_* of sched_setattr(2). */
export const SCHEDULER_FLAGS: Readonly<Record<string, number>> = {
  SCHED_FLAG_RESET_ON_FORK: 0x01,
  SCHED_FLAG_RECLAIM: 0x02,
  SCHED_FLAG_DL_OVERRUN: 0x04,
  SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
};

/** A deadline is kept only when the process may run on every CPU of its root domain. sched-deadline.rst § 5; runc's text */
const withCpuset = { EPERM: "process scheduler can't be used together with AllowedCPUs" };

/** `process.scheduler` */
export const scheduler: Planner = ({ process, linux }) => {
  if (process.scheduler === undefined) return [];
  const { policy: name, nice = 0, priority = 0, runtime = 0, deadline = 0, period = 0 } = process.scheduler;
  const policy = lookup(SCHEDULER_POLICIES, name, `invalid scheduler policy: ${name}`);
  const flags = (process.scheduler.flags ?? [])
    .map((flag) => lookup(SCHEDULER_FLAGS, flag, `invalid scheduler flag: ${flag}`))
    .reduce((sum, bit) => sum | bit, 0);
  const step = planned(
    { step: 'scheduler', policy, flags, nice, priority, runtime, deadline, period },
    '/process/scheduler',
  );
  return [linux.resources?.cpu?.cpus ? { ...step, refusals: withCpuset } : step];
};
