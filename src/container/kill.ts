import { thaw } from '../cgroup/freezer.ts';
import { killProcesses, listProcesses, signalProcesses } from '../cgroup/processes.ts';
import type { Fd, Native } from '../native/contract.ts';
import { describeNativeError, Failure, isNativeError } from '../native/failure.ts';
import { type ContainerDirectory, relockDirectory } from '../state/directory.ts';
import { lockTimeout } from '../state/lock.ts';
import type { ContainerRecord } from '../state/record.ts';
import { signalProcess } from './end-process.ts';
import { findContainer, notFound } from './find.ts';
import { isOfThisBoot } from './process-identity.ts';
import { SIGKILL } from './signals.ts';
import { isAllowed, observe } from './status.ts';

/**
 * Sends a signal to a container's init: runtime.md § Kill. With `all` to every process of its cgroup, whether its init lives or not,
 * and a container without processes is no error then. Throws a Failure with the contract's text.
 */
export function killContainer(native: Native, root: string, id: string, signal: number, all: boolean): void {
  const { directory, record } = findContainer(native, root, id);
  if (all && signal !== SIGKILL) {
    signalAll(native, directory, record, signal);
    return;
  }
  const { status, init } = observe(native, directory, record);
  // init may have been killed by others while it was frozen (v2): nothing would take the freezing back
  if (status === 'paused' && init === undefined && signal === SIGKILL) thaw(native, record.cgroup);
  const done =
    signal === SIGKILL && (all || !record.privatePidNamespace)
      ? killEverything(native, record) || (init !== undefined && signalInit(native, record, init, signal))
      : isAllowed('kill', status) && init !== undefined && signalInit(native, record, init, signal);
  if (!done && !all) throw new Failure('container not running', '', { code: 'STATUS' });
}

/**
 * In a shared pid namespace the others survive init, so that its end alone would not be the container's. False: nobody was there, or,
 * where an ordinary user has no cgroups, nobody can be found.
 */
function killEverything(native: Native, { cgroup, init }: ContainerRecord): boolean {
  return explained(() => {
    if (!isOfThisBoot(native, init) || listProcesses(native, cgroup).length === 0) return false;
    killProcesses(native, cgroup);
    return true;
  }, 'kill');
}

/** Under the lock, because it may need the freezer: a pause at the same moment would be taken back. */
function signalAll(
  native: Native,
  directory: ContainerDirectory,
  { cgroup, init }: ContainerRecord,
  signal: number,
): void {
  if (!isOfThisBoot(native, init)) return;
  if (!relockDirectory(native, directory, lockTimeout)) throw notFound();
  explained(() => signalProcesses(native, cgroup, signal), 'signal');
}

function explained<T>(work: () => T, verb: string): T {
  try {
    return work();
  } catch (error) {
    throw isNativeError(error) ? new Failure(`unable to ${verb} all processes: ${describeNativeError(error)}`) : error;
  }
}

function signalInit(native: Native, { cgroup }: ContainerRecord, init: Fd, signal: number): boolean {
  if (!send(native, init, signal)) throw new Failure('unable to signal init: os: process already finished');
  // on v1 a frozen process dies only when it is thawed
  if (signal === SIGKILL) thaw(native, cgroup);
  return true;
}

function send(native: Native, init: Fd, signal: number): boolean {
  try {
    return signalProcess(native, init, signal);
  } catch (error) {
    throw isNativeError(error) ? new Failure(`unable to signal init: ${error.message}`) : error;
  }
}
