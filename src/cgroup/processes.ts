import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { type Cgroups, openSubCgroup, readControl, subCgroups, withCgroup, writeControl } from './directory.ts';
import { freeze, thaw } from './freezer.ts';
import { waitUntil } from './wait.ts';

const SIGKILL = 9;

/** How long killed processes may take to end, in milliseconds. */
const endTimeout = 10_000;

/** How long they may take after cgroup.kill until they are looked for one by one. */
const kernelTimeout = 1_000;

/** A pid of a foreign pid namespace reads as 0. cgroups(7) */
function parsePids(text: string): number[] {
  return text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
}

/** In a threaded v2 cgroup the file cannot be read; its processes are on the list of the domain above it. cgroups(7), Thread mode */
function readProcs(native: Native, directory: Fd): string {
  try {
    return readControl(native, directory, 'cgroup.procs') ?? '';
  } catch (error) {
    if (isErrno(error, 'EOPNOTSUPP')) return '';
    throw error;
  }
}

function collect(native: Native, directory: Fd, pids: Set<number>): void {
  for (const pid of parsePids(readProcs(native, directory))) pids.add(pid);
  for (const name of subCgroups(native, directory)) {
    const sub = openSubCgroup(native, directory, name);
    if (sub === undefined) continue;
    try {
      collect(native, sub, pids);
    } finally {
      native.close(sub);
    }
  }
}

/** The pids of a container, sub-cgroups included, ascending: whoever is in one of its cgroups, in any hierarchy. */
export function listProcesses(native: Native, { directories }: Cgroups): number[] {
  const pids = new Set<number>();
  for (const { path } of directories) withCgroup(native, path, (directory) => collect(native, directory, pids));
  return [...pids].sort((a, b) => a - b);
}

function openProcess(native: Native, pid: number): { readonly pid: number; readonly pidfd: Fd } | undefined {
  try {
    return { pid, pidfd: native.pidfdOpen(pid) };
  } catch (error) {
    if (isErrno(error, 'ESRCH', 'EINVAL')) return undefined;
    throw error;
  }
}

function kill(native: Native, pidfd: Fd): void {
  try {
    native.pidfdSendSignal(pidfd, SIGKILL);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

/**
 * SIGKILL to every member that is one both before and after its pidfd was opened: a pid that was given to somebody else in between
 * is then not on the second list. Never the runtime itself.
 */
function killMembers(native: Native, cgroups: Cgroups): void {
  const opened = listProcesses(native, cgroups)
    .map((pid) => openProcess(native, pid))
    .filter((process) => process !== undefined);
  const members = new Set(listProcesses(native, cgroups));
  members.delete(native.getpid());
  for (const { pid, pidfd } of opened) {
    if (members.has(pid)) kill(native, pidfd);
    native.close(pidfd);
  }
}

/** cgroup.kill ends a whole tree at once, forks too (Linux 5.14). False where it is not there. */
function killByKernel(native: Native, { directories }: Cgroups): boolean {
  const unified = directories.find(({ version }) => version === 2);
  if (unified === undefined) return false;
  return withCgroup(native, unified.path, (directory) => writeControl(native, directory, 'cgroup.kill', '1')) ?? false;
}

/** Frozen processes cannot fork away from the list. They die when they are thawed, which they are however this ends. */
function killFrozen(native: Native, cgroups: Cgroups): void {
  try {
    freeze(native, cgroups);
    killMembers(native, cgroups);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // What does not freeze can still be killed one by one, and again until nobody is left.
    killMembers(native, cgroups);
  } finally {
    thaw(native, cgroups);
  }
}

/** The runtime may have been started in the container's cgroup; it does not kill itself. */
function isDeserted(native: Native, cgroups: Cgroups): boolean {
  return listProcesses(native, cgroups).every((pid) => pid === native.getpid());
}

/**
 * Kills every process of a container, those in sub-cgroups too, and waits until they are gone. On a container without processes it
 * does nothing.
 *
 * @throws Failure when some are still there after 10 seconds
 */
export function killProcesses(native: Native, cgroups: Cgroups): void {
  if (isDeserted(native, cgroups)) return;
  const killed = killByKernel(native, cgroups);
  // What is killed while it is frozen would leave a frozen cgroup behind, and on v1 it would not even die.
  thaw(native, cgroups);
  if (killed && waitUntil(native, kernelTimeout, () => isDeserted(native, cgroups))) return;
  // v1 knows no cgroup.kill, and on a hybrid host a process may have left the v2 cgroup.
  const ended = waitUntil(native, endTimeout, () => {
    if (isDeserted(native, cgroups)) return true;
    killFrozen(native, cgroups);
    return false;
  });
  if (!ended) throw new Failure('unable to kill all processes: some are still there');
}
