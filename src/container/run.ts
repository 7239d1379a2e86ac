import { advice } from '../bundle/advised.ts';
import type { Native } from '../native/contract.ts';
import { closeDirectory, relockDirectory, unlockDirectory } from '../state/directory.ts';
import { lockTimeout } from '../state/lock.ts';
import { hasRecord } from '../state/store.ts';
import { attempt } from './attempt.ts';
import { attend } from './attend.ts';
import { type Created, createContainer } from './create.ts';
import { destroy } from './destroy.ts';
import { endChild, endTimeout } from './end-process.ts';
import { awaitReady, relayReady } from './notify.ts';
import type { CreateRequest } from './prepare.ts';
import type { Report } from './report.ts';
import { SIGSYS } from './signals.ts';
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
    const { notify, pidfd, record } = created;
    if (notify !== undefined) awaitReady(native, notify, pidfd, record.init.pid, report);
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
    const { pid } = created.record.init;
    const notify = created.notify && relayReady(native, created.notify, report);
    report.tracer?.finish();
    const attended = { ...created, pid, notify };
    const { status, signal } = orNothing(native, created, report, () => attend(native, signals, attended));
    notify?.close();
    if (signal === SIGSYS) tellOfFilter(native, created, report);
    if (!request.keep) remove(native, created, report);
    return status ?? 128 + (signal ?? 0);
  } finally {
    closeDirectory(native, created.directory);
  }
}

/** Otherwise there is nothing but the exit status: whom a filter kills can say no word. */
function tellOfFilter(native: Native, { config: { linux } }: Created, report: Report): void {
  const { seccomp } = linux ?? {};
  if (seccomp === undefined) return;
  const cause = advice(native, ({ killedAdvice }) => killedAdvice(seccomp));
  if (cause !== '') report.warning(`container process was killed by its seccomp filter (SIGSYS); ${cause}`);
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

/** Deletes the container, unless somebody else did so meanwhile, and perhaps made another one of the same id. */
function remove(native: Native, { directory, record }: Created, report: Report): void {
  if (relockDirectory(native, directory, lockTimeout) && hasRecord(native, directory))
    destroy(native, directory, record, report);
}
