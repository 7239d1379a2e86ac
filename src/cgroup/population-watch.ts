import type { Fd, Native } from '../native/contract.ts';
import { followFile } from './changing-file.ts';
import { type Cgroups, openCgroup, unifiedDirectory } from './directory.ts';
import { listProcesses } from './processes.ts';

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
  const events = followFile(native, directory, 'cgroup.events');
  events.read();
  return {
    poll: events.poll,
    populated: () => events.read()?.includes('populated 1') ?? false,
    close: () => {
      events.close();
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
