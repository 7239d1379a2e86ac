import type { Native } from './contract.ts';

const nanosecondsPerMillisecond = 1_000_000n;

/** The moment `milliseconds` from now, CLOCK_MONOTONIC in nanoseconds. */
export function deadlineIn(native: Native, milliseconds: number): bigint {
  return native.monotonic() + BigInt(milliseconds) * nanosecondsPerMillisecond;
}

/** Whole milliseconds until then, 0 when it has come: a timeout for poll(2). */
export function timeLeft(native: Native, deadline: bigint): number {
  const left = Number((deadline - native.monotonic()) / nanosecondsPerMillisecond);
  return Math.max(0, left);
}
