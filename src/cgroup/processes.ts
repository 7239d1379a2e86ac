import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { type Cgroups, readControl, unifiedDirectory, walkCgroups, withCgroup, writeControl } from './directory.ts';
import { freeze, isFreezing, thaw } from './freezer.ts';
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

function collect(native: Native, top: Fd, pids: Set<number>): void {
  walkCgroups(native, top, {
    arrive: (directory) => {
      for (const pid of parsePids(readProcs(native, directory))) pids.add(pid);
    },
  });
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

function send(native: Native, pidfd: Fd, signal: number): void {
  try {
    native.pidfdSendSignal(pidfd, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

/** As many pidfds are open at a time: RLIMIT_NOFILE may be 1024, and a container may have more processes than that. */
const batch = 256;

/**
 * A signal to every one of `pids` that is a member both before and after its pidfd was opened: a pid that was given to somebody else
 * in between is then not on the second list. Never the runtime itself.
 */
function signalMembers(native: Native, cgroups: Cgroups, pids: readonly number[], signal: number): void {
  for (let start = 0; start < pids.length; start += batch) {
    const opened = pids
      .slice(start, start + batch)
      .map((pid) => openProcess(native, pid))
      .filter((process) => process !== undefined);
    const members = new Set(listProcesses(native, cgroups));
    members.delete(native.getpid());
    for (const { pid, pidfd } of opened) {
      if (members.has(pid)) send(native, pidfd, signal);
      native.close(pidfd);
    }
  }
}

function killMembers(native: Native, cgroups: Cgroups): void {
  signalMembers(native, cgroups, listProcesses(native, cgroups), SIGKILL);
}

/** cgroup.kill ends a whole tree at once, forks too (Linux 5.14). False where it is not there. */
function killByKernel(native: Native, { directories }: Cgroups): boolean {
  const unified = unifiedDirectory(directories);
  if (unified === undefined) return false;
  return withCgroup(native, unified.path, (directory) => writeControl(native, directory, 'cgroup.kill', '1')) ?? false;
}

/**
 * Does `work` while the processes are frozen, so that none can fork away from a list of them. They are thawed however this ends. What
 * does not freeze (a process in an uninterruptible system call) is worked on as it runs; so are they all when the runtime
 * itself is among them.
 */
function whileFrozen(native: Native, cgroups: Cgroups, work: () => void): void {
  if (listProcesses(native, cgroups).includes(native.getpid())) {
    work();
    return;
  }
  try {
    freeze(native, cgroups);
    work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    work();
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
    whileFrozen(native, cgroups, () => killMembers(native, cgroups));
    return false;
  });
  if (!ended) throw new Failure('unable to kill all processes: some are still there');
}

/**
 * Sends a signal other than SIGKILL to every process of a container, those in sub-cgroups too, once to each. Processes that do not fork
 * meanwhile are not frozen for it. Those of a paused container stay so, and get the signal when they are resumed.
 */
export function signalProcesses(native: Native, cgroups: Cgroups, signal: number): void {
  const signalled = new Set<number>();
  const signalNew = (): number => {
    const pids = listProcesses(native, cgroups).filter((pid) => !signalled.has(pid) && pid !== native.getpid());
    signalMembers(native, cgroups, pids, signal);
    for (const pid of pids) signalled.add(pid);
    return pids.length;
  };
  signalNew();
  if (signalNew() === 0 || isFreezing(native, cgroups)) return;
  whileFrozen(native, cgroups, signalNew);
}
