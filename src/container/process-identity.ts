import { readBootId, readProcessStat } from '../host/proc.ts';
import type { Fd, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { weakened } from '../native/weakened.ts';
import type { ProcessIdentity } from '../state/record.ts';

/** The identity of a process that lives, e.g. of one's own child. */
export function identify(native: Native, pid: number): ProcessIdentity {
  return { pid, startTime: Number(readProcessStat(native, pid)?.startTime ?? 0), bootId: readBootId(native) };
}

/**
 * A pidfd of exactly this process, undefined when it has ended (a zombie has). The pid may belong to somebody else by now:
 * start time and boot id decide. They are read after the pidfd is open, which from then on cannot change its process.
 */
export function openProcess(native: Native, identity: ProcessIdentity): Fd | undefined {
  const pidfd = openPidfd(native, identity.pid);
  if (pidfd === undefined) return undefined;
  if (isSame(native, identity)) return pidfd;
  native.close(pidfd);
  return undefined;
}

function openPidfd(native: Native, pid: number): Fd | undefined {
  try {
    return native.pidfdOpen(pid);
  } catch (error) {
    // EINVAL: the pid is that of a thread now
    if (isErrno(error, 'ESRCH', 'EINVAL')) return undefined;
    throw error;
  }
}

function isSame(native: Native, { pid, startTime, bootId: boot }: ProcessIdentity): boolean {
  const stat = readProcessStat(native, pid);
  if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return false;
  WEAKENED: if (weakened('S65')) return true;
  return Number(stat.startTime) === startTime && readBootId(native) === boot;
}

/** Whether a process was one of this boot: a cgroup with the name of one from before belongs to somebody else. Unrecorded, it was. */
export function isOfThisBoot(native: Native, identity: ProcessIdentity | undefined): boolean {
  return identity === undefined || identity.bootId === readBootId(native);
}
