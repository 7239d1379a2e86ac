import type { KilledCall } from '../host/audit.ts';
import type { Exit, Native } from '../native/contract.ts';
import { SIGKILL, SIGSYS, signalName } from './signals.ts';
import type { StartFailure } from './start-failure.ts';

/** How the init of a container ended. */
export type Ending =
  | { readonly type: 'exited'; readonly status: number }
  | { readonly type: 'signaled'; readonly signal: number; readonly name: string }
  /** SIGKILL of the kernel, because the memory limit was reached */
  | { readonly type: 'oom-killed'; readonly signal: number; readonly name: string }
  /** SIGSYS of the kernel, because the filter of system calls kills for this one; without it where the audit log was not heard */
  | {
      readonly type: 'seccomp-killed';
      readonly signal: number;
      readonly name: string;
      readonly syscall?: string;
      readonly number?: number;
      readonly architecture?: string;
    }
  /** after `start` something went wrong that kept it from its command; `status` is what init has ended with */
  | ({ readonly type: 'start-failed'; readonly status: number } & StartFailure)
  | { readonly type: 'unknown'; readonly why: string };

/** What is known beside the exit itself. */
export interface Circumstances {
  /** the kernel has just killed a process of the container for want of memory */
  readonly oomKilled: boolean;
  /** the container has a filter of system calls */
  readonly filtered: boolean;
  /** what the audit log says of this process */
  readonly call: KilledCall | undefined;
  /** what init has left */
  readonly startFailure?: StartFailure | undefined;
}

type Calls = typeof import('../seccomp/module.ts');

/** The reason in one word, and what belongs to it. */
export function endingOf(native: Native, { status, signal }: Exit, circumstances: Circumstances): Ending {
  const { startFailure } = circumstances;
  if (startFailure !== undefined)
    return { type: 'start-failed', status: status ?? 128 + (signal ?? 0), ...startFailure };
  if (signal === null) return { type: 'exited', status: status ?? 0 };
  const name = signalName(signal);
  if (signal === SIGKILL && circumstances.oomKilled) return { type: 'oom-killed', signal, name };
  if (signal !== SIGSYS || (!circumstances.filtered && circumstances.call === undefined))
    return { type: 'signaled', signal, name };
  return { type: 'seccomp-killed', signal, name, ...callOf(native, circumstances.call) };
}

function callOf(native: Native, call: KilledCall | undefined) {
  if (call === undefined) return {};
  const named = (native.cold('seccomp') as Calls).callName(call.audit, call.number);
  const name = named?.name ?? '';
  return {
    ...(name === '' ? {} : { syscall: name }),
    number: call.number,
    ...(named === undefined ? {} : { architecture: named.arch }),
  };
}

/** What a shell, and run, make of it; undefined when nobody knows. */
export function exitStatus(ending: Ending): number | undefined {
  if (ending.type === 'unknown') return undefined;
  return 'status' in ending ? ending.status : 128 + ending.signal;
}

/** The same for a person. */
export function endingText(ending: Ending): string {
  switch (ending.type) {
    case 'exited':
      return `exited with status ${ending.status}`;
    case 'signaled':
      return `killed by signal ${ending.signal} (${ending.name})`;
    case 'oom-killed':
      return 'killed by the kernel because its memory limit was reached';
    case 'seccomp-killed':
      return `killed by its seccomp filter for ${callText(ending)}`;
    case 'start-failed':
      return `start failed at ${ending.step}${ending.code === undefined ? '' : ` (${ending.code})`}: ${ending.message}`;
    case 'unknown':
      return `ended, and ${ending.why}`;
  }
}

function callText({ syscall, number, architecture }: Extract<Ending, { type: 'seccomp-killed' }>): string {
  if (number === undefined)
    return 'a system call; only the audit log names it, which could not be heard or is not told (SCMP_ACT_TRAP)';
  const place = `number ${number}${architecture === undefined ? '' : ` of ${architecture}`}`;
  return syscall === undefined ? `the system call with ${place}` : `the system call ${syscall} (${place})`;
}
