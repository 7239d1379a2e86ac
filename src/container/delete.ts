import { thaw } from '../cgroup/freezer.ts';
import type { Fd, Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { type ContainerDirectory, lockDirectory, openDirectory, removeDirectory } from '../state/directory.ts';
import { checkId } from '../state/id.ts';
import { lock, lockTimeout } from '../state/lock.ts';
import type { CgroupRecord, ContainerRecord, Intent, ProcessIdentity } from '../state/record.ts';
import { openRoot } from '../state/root.ts';
import { loadIntent, loadRecord, stateFile } from '../state/store.ts';
import { destroy } from './destroy.ts';
import { endTimeout, hasEnded, signalProcess } from './end-process.ts';
import { notFound } from './find.ts';
import { openProcess } from './process-identity.ts';
import type { Report } from './report.ts';
import { SIGKILL } from './signals.ts';
import { currentStatus, guard } from './status.ts';

/**
 * Removes a container: one that has stopped, or was never started; with `force` any, and what a killed create left too.
 * runtime.md § Delete. Throws a Failure with the contract's text.
 */
export function deleteContainer(native: Native, root: string, id: string, force: boolean, report: Report): void {
  checkId(id);
  const fd = openRoot(native, root);
  if (fd !== undefined && !force && isBeingCreated(native, fd, id)) throw notFound();
  const directory = fd === undefined ? undefined : lockDirectory(native, fd, id, lockTimeout);
  if (directory !== undefined && deleteLocked(native, directory, force, report)) return;
  if (!force) throw notFound();
}

/** A create that is under way holds the lock; for others its container does not exist yet. */
function isBeingCreated(native: Native, root: Fd, id: string): boolean {
  const directory = openDirectory(native, root, id);
  if (directory === undefined) return false;
  const busy = native.stat(directory.fd, stateFile, 0) === undefined && !lock(native, directory.fd, 0);
  native.close(directory.fd);
  return busy;
}

/** False when there was no container but only the rest of one, which is gone now. */
function deleteLocked(native: Native, directory: ContainerDirectory, force: boolean, report: Report): boolean {
  const record = force ? loadIfValid(native, directory, loadRecord, report) : loadRecord(native, directory);
  if (record === undefined) {
    deleteAborted(native, directory, report);
    return false;
  }
  if (!force) guard('delete', currentStatus(native, directory, record), directory.id);
  endInit(native, record.init, record.cgroup);
  // by force also what should not be there: a process that somebody has moved into the cgroups
  destroy(native, directory, force ? { ...record, privatePidNamespace: false } : record, report);
  return true;
}

/**
 * A record that is no record must not keep its directory for ever: a forced delete removes what it can. One that cannot be read
 * may be whole, and is not given up.
 */
function loadIfValid<T extends ContainerRecord | Intent>(
  native: Native,
  directory: ContainerDirectory,
  load: (native: Native, directory: ContainerDirectory) => T | undefined,
  report: Report,
): T | undefined {
  try {
    return load(native, directory);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    report.warning(error.message);
    return undefined;
  }
}

/**
 * The lock is ours, so that the creator is gone: what it has made is in its intent. An init that it had no time to record ends
 * by itself; until then it may be in the cgroups, so that these are emptied whatever its pid namespace is.
 */
function deleteAborted(native: Native, directory: ContainerDirectory, report: Report): void {
  const intent = loadIfValid(native, directory, loadIntent, report);
  if (intent === undefined) {
    removeDirectory(native, directory, stateFile);
    return;
  }
  if (intent.init !== undefined) endInit(native, intent.init, intent.cgroup);
  // before there was an init no hook can have run
  const poststop = intent.init === undefined ? [] : intent.poststop;
  destroy(native, directory, { ...intent, poststop, privatePidNamespace: false }, report);
}

/** Kills init, when it is still there, and waits for its end. A frozen one is thawed, else on v1 it would never end. */
function endInit(native: Native, identity: ProcessIdentity, cgroup: CgroupRecord): void {
  const init = openProcess(native, identity);
  if (init === undefined) return;
  signalProcess(native, init, SIGKILL);
  thaw(native, cgroup);
  if (!hasEnded(native, init, endTimeout)) throw new Failure('container init still running');
  native.close(init);
}
