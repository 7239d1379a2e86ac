import { parseProcessStat, readBootId } from '../host/proc.ts';
import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../native/open-flags.ts';
import type { ProcessIdentity } from '../state/record.ts';
import { legible, type Unreadable } from './row.ts';

/**
 * The container's first process. Its directory in /proc is opened once and stays that of this process, whoever gets the pid later: what is
 * read below it after its end fails with ESRCH.
 */
export interface InitProcess {
  readonly native: Native;
  readonly id: string;
  readonly directory: Fd;
}

function isSame(native: Native, directory: Fd, { startTime, bootId }: ProcessIdentity): boolean {
  const stat = parseProcessStat(native.readText(directory, 'stat', 8192));
  if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return false;
  return Number(stat.startTime) === startTime && readBootId(native) === bootId;
}

/** Opens exactly this process; undefined when it has ended. The caller closes. */
export function openInit(native: Native, id: string, identity: ProcessIdentity): InitProcess | undefined {
  let directory: Fd;
  try {
    directory = native.open(AT_FDCWD, `/proc/${identity.pid}`, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    if (isSame(native, directory, identity)) return { native, id, directory };
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ESRCH')) throw error;
  }
  native.close(directory);
  return undefined;
}

export function closeInit({ native, directory }: InitProcess): void {
  native.close(directory);
}

/** mountinfo of a container with thousands of mounts */
const maximum = 64 << 20;

/** It ended between two looks: half an answer would be a wrong one. */
function ended(id: string): Failure {
  return new Failure(`container ${id} has ended while it was looked at`);
}

/** What `look` says of the process. @throws Failure when it has ended meanwhile */
export function lookAt<T>({ id }: InitProcess, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (isErrno(error, 'ESRCH')) throw ended(id);
    throw error;
  }
}

/** `value`, when the process is not about to end: then it leaves its cgroups and namespaces one after the other. @throws Failure */
export function whileItRuns<T>(init: InitProcess, value: T): T {
  const stat = lookAt(init, () => parseProcessStat(init.native.readText(init.directory, 'stat', 8192)));
  if (stat === undefined || stat.exiting) throw ended(init.id);
  return value;
}

/** The text of a file of its directory in /proc; undefined when the kernel has none of this name. */
export function readOf(init: InitProcess, name: string): string | Unreadable | undefined {
  const { native, directory } = init;
  return lookAt(init, () => {
    try {
      return legible(() => native.readText(directory, name, maximum));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return withProcess(init, undefined);
      throw error;
    }
  });
}

/** `value`, when the process is still there: a file that is missing may be one of an ended process. */
function withProcess<T>({ native, directory, id }: InitProcess, value: T): T {
  try {
    native.readText(directory, 'stat', 8192);
  } catch (error) {
    if (isNativeError(error)) throw ended(id);
    throw error;
  }
  return value;
}
