import { listProcesses } from '../cgroup/processes.ts';
import type { Native } from '../native/contract.ts';
import { findContainer } from './find.ts';

/** The pids of a container's processes in the runtime's pid namespace, ascending; none when it has stopped. */
export function containerProcesses(native: Native, root: string, id: string): number[] {
  return listProcesses(native, findContainer(native, root, id).record.cgroup);
}
