import type { Scheduler } from '../../oci/types.ts';
import { type Check, type Problem, problemIf } from '../problem.ts';

/** sched(7): which policies take which attribute. An attribute of another policy would be dropped silently by the kernel. */
const realtime: readonly string[] = ['SCHED_FIFO', 'SCHED_RR'];
const deadline = 'SCHED_DEADLINE';

function isSet(value: number | bigint | undefined): boolean {
  return value !== undefined && value !== 0;
}

function checkPriority({ policy, priority = 0 }: Scheduler): Problem[] {
  const place = '/process/scheduler/priority';
  if (!realtime.includes(policy)) {
    return problemIf(
      isSet(priority),
      place,
      'scheduler.priority can only be specified for SchedFIFO or SchedRR policy',
    );
  }
  return problemIf(priority < 1 || priority > 99, place, `must be between 1 and 99 for ${policy}, is ${priority}`);
}

function checkNice({ nice = 0 }: Scheduler): Problem[] {
  return problemIf(
    nice < -20 || nice > 19,
    '/process/scheduler/nice',
    `invalid scheduler.nice: '${nice}', must be within [-20, 19]`,
  );
}

/** SCHED_DEADLINE needs runtime <= deadline <= period, runtime and deadline not 0; a period of 0 is the deadline. */
function checkDeadline(scheduler: Scheduler): Problem[] {
  const { policy, runtime = 0, deadline: end = 0, period = 0 } = scheduler;
  const place = '/process/scheduler';
  if (policy !== deadline) {
    const given = isSet(runtime) || isSet(end) || isSet(period);
    return problemIf(given, place, 'scheduler runtime/deadline/period can only be specified for SchedDeadline policy');
  }
  const ordered = isSet(runtime) && runtime <= end && (!isSet(period) || end <= period);
  return problemIf(!ordered, place, 'SCHED_DEADLINE needs 0 < runtime <= deadline <= period');
}

/** config.md § Linux Process, scheduler. sched_setattr(2) */
export const checkScheduler: Check = ({ process }) => {
  const scheduler = process?.scheduler;
  if (scheduler === undefined) return [];
  return [...checkNice(scheduler), ...checkPriority(scheduler), ...checkDeadline(scheduler)];
};
