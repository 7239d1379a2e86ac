import type { Exit, Fd, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { POLLIN } from '../native/poll-events.ts';
import { SIGKILL } from './signals.ts';

/** How long a killed process may take to end, in milliseconds. */
export const endTimeout = 10_000;

/** Sends a signal; false when the process has ended already. */
export function signalProcess(native: Native, pidfd: Fd, signal: number): boolean {
  try {
    native.pidfdSendSignal(pidfd, signal);
    return true;
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw error;
  }
}

/** Whether the process ends within `timeout` milliseconds. */
export function hasEnded(native: Native, pidfd: Fd, timeout: number): boolean {
  return ((native.poll([{ fd: pidfd, events: POLLIN }], timeout)[0] ?? 0) & POLLIN) !== 0;
}

/**
 * Kills a child and reaps it, so that nothing of it is left when this returns. undefined when it does not end in time, or
 * was reaped before.
 */
export function endChild(native: Native, pidfd: Fd, timeout: number): Exit | undefined {
  signalProcess(native, pidfd, SIGKILL);
  if (!hasEnded(native, pidfd, timeout)) return undefined;
  try {
    return native.waitPidfd(pidfd);
  } catch (error) {
    if (isErrno(error, 'ECHILD')) return undefined;
    throw error;
  }
}
