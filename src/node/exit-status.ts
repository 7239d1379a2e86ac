import type { Exit } from '../native/contract.ts';
import { type Signal, signalName } from './signals.ts';

/** How a process ended: one of the two is not null. Both are null when it is not known. */
export interface ExitStatus {
  /** what it gave to exit(2) */
  readonly status: number | null;
  /** what ended it */
  readonly signal: Signal | null;
}

/** The same with the name of the signal. */
export function exitStatus({ status, signal }: Exit): ExitStatus {
  return { status, signal: signal === null ? null : signalName(signal) };
}
