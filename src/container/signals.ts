import { Failure } from '../native/failure.ts';

/** signal(7), x86 and ARM; the names are those that runc knows: all but the real-time signals, which have numbers only. */
const names: readonly string[] = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT ' +
  'CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ');

const aliases: { readonly [alias: string]: string } = { IOT: 'ABRT', CLD: 'CHLD', POLL: 'IO' };

export const SIGKILL = 9;
export const SIGTERM = 15;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGURG = 23;
export const SIGPROF = 27;
export const SIGWINCH = 28;
/** a filter of system calls, seccomp(2) */
export const SIGSYS = 31;

/**
 * The number of a signal as the command line names it: a number, or a name in any case with or without SIG; one dash before it
 * is allowed as in kill(1). Throws a Failure with runc's text.
 */
export function signalNumber(text: string): number {
  const word = text.startsWith('-') ? text.slice(1) : text;
  if (/^[0-9]+$/.test(word)) return Number(word);
  const name = word.toUpperCase().replace(/^SIG/, '');
  const index = names.indexOf(Object.hasOwn(aliases, name) ? (aliases[name] as string) : name);
  if (index === -1) throw new Failure(`unknown signal ${JSON.stringify(text)}`);
  return index + 1;
}

/** "SIGKILL"; the number of one that has no name. */
export function signalName(signal: number): string {
  return names[signal - 1] === undefined ? String(signal) : `SIG${names[signal - 1]}`;
}

/** "killed", "terminated": what Go says of a process that a signal ended; the number for the others. */
export function signalWord(signal: number): string {
  return words[signal] ?? `signal ${signal}`;
}

const words: { readonly [signal: number]: string } = {
  1: 'hangup',
  2: 'interrupt',
  3: 'quit',
  4: 'illegal instruction',
  5: 'trace/breakpoint trap',
  6: 'aborted',
  7: 'bus error',
  8: 'floating point exception',
  9: 'killed',
  10: 'user defined signal 1',
  11: 'segmentation fault',
  12: 'user defined signal 2',
  13: 'broken pipe',
  14: 'alarm clock',
  15: 'terminated',
};
