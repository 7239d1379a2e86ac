import { listProcesses } from '../cgroup/processes.ts';
import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from '../native/open-flags.ts';
import type { ContainerRecord } from '../state/record.ts';
import { findContainer } from './find.ts';
import { openProcess } from './process-identity.ts';

/** The pids of a container's processes in the runtime's pid namespace, ascending; none when it has stopped. */
export function containerProcesses(native: Native, root: string, id: string): number[] {
  const { record } = findContainer(native, root, id);
  return record.cgroup.directories.length === 0 ? withoutCgroup(native, record) : listProcesses(native, record.cgroup);
}

/** An ordinary user may have no cgroups. Then a container is its pid namespace; of one that it shares with others init alone is known. */
function withoutCgroup(native: Native, { init, privatePidNamespace }: ContainerRecord): number[] {
  const pidfd = openProcess(native, init);
  if (pidfd === undefined) return [];
  try {
    return privatePidNamespace ? inPidNamespaceOf(native, init.pid) : [init.pid];
  } finally {
    native.close(pidfd);
  }
}

function inPidNamespaceOf(native: Native, init: number): number[] {
  const listing = native.open(AT_FDCWD, '/proc', O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  try {
    const namespace = pidNamespace(native, init);
    const pids = native.readdir(listing).map(({ name }) => Number(name));
    return pids.filter((pid) => pid > 0 && pidNamespace(native, pid) === namespace).sort((a, b) => a - b);
  } finally {
    native.close(listing);
  }
}

/** '' for a process that is gone, or somebody else's. */
function pidNamespace(native: Native, pid: number): string {
  try {
    return native.readlink(AT_FDCWD, `/proc/${pid}/ns/pid`);
  } catch (error) {
    if (isNativeError(error)) return '';
    throw error;
  }
}
