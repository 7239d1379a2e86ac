import type { Native } from '../native/contract.ts';
import { deadlineIn, timeLeft } from '../native/deadline.ts';

/**
 * Asks `done` until it says true or `limit` milliseconds have passed: at once, then after pauses of 1 ms that grow to 32 ms.
 * Returns the last answer.
 */
export function waitUntil(native: Native, limit: number, done: () => boolean): boolean {
  const deadline = deadlineIn(native, limit);
  for (let pause = 1; !done(); pause = Math.min(pause * 2, 32)) {
    if (timeLeft(native, deadline) === 0) return false;
    // poll(2) of nothing is a sleep
    native.poll([], pause);
  }
  return true;
}
