import { type OomWatch, watchOom } from '../cgroup/oom-watch.ts';
import { type PopulationWatch, watchPopulation } from '../cgroup/population-watch.ts';
import { readStats, type Stats } from '../cgroup/stats/stats.ts';
import { waitUntil } from '../cgroup/wait.ts';
import type { Fd, Native, Poll } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { POLLIN } from '../native/poll-events.ts';
import { type ResctrlStats, readResctrl } from '../resctrl/stats.ts';
import type { ContainerRecord } from '../state/record.ts';
import { type Found, findContainer } from './find.ts';
import { guard, observe } from './status.ts';

/** What a container uses, in runc's order. */
export interface ContainerStats extends Stats {
  readonly intel_rdt: ResctrlStats;
  /** runc lists the interfaces that it made itself, which it no longer does */
  readonly network_interfaces: null;
}

/** What `events` tells; `data` is absent for oom. */
export interface ContainerEvent {
  readonly type: 'stats' | 'oom';
  readonly id: string;
  readonly data?: ContainerStats;
}

/** Takes an event; false when no more are wanted. */
export type Tell = (event: ContainerEvent) => boolean;

const stdout: Fd = 1;

/** How long a process that has ended may still be listed, in milliseconds. */
const lingering = 200;

/** The longest that poll(2) can wait, in milliseconds. */
const longestPoll = 2 ** 31 - 1;

/** A container that runs, checked in runc's order and told with its texts. */
function findRunning(
  native: Native,
  root: string,
  id: string,
  interval: bigint,
): Found & { readonly init: Fd | undefined } {
  const found = findContainer(native, root, id);
  if (interval <= 0n) throw new Failure('duration interval must be greater than 0');
  const { status, init } = observe(native, found.directory, found.record);
  guard('events', status, id);
  return { ...found, init };
}

function statsOf(native: Native, { cgroup, resctrl }: ContainerRecord): ContainerStats {
  return { ...readStats(native, cgroup), intel_rdt: readResctrl(native, resctrl), network_interfaces: null };
}

/** The statistics of a container, now. Throws a Failure with the contract's text when it has stopped. */
export function containerStats(native: Native, root: string, id: string, interval: bigint): ContainerEvent {
  const { record } = findRunning(native, root, id, interval);
  return { type: 'stats', id, data: statsOf(native, record) };
}

/**
 * Tells what happens to a container: its statistics every `interval` nanoseconds, and at once when processes were killed for want of
 * memory. Returns when its last process has ended, or when nobody wants to know any more.
 */
export function watchContainer(native: Native, root: string, id: string, interval: bigint, tell: Tell): void {
  const { record, init } = findRunning(native, root, id, interval);
  const population = watchPopulation(native, record.cgroup);
  const oom = watchOom(native, record.cgroup);
  const watched: Watched = { native, init, population, oom };
  const stats = () => tell({ type: 'stats', id, data: statsOf(native, record) });
  try {
    let due = native.monotonic() + interval;
    for (;;) {
      const wakened = sleep(watched, due);
      if (wakened.readerGone) return;
      if (oom?.happened() && !tell({ type: 'oom', id })) return;
      if (hasEnded(watched, wakened.initEnded)) {
        // what ended it may have been told a moment later (v2 tells of changes at most every 10 ms)
        if (oom?.happened()) tell({ type: 'oom', id });
        return;
      }
      if (native.monotonic() < due) continue;
      if (!stats()) return;
      due += interval;
      // after a standstill (a suspended machine, a reader that did not read) what was missed is not made up for
      if (due < native.monotonic()) due = native.monotonic() + interval;
    }
  } finally {
    oom?.close();
    population.close();
  }
}

interface Watched {
  readonly native: Native;
  /** undefined from its end on */
  init: Fd | undefined;
  readonly population: PopulationWatch;
  readonly oom: OomWatch | undefined;
}

interface Wakened {
  /** whoever read stdout has gone: nothing else would tell as long as there is nothing to write */
  readonly readerGone: boolean;
  readonly initEnded: boolean;
}

/** Waits until there is something to look at, at the latest until `due`. */
function sleep({ native, init, population, oom }: Watched, due: bigint): Wakened {
  const polls: Poll[] = [{ fd: stdout, events: 0 }];
  if (init !== undefined) polls.push({ fd: init, events: POLLIN });
  for (const poll of [population.poll(), oom?.poll()]) if (poll !== undefined) polls.push(poll);
  const rest = (due - native.monotonic() + 999_999n) / 1_000_000n;
  const timeout = rest < 0n ? 0 : Math.min(Number(rest), longestPoll);
  const seen = native.poll(polls, timeout);
  return { readerGone: seen[0] !== 0, initEnded: init !== undefined && seen[1] !== 0 };
}

/** Other processes may outlive init, in a shared pid namespace; on v1 their end is seen when the next statistics are due. */
function hasEnded(watched: Watched, initEnded: boolean): boolean {
  const { native, init, population } = watched;
  const deserted = () => !population.populated();
  if (!initEnded) return deserted();
  native.close(init as Fd);
  watched.init = undefined;
  return waitUntil(native, lingering, deserted);
}
