import type { Fd, Native } from '../native/contract.ts';
import { deadlineIn, timeLeft } from '../native/deadline.ts';

/** LOCK_EX | LOCK_NB of flock(2) */
const exclusive = 2 | 4;
const LOCK_UN = 8;

/**
 * How long a command waits for another one on the same container, in milliseconds: longer than `delete` may wait for an init to
 * end (10 s), shorter than what callers wait for a command.
 */
export const lockTimeout = 20_000;

/**
 * Takes the exclusive lock on an open directory. The lock belongs to the open file: the kernel releases it when the fd is closed
 * or its process dies, so that no lock is ever left over. False when it is still held elsewhere after `timeout` milliseconds.
 */
export function lock(native: Native, directory: Fd, timeout: number): boolean {
  return native.flock(directory, exclusive) || waitForLock(native, directory, timeout);
}

function waitForLock(native: Native, directory: Fd, timeout: number): boolean {
  const deadline = deadlineIn(native, timeout);
  for (let pause = 1; timeLeft(native, deadline) > 0; pause = Math.min(pause * 2, 50)) {
    native.poll([], pause);
    if (native.flock(directory, exclusive)) return true;
  }
  return false;
}

/** Gives the lock up; the directory stays open. */
export function unlock(native: Native, directory: Fd): void {
  native.flock(directory, LOCK_UN);
}
