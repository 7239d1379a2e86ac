import { constants } from 'node:os';

/** A signal by its name or number. */
export type Signal = NodeJS.Signals | number;

/** The number of a signal. Throws a TypeError for what is none. */
export function signalNumber(signal: Signal): number {
  const number = typeof signal === 'number' ? signal : constants.signals[signal];
  if (!Number.isInteger(number) || number < 0 || number > 64) throw new TypeError(`no signal: ${String(signal)}`);
  return number;
}

/** The name of a signal, or its number where Node.js has no name for it (those of real time). */
export function signalName(number: number): Signal {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? number : (found[0] as NodeJS.Signals);
}
