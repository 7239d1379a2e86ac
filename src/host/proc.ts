import type { Exit, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { weakened } from '../native/weakened.ts';

/** What identifies a process beyond its pid, and whether it still runs. */
export interface ProcessStat {
  /** R, S, D, … ; Z and X are gone. proc_pid_stat(5) */
  readonly state: string;
  /** field 4: the parent's pid, 0 when it is in another pid namespace */
  readonly parent: number;
  /** field 9: it is ending, and may have left its cgroups and namespaces before it is a zombie. PF_EXITING of linux/sched.h */
  readonly exiting: boolean;
  /** field 22: start time in clock ticks since boot. With the boot id and the pid it names one process forever. */
  readonly startTime: bigint;
}

/** Reads the text of /proc/[pid]/stat; undefined when it is none. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  // Field 2 is the command in parentheses and may hold anything, parentheses, spaces and newlines too: fields count from the last ")".
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const startTime = fields[22 - 3];
  if (state === undefined || startTime === undefined || !/^\d+$/.test(startTime)) return undefined;
  const exiting = (Number(fields[9 - 3]) & 4) !== 0;
  return { state, parent: Number(parent), exiting, startTime: BigInt(startTime) };
}

/** Field 52 of the text of /proc/[pid]/stat, of a process that has ended and was not waited for; undefined for any other. */
export function parseProcessEnd(text: string): { readonly startTime: bigint; readonly exit: Exit } | undefined {
  const stat = parseProcessStat(text);
  if (stat?.state !== 'Z') return undefined;
  const code = Number(text.trimEnd().split(' ').at(-1));
  // as wait(2) has it: the signal in seven bits, one for a core dump, the status above
  const signal = code & 0x7f;
  const exit = signal === 0 ? { status: code >> 8, signal: null } : { status: null, signal };
  return { startTime: stat.startTime, exit };
}

/** State and start time of a process; undefined when there is none of this pid. */
export function readProcessStat(native: Pick<Native, 'readText'>, pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(native.readText(AT_FDCWD, `/proc/${pid}/stat`, 8192));
  } catch (error) {
    // ESRCH: it ended between open and read.
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

/**
 * The value of a line "Field:\tvalue" of the text of /proc/[pid]/status; undefined when it has none. proc_pid_status(5)
 * The name in its first line is the process's own choice, and the kernel writes out newlines and backslashes only: a carriage return in
 * it would begin a line for a regular expression with the flag m.
 */
export function statusField(status: string, field: string): string | undefined {
  WEAKENED: if (weakened('S77')) return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(status)?.[1];
  const name = `\n${field}:`;
  const found = status.indexOf(name);
  if (found < 0) return undefined;
  const value = found + name.length;
  return status.slice(value, status.indexOf('\n', value)).trim();
}

/** SIGKILL is bit 8 of a mask of signals. proc_pid_status(5) */
const withKill = /[13579bdf][0-9a-f]{2}$/;

/** Whether a process or its group has a SIGKILL that it has not died of yet; false when there is none of this pid. */
export function hasPendingKill(native: Native, pid: number): boolean {
  try {
    const status = native.readText(AT_FDCWD, `/proc/${pid}/status`, 16384);
    return ['SigPnd', 'ShdPnd'].some((field) => withKill.test(statusField(status, field) ?? ''));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return false;
    throw error;
  }
}

/** The random name of this boot: a pid and start time of another boot mean nothing. random(4) */
export function readBootId(native: Native): string {
  return native.readText(AT_FDCWD, '/proc/sys/kernel/random/boot_id', 64).trim();
}
