import { type OomWatch, watchOom } from '../cgroup/oom-watch.ts';
import type { AuditLog, KilledCall } from '../host/audit.ts';
import { parseProcessEnd } from '../host/proc.ts';
import type { Exit, Fd, Native, Poll } from '../native/contract.ts';
import { deadlineIn, timeLeft } from '../native/deadline.ts';
import { isErrno } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from '../native/open-flags.ts';
import { POLLIN } from '../native/poll-events.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import { openWriteEnd } from '../state/exec-fifo.ts';
import type { ContainerRecord } from '../state/record.ts';
import { type Ending, endingOf } from './ending.ts';
import { openProcess } from './process-identity.ts';
import { SIGSYS } from './signals.ts';
import { readStartFailure } from './start-failure.ts';

/** Waits for the end of a container's init, whose parent is somebody else. */
export interface DeathWatch {
  readonly pidfd: Fd;
  /** what poll(2) is to wait for, the pidfd first */
  polls(): Poll[];
  /** Whether processes were killed for want of memory since the last time. To be asked when one of the others has wakened. */
  oomHappened(): boolean;
  /** How it ended, when it has. */
  ending(calls: CallLog): Ending;
  close(): void;
}

/** What the audit log has said of processes, and can still say. */
export interface CallLog {
  /** The call that a process was killed for; waits up to `patience` milliseconds for what is under way. */
  of(pid: number, patience: number): KilledCall | undefined;
}

/** The kernel writes its log behind the end of the process, by a thread of its own. */
const auditPatience = 1_000;

/** How long after it ran out of memory the end of init is still because of that, in nanoseconds. */
const oomPatience = 2_000_000_000n;

/** What the pidfd says only when it is there no more: nobody knows it on an older kernel. */
const reaped = 'its parent has collected its exit status before it could be read: Linux tells others since 6.15';

/** What init ends with when it has left why it could not execute the command. addon/init/main.cc */
const refused: Exit = { status: 255, signal: null };

/** A watch of a container that lives; undefined when its init is gone. An init that nobody has waited for yet still tells. */
export function watchDeath(
  native: Native,
  record: ContainerRecord,
  directory: ContainerDirectory | undefined,
): DeathWatch | undefined {
  const process = openProcessDirectory(native, record.init.pid);
  if (process === undefined) return undefined;
  const fifo = directory === undefined ? undefined : openWriteEnd(native, directory);
  const pidfd = openProcess(native, record.init);
  if (pidfd === undefined) {
    for (const fd of [process, fifo]) if (fd !== undefined) native.close(fd);
    return undefined;
  }
  const oom = watchOom(native, record.cgroup);
  return deathWatch(native, record, { process, pidfd, oom, fifo });
}

/** How a container ended that is no longer there: as long as its init is a zombie. */
export function endingOfDead(native: Native, { init, seccomp }: ContainerRecord, calls: CallLog): Ending {
  const process = openProcessDirectory(native, init.pid);
  const end = process === undefined ? undefined : readEnd(native, process);
  if (process !== undefined) native.close(process);
  if (end === undefined || Number(end.startTime) !== init.startTime)
    return { type: 'unknown', why: 'its exit status was collected before anybody watched' };
  const call = calls.of(init.pid, 0);
  return endingOf(native, end.exit, { oomKilled: false, filtered: seccomp !== undefined, call });
}

interface Opened {
  /** /proc/PID: it stays that of this process, whose pid may be used again */
  readonly process: Fd;
  readonly pidfd: Fd;
  readonly oom: OomWatch | undefined;
  /** of a container that is not started yet: what goes wrong then is found there */
  readonly fifo: Fd | undefined;
}

function deathWatch(native: Native, record: ContainerRecord, { process, pidfd, oom, fifo }: Opened): DeathWatch {
  let lastOom: bigint | undefined;
  const oomHappened = () => {
    const happened = oom?.happened() ?? false;
    if (happened) lastOom = native.monotonic();
    return happened;
  };
  const oomKilled = () => lastOom !== undefined && native.monotonic() - lastOom < oomPatience;
  return {
    pidfd,
    polls: () => [{ fd: pidfd, events: POLLIN }, ...[oom?.poll()].filter((poll) => poll !== undefined)],
    oomHappened,
    ending: (calls) => {
      // in this order: the cgroup goes soon after init, and with it what it has counted
      oomHappened();
      const told = readEnd(native, process)?.exit ?? native.pidfdExit(pidfd);
      const startFailure = fifo === undefined ? undefined : readStartFailure(native, fifo);
      const exit = told ?? (startFailure === undefined ? undefined : refused);
      if (exit === undefined) return { type: 'unknown', why: reaped };
      const filtered = record.seccomp !== undefined;
      return endingOf(native, exit, {
        oomKilled: oomKilled(),
        filtered,
        call: exit.signal === SIGSYS ? calls.of(record.init.pid, auditPatience) : undefined,
        startFailure,
      });
    },
    close: () => {
      oom?.close();
      if (fifo !== undefined) native.close(fifo);
      native.close(pidfd);
      native.close(process);
    },
  };
}

function openProcessDirectory(native: Native, pid: number): Fd | undefined {
  try {
    return native.open(AT_FDCWD, `/proc/${pid}`, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

/** Of a process that has ended and was not waited for: every kernel tells that. */
function readEnd(native: Native, process: Fd): { readonly startTime: bigint; readonly exit: Exit } | undefined {
  try {
    return parseProcessEnd(native.readText(process, 'stat', 8192));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

/** So many are kept of what was heard: the end of a process may be asked for a moment later. */
const mostHeard = 256;

/** What is heard of processes, by their pids. */
export function callLog(native: Native, audit: AuditLog | undefined): CallLog & { readonly take: () => void } {
  const heard = new Map<number, KilledCall>();
  const take = () => {
    for (const call of audit?.take() ?? []) heard.set(call.pid, call);
    for (const pid of heard.keys()) if (heard.size > mostHeard) heard.delete(pid);
  };
  const of = (pid: number, patience: number): KilledCall | undefined => {
    const deadline = deadlineIn(native, patience);
    for (;;) {
      take();
      const call = heard.get(pid);
      heard.delete(pid);
      const left = timeLeft(native, deadline);
      if (call !== undefined || audit === undefined || left === 0) return call;
      native.poll([{ fd: audit.fd, events: POLLIN }], left);
    }
  };
  return { take, of };
}
