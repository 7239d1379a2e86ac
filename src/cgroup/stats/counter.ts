import type { Fd, Native } from '../../native/contract.ts';
import { isErrno } from '../../native/failure.ts';
import { readControl } from '../directory.ts';

/** A counter of the kernel: an unsigned integer of 64 bits, exact. */
export type Counter = bigint;

/** What "max" is told as. runc's events */
export const unlimited: Counter = 2n ** 64n - 1n;

/** As Go's omitempty: a counter of zero is left out of the JSON text. */
export function nonZero(counter: Counter): Counter | undefined {
  return counter === 0n ? undefined : counter;
}

function parseCounter(word: string | undefined): Counter | undefined {
  if (word === 'max') return unlimited;
  return word !== undefined && /^\d+$/.test(word) ? BigInt(word) : undefined;
}

/** The text of a file; undefined when this kernel or this cgroup does not have it, or has it switched off (EOPNOTSUPP: PSI). */
export function readStat(native: Native, directory: Fd, file: string): string | undefined {
  try {
    return readControl(native, directory, file);
  } catch (error) {
    if (isErrno(error, 'EOPNOTSUPP')) return undefined;
    throw error;
  }
}

/** A file that holds one counter; undefined when it is not there. */
export function readCounter(native: Native, directory: Fd, file: string): Counter | undefined {
  return parseCounter(readStat(native, directory, file)?.trim());
}

/** A file of lines "name counter" ("flat keyed", cgroup-v2.rst). Empty when it is not there. */
export function readCounters(native: Native, directory: Fd, file: string): Map<string, Counter> {
  const counters = new Map<string, Counter>();
  for (const line of (readStat(native, directory, file) ?? '').split('\n')) {
    const [name = '', word] = line.split(' ');
    const counter = parseCounter(word);
    if (counter !== undefined) counters.set(name, counter);
  }
  return counters;
}
