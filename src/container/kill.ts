import { thaw } from '../cgroup/freezer.ts';
import { killProcesses, listProcesses } from '../cgroup/processes.ts';
import type { Fd, Native } from '../native/contract.ts';
import { describeNativeError, Failure, isNativeError } from '../native/failure.ts';
import type { ContainerRecord } from '../state/record.ts';
import { signalProcess } from './end-process.ts';
import { findContainer } from './find.ts';
import { SIGKILL } from './signals.ts';
import { isAllowed, observe } from './status.ts';

/**
 * Sends a signal to a container's init: runtime.md § Kill. `all` is obsolete: it only makes a container that has stopped no
 * error. Throws a Failure with the contract's text.
 */
export function killContainer(native: Native, root: string, id: string, signal: number, all: boolean): void {
  const { directory, record } = findContainer(native, root, id);
  const { status, init } = observe(native, directory, record);
  const done =
    signal === SIGKILL && !record.privatePidNamespace
      ? killEverything(native, record)
      : isAllowed('kill', status) && init !== undefined && signalInit(native, record, init, signal);
  if (!done && !all) throw new Failure('container not running');
}

/** In a shared pid namespace the others survive init, so that its end alone would not be the container's. False: nobody was there. */
function killEverything(native: Native, { cgroup }: ContainerRecord): boolean {
  try {
    if (listProcesses(native, cgroup).length === 0) return false;
    killProcesses(native, cgroup);
    return true;
  } catch (error) {
    throw isNativeError(error) ? new Failure(`unable to kill all processes: ${describeNativeError(error)}`) : error;
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
