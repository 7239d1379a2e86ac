import { lookup } from './lookup.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `process.rlimits[].type` → RLIMIT_* of getrlimit(2). */
export const RLIMITS: Readonly<Record<string, number>> = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
};

/** `process.rlimits`; what is not listed is inherited. */
export const rlimits: Planner = ({ process }) =>
  (process.rlimits ?? []).map(({ type, soft, hard }, index) => {
    const place = `/process/rlimits/${index}`;
    const resource = lookup(RLIMITS, type, `wrong rlimit value: ${type}`);
    return planned({ step: 'rlimit', resource, soft, hard }, place);
  });
