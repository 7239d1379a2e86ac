import type { Fd, Native } from '../native/contract.ts';
import { type Reading, readChanging } from './changing-file.ts';
import { type Cgroups, openCgroup, unifiedDirectory } from './directory.ts';
import { listProcesses } from './processes.ts';

/** POLLPRI of poll(2) */
const POLLPRI = 2;

/** Tells when the last process of a container has gone. */
export interface PopulationWatch {
  /** what poll(2) is to wait for; undefined when the kernel does not wake anybody (v1) */
  poll(): { readonly fd: Fd; readonly events: number } | undefined;
  /** Whether the container has processes. */
  populated(): boolean;
  close(): void;
}

/** cgroup.events of v2 has the whole tree in one line. On a hybrid host a process may be in another cgroup there, so that all are listed. */
function openUnified(native: Native, { mode, directories }: Cgroups): Fd | undefined {
  const path = mode === 'v2' ? unifiedDirectory(directories)?.path : undefined;
  return path === undefined ? undefined : openCgroup(native, path);
}

function watchVersion2(native: Native, directory: Fd): PopulationWatch {
  let reading: Reading | undefined = readChanging(native, directory, 'cgroup.events');
  const close = () => {
    if (reading !== undefined) native.close(reading.fd);
    reading = undefined;
  };
  return {
    poll: () => (reading === undefined ? undefined : { fd: reading.fd, events: POLLPRI }),
    populated: () => {
      const next = readChanging(native, directory, 'cgroup.events');
      close();
      reading = next;
      return next?.text.includes('populated 1') ?? false;
    },
    close: () => {
      close();
      native.close(directory);
    },
  };
}

/** Watches whether a container has processes. The caller closes the watch. */
export function watchPopulation(native: Native, cgroups: Cgroups): PopulationWatch {
  const directory = openUnified(native, cgroups);
  if (directory !== undefined) return watchVersion2(native, directory);
  return { poll: () => undefined, populated: () => listProcesses(native, cgroups).length > 0, close: () => {} };
}
