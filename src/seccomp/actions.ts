import type { LinuxSeccompAction } from '../oci/types.ts';

/** SECCOMP_RET_* of linux/seccomp.h by the action's name; SCMP_ACT_KILL is an older name for the thread. */
export const ACTIONS: Readonly<Record<LinuxSeccompAction, number>> = {
  SCMP_ACT_ALLOW: 0x7fff0000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_KILL: 0x00000000,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_KILL_THREAD: 0x00000000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_TRAP: 0x00030000,
};

/** Actions that carry a number: the errno, or what a tracer is told. */
export const WITH_ERRNO: ReadonlySet<LinuxSeccompAction> = new Set<LinuxSeccompAction>([
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
]);

const EPERM = 1;

/** What the filter returns for an action. */
export function verdict(action: LinuxSeccompAction, errnoRet: number = EPERM): number {
  return WITH_ERRNO.has(action) ? ACTIONS[action] + errnoRet : ACTIONS[action];
}

/** What a call gets that no architecture of the profile has: libseccomp's action for that, and runc's. */
export const BAD_ARCHITECTURE: number = ACTIONS.SCMP_ACT_KILL_THREAD;

const ENOSYS = 38;

/** For calls that are newer than the profile: a C library falls back to an older one. */
export const UNKNOWN_CALL: number = verdict('SCMP_ACT_ERRNO', ENOSYS);
