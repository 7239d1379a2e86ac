import { environment } from './environment.ts';
import { ioPriority } from './io-priority.ts';
import { memoryPolicy } from './memory-policy.ts';
import { noNewPrivileges } from './no-new-privileges.ts';
import { personality } from './personality.ts';
import type { Planner } from './planner.ts';
import { rlimits } from './rlimits.ts';
import { scheduler } from './scheduler.ts';
import { privilegedSeccomp } from './seccomp.ts';
import { lookupExecutable } from './start.ts';
import { stdioOwner } from './stdio.ts';
import { credentials } from './user.ts';

/**
 * THE ORDER of what any process of a container becomes, its first and those of `exec`: its attributes while it still has every
 * right to set them, then its user, then what it is to execute.
 */
export const PROCESS_STEPS: readonly Planner[] = [
  noNewPrivileges,
  scheduler,
  ioPriority,
  personality,
  memoryPolicy,
  environment, // reads the container's /etc/passwd for HOME, so it comes before a small RLIMIT_NOFILE
  rlimits, // after the file tree is done: a small RLIMIT_NOFILE or RLIMIT_FSIZE would hit init itself
  stdioOwner, // needs the right to change owners
  privilegedSeccomp, // while there is the right to: without no_new_privs only CAP_SYS_ADMIN may
  credentials,
  lookupExecutable, // as the container's user
];
