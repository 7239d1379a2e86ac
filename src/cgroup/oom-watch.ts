import type { Fd, Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { O_CLOEXEC, O_RDONLY } from '../native/open-flags.ts';
import { type Reading, readChanging } from './changing-file.ts';
import { type CgroupDirectory, type Cgroups, openCgroup, readControl } from './directory.ts';

/** POLLIN, POLLPRI of poll(2) */
const POLLIN = 1;
const POLLPRI = 2;

/** Tells when the memory limit of a container was hit so that processes had to be killed. */
export interface OomWatch {
  /** what poll(2) is to wait for; undefined when the kernel does not wake anybody */
  poll(): { readonly fd: Fd; readonly events: number } | undefined;
  /** Whether it has happened since the last time this was asked. Does not wait. */
  happened(): boolean;
  close(): void;
}

/** Processes killed for want of memory, in memory.events of v2 and memory.oom_control of v1. */
function killed(text: string | undefined): bigint {
  return BigInt(/^oom_kill (\d+)$/m.exec(text ?? '')?.[1] ?? 0);
}

/** memory.events counts the sub-cgroups too: what the container has put into one of its own is the container's still. cgroup-v2.rst */
function watchVersion2(native: Native, directory: Fd): OomWatch {
  let reading: Reading | undefined = readChanging(native, directory, 'memory.events');
  let count = killed(reading?.text);
  const close = () => {
    if (reading !== undefined) native.close(reading.fd);
    reading = undefined;
  };
  return {
    poll: () => (reading === undefined ? undefined : { fd: reading.fd, events: POLLPRI }),
    happened: () => {
      const next = readChanging(native, directory, 'memory.events');
      close();
      reading = next;
      const before = count;
      if (next !== undefined) count = killed(next.text);
      return count > before;
    },
    close: () => {
      close();
      native.close(directory);
    },
  };
}

/** An eventfd that the kernel writes to at each OOM; undefined where it has no such thing (CONFIG_PREEMPT_RT). cgroup-v1/memory.rst § OOM Control */
function registerEventfd(native: Native, directory: Fd): Fd | undefined {
  const eventfd = native.eventfd();
  try {
    const control = native.open(directory, 'memory.oom_control', O_RDONLY | O_CLOEXEC, 0);
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
  const read = () => readControl(native, directory, 'memory.oom_control');
  let count = killed(read());
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
      if (text !== undefined) count = killed(text);
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
