import { isFrozen } from '../cgroup/freezer.ts';
import type { Fd, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../native/open-flags.ts';
import type { JoinTarget } from '../plan/join.ts';
import { NAMESPACES } from '../plan/namespaces.ts';
import type { ContainerRecord } from '../state/record.ts';
import { hasEnded } from './end-process.ts';
import type { ExecRequest } from './exec-request.ts';
import { startPrefix } from './explain-failure.ts';
import { type Found, findContainer } from './find.ts';
import { openProcess } from './process-identity.ts';
import { guard, observe, type Status } from './status.ts';

/** The container that is joined: it was found alive, and `init` is a pidfd of exactly that process. */
export interface Target extends Found {
  readonly status: Status;
  readonly init: Fd;
}

/**
 * How long the process may take until it is executed, in milliseconds: at its end it is at the mercy of the container's root, who
 * can stop it. No lock is held meanwhile.
 */
export const executeTimeout = 30_000;

export const stopped = 'cannot exec in a stopped container';

export function findTarget(native: Native, request: ExecRequest): Target {
  const found = findContainer(native, request.root, request.id);
  const { status, init } = observe(native, found.directory, found.record);
  if (status !== 'paused' || !request.ignorePaused) guard('exec', status, request.id);
  if (init === undefined) throw new Failure(stopped);
  return { ...found, status, init };
}

/** Not where the container's user namespace was made without privileges. user_namespaces(7) */
function allowsGroups(native: Native, { namespaces, init }: ContainerRecord): boolean {
  if ((namespaces & NAMESPACES.user) === 0) return true;
  return native.readText(AT_FDCWD, `/proc/${init.pid}/setgroups`, 64).trim() !== 'deny';
}

export function joinTarget(native: Native, { record, init }: Target): Omit<JoinTarget, 'tasks'> {
  const { namespaces } = record;
  const setgroups = allowsGroups(native, record);
  if ((namespaces & NAMESPACES.mount) !== 0) return { process: init, namespaces, setgroups, root: undefined };
  const root = native.open(AT_FDCWD, `/proc/${record.init.pid}/root`, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  // as long as it lives, the pid is its own
  if (hasEnded(native, init, 0)) throw new Failure(stopped);
  return { process: init, namespaces, setgroups, root };
}

/** Does what fails when the container ends at this moment, and says so then. What the host refuses otherwise is told as it is. */
export function meanwhile<T>(native: Native, { record }: Target, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isNativeError(error) && !(error instanceof Failure)) throw error;
    if (hasStopped(native, record, error)) throw new Failure(stopped, '', { cause: error });
    if (!isNativeError(error)) throw error;
    if (error.code === 'ETIMEDOUT') throw late();
    const subject = error.path === '' ? error.syscall : `${error.syscall} ${error.path}`;
    throw new Failure(`${startPrefix}${subject}: ${setupWords(error.code)}`, '', { cause: error });
  }
}

/** ESRCH of setns(2): init is ending and has left its namespaces already, be it long before anybody reaps what was in them. */
export function hasLeftNamespaces({ code, syscall }: { readonly code: string; readonly syscall: string }): boolean {
  return syscall === 'setns' && code === 'ESRCH';
}

function hasStopped(native: Native, { init }: ContainerRecord, error: unknown): boolean {
  return (isNativeError(error) && hasLeftNamespaces(error)) || openProcess(native, init) === undefined;
}

export function late(): Failure {
  return new Failure(
    `${startPrefix}it was not executed within ${executeTimeout / 1000}s: something stopped it, or the container was paused`,
  );
}

/** Whoever execs in a paused container waits until it is resumed. */
export function mayWait(native: Native, { ignorePaused }: ExecRequest, { record }: Target): boolean {
  return ignorePaused && isFrozen(native, record.cgroup);
}
