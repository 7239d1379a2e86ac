import type { Exit, Fd, Native } from '../native/contract.ts';
import { closeDirectory, relockDirectory, unlockDirectory } from '../state/directory.ts';
import { lockTimeout } from '../state/lock.ts';
import { hasRecord } from '../state/store.ts';
import { attempt } from './attempt.ts';
import type { Terminal } from './console.ts';
import { type Created, createContainer } from './create.ts';
import { destroy } from './destroy.ts';
import { endChild, endTimeout, POLLIN, signalProcess } from './end-process.ts';
import type { CreateRequest } from './prepare.ts';
import { openRelay, type Relay } from './relay.ts';
import type { Report } from './report.ts';
import { SIGCHLD, SIGCONT, SIGURG, SIGWINCH } from './signals.ts';
import { runPoststartHooks } from './start.ts';

/** What run is asked for beyond create. */
export interface RunRequest extends CreateRequest {
  /** the container is not deleted when it ends */
  readonly keep: boolean;
  /** orphans of the container become children of the runtime, which reaps them. PR_SET_CHILD_SUBREAPER, prctl(2) */
  readonly subreaper: boolean;
}

/** Creates and starts a container, and unless it is detached stays until it ends. Returns the exit status of the call. */
export function runContainer(native: Native, request: RunRequest, report: Report): number {
  return request.detach ? runDetached(native, request, report) : runForeground(native, request, report);
}

function runDetached(native: Native, request: RunRequest, report: Report): number {
  const created = createContainer(native, request, report);
  try {
    startCreated(native, created, report);
  } finally {
    closeDirectory(native, created.directory);
  }
  return 0;
}

/**
 * Without a terminal the container has the caller's own stdin, stdout and stderr: nothing is copied, nothing can be lost, and
 * no process of the runtime holds them open. Signals are caught before there is anything that could miss one.
 */
function runForeground(native: Native, request: RunRequest, report: Report): number {
  const signals = native.catchSignals();
  if (request.subreaper) native.setChildSubreaper(true);
  const created = createContainer(native, request, report);
  try {
    startCreated(native, created, report);
    const { status, signal } = orNothing(native, created, report, () => attend(native, signals, created));
    if (!request.keep) remove(native, created, report);
    return status ?? 128 + (signal ?? 0);
  } finally {
    closeDirectory(native, created.directory);
  }
}

/** Init runs already; what is left of a start are the poststart hooks. */
function startCreated(native: Native, created: Created, report: Report): void {
  const { directory, record, pidfd } = created;
  // unlocked before hooks run: they may call the runtime for this very container
  unlockDirectory(native, directory);
  orNothing(native, created, report, () => runPoststartHooks(native, record, pidfd));
}

/** When `work` goes wrong (a hook, a terminal that was closed meanwhile), nothing of the container stays. */
function orNothing<T>(native: Native, created: Created, report: Report, work: () => T): T {
  try {
    return work();
  } catch (error) {
    endChild(native, created.pidfd, endTimeout);
    attempt(report, () => remove(native, created, report));
    throw error;
  }
}

/** Stays with the container until init ends. */
function attend(native: Native, signals: Fd, created: Created): Exit {
  const { terminal } = created;
  return terminal === undefined
    ? attendInit(native, signals, created)
    : attendTerminal(native, signals, created, terminal);
}

/** However it ends, the caller's terminal is as it was. */
function attendTerminal(native: Native, signals: Fd, created: Created, terminal: Terminal): Exit {
  const relay = openRelay(native, terminal);
  try {
    const exit = attendInit(native, signals, created, relay);
    relay.drain(signals, () => native.read(signals, 64).some(isEnding));
    return exit;
  } finally {
    relay.close();
  }
}

/** Forwards signals, copies for the terminal if there is one, and reaps until init ends. */
function attendInit(native: Native, signals: Fd, { pidfd, record }: Created, relay?: Relay): Exit {
  for (;;) {
    const watched = [{ fd: signals, events: POLLIN }, { fd: pidfd, events: POLLIN }, ...(relay?.watched() ?? [])];
    const [signalled, , ...seen] = native.poll(watched, relay?.patience() ?? -1);
    if (signalled !== 0) for (const signal of native.read(signals, 64)) take(native, pidfd, signal, relay);
    relay?.move(seen);
    const exit = reapUntil(native, record.init.pid);
    if (exit !== undefined) return exit;
  }
}

function take(native: Native, pidfd: Fd, signal: number, relay: Relay | undefined): void {
  if (signal === SIGWINCH) relay?.resize();
  if (signal === SIGCONT) relay?.resume();
  forward(native, pidfd, signal);
}

/** Init is gone: what was for it is for the runtime itself now. */
function isEnding(signal: number): boolean {
  return !kept.includes(signal) && signal !== SIGCONT;
}

/** Not forwarded: what is about the runtime's own children and terminal. */
const kept: readonly number[] = [SIGCHLD, SIGURG, SIGWINCH];

function forward(native: Native, pidfd: Fd, signal: number): void {
  if (!kept.includes(signal)) signalProcess(native, pidfd, signal);
}

/** Reaps every child that has ended: orphans of the container are ours as the subreaper. Returns init's end when it is among them. */
function reapUntil(native: Native, init: number): Exit | undefined {
  for (let child = native.reap(); child !== undefined; child = native.reap()) {
    if (child.pid === init) return child.exit;
  }
  return undefined;
}

/** Deletes the container, unless somebody else did so meanwhile, and perhaps made another one of the same id. */
function remove(native: Native, { directory, record }: Created, report: Report): void {
  if (relockDirectory(native, directory, lockTimeout) && hasRecord(native, directory))
    destroy(native, directory, record, report);
}
