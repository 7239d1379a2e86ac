import type { Native } from '../native/contract.ts';

const nanosecondsPerMillisecond = 1_000_000n;

/**
 * Asks `done` until it says true or `limit` milliseconds have passed: at once, then after pauses of 1 ms that grow to 32 ms.
 * Returns the last answer.
 */
export function waitUntil(native: Native, limit: number, done: () => boolean): boolean {
  const end = native.monotonic() + BigInt(limit) * nanosecondsPerMillisecond;
  for (let pause = 1; !done(); pause = Math.min(pause * 2, 32)) {
    if (native.monotonic() >= end) return false;
    // poll(2) of nothing is a sleep
    native.poll([], pause);
  }
  return true;
}
