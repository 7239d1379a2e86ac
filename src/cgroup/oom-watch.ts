import type { Fd, Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { O_CLOEXEC, O_RDONLY } from '../native/open-flags.ts';
import { POLLIN } from '../native/poll-events.ts';
import { followFile } from './changing-file.ts';
import { type CgroupDirectory, type Cgroups, openCgroup, readControl } from './directory.ts';
import { oomFiles, oomKills } from './oom-kills.ts';

/** Tells when the memory limit of a container was hit so that processes had to be killed. */
export interface OomWatch {
  /** what poll(2) is to wait for; undefined when the kernel does not wake anybody */
  poll(): { readonly fd: Fd; readonly events: number } | undefined;
  /** Whether it has happened since the last time this was asked. Does not wait. */
  happened(): boolean;
  close(): void;
}

/** memory.events counts the sub-cgroups too: what the container has put into one of its own is the container's still. cgroup-v2.rst */
function watchVersion2(native: Native, directory: Fd): OomWatch {
  const events = followFile(native, directory, oomFiles[2]);
  let count = oomKills(events.read());
  return {
    poll: events.poll,
    happened: () => {
      const before = count;
      const text = events.read();
      if (text !== undefined) count = oomKills(text);
      return count > before;
    },
    close: () => {
      events.close();
      native.close(directory);
    },
  };
}

/** An eventfd that the kernel writes to at each OOM; undefined where it has no such thing (CONFIG_PREEMPT_RT). cgroup-v1/memory.rst § OOM Control */
function registerEventfd(native: Native, directory: Fd): Fd | undefined {
  const eventfd = native.eventfd();
  try {
    const control = native.open(directory, oomFiles[1], O_RDONLY | O_CLOEXEC, 0);
    try {
      native.writeControl(directory, 'cgroup.event_control', `${eventfd} ${control}`);
    } finally {
      native.close(control);
    }
    return eventfd;
  } catch (error) {
    native.close(eventfd);
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

/** The end of the cgroup writes to the eventfd too: then there is no file to count in any more. */
function watchVersion1(native: Native, directory: Fd): OomWatch {
  const eventfd = registerEventfd(native, directory);
  const read = () => readControl(native, directory, oomFiles[1]);
  let count = oomKills(read());
  const signalled = (): boolean => {
    if (eventfd === undefined || native.poll([{ fd: eventfd, events: POLLIN }], 0)[0] === 0) return false;
    native.read(eventfd, 8);
    return true;
  };
  return {
    poll: () => (eventfd === undefined ? undefined : { fd: eventfd, events: POLLIN }),
    happened: () => {
      if (eventfd !== undefined) return signalled() && read() !== undefined;
      const before = count;
      const text = read();
      if (text !== undefined) count = oomKills(text);
      return count > before;
    },
    close: () => {
      if (eventfd !== undefined) native.close(eventfd);
      native.close(directory);
    },
  };
}

function memoryDirectory({ directories }: Cgroups): CgroupDirectory | undefined {
  return directories.find(({ controllers }) => controllers.includes('memory'));
}

/** Watches the memory of a container; undefined when nothing counts it. The caller closes the watch. */
export function watchOom(native: Native, cgroups: Cgroups): OomWatch | undefined {
  const memory = memoryDirectory(cgroups);
  const directory = memory === undefined ? undefined : openCgroup(native, memory.path);
  if (memory === undefined || directory === undefined) return undefined;
  return memory.version === 2 ? watchVersion2(native, directory) : watchVersion1(native, directory);
}
