import { type FreezerWatch, watchFreezer } from '../cgroup/freezer-watch.ts';
import { type AuditLog, openAuditLog } from '../host/audit.ts';
import {
  addWatch,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_DONT_FOLLOW,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_ONLYDIR,
  type Notification,
  removeWatch,
  takeNotifications,
} from '../host/inotify.ts';
import type { Fd, Native, Poll } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { POLLIN } from '../native/poll-events.ts';
import { type ContainerDirectory, listIds, openDirectory } from '../state/directory.ts';
import { fifoFile, hasExecFifo } from '../state/exec-fifo.ts';
import { isId } from '../state/id.ts';
import { type LastWord, readLastWord } from '../state/last-word.ts';
import type { ContainerRecord } from '../state/record.ts';
import { createRoot } from '../state/root.ts';
import { loadRecord, stateFile } from '../state/store.ts';
import { callLog, type DeathWatch, endingOfDead, watchDeath } from './death-watch.ts';
import type { Ending } from './ending.ts';
import { observe, type Status } from './status.ts';
import { timestampNano } from './timestamp.ts';

/** What happens to the containers of a state root. */
export type LifecycleEvent = { readonly time: string; readonly id: string } & (
  | { readonly type: 'found'; readonly status: Status; readonly pid: number; readonly bundle: string }
  /** without these when it was gone before it could be looked at */
  | { readonly type: 'created'; readonly pid?: number; readonly bundle?: string }
  | { readonly type: 'failed'; readonly reason: LastWord }
  /** its directory came and went: a create that was killed, or a container that lived for a moment */
  | { readonly type: 'missed' }
  | { readonly type: 'started' | 'paused' | 'resumed' | 'oom' | 'deleted' }
  | { readonly type: 'stopped'; readonly reason: Ending }
);

type Happening<T = LifecycleEvent> = T extends LifecycleEvent ? Omit<T, 'time' | 'id'> : never;

/** Takes an event; false when no more are wanted. */
export type TellEvent = (event: LifecycleEvent) => boolean;

const inRoot = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
const inContainer = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW;

/** One container, as far as it has been told. */
interface Tracked {
  readonly id: string;
  /** undefined when its directory went before it could be watched */
  watch: number | undefined;
  phase: 'creating' | 'created' | 'started' | 'stopped';
  paused: boolean;
  death: DeathWatch | undefined;
  freezer: FreezerWatch | undefined;
  lastWord: LastWord | undefined;
  /** something has told that there is something to look at */
  wakened: boolean;
}

interface Watch {
  readonly native: Native;
  readonly root: Fd;
  readonly inotify: Fd;
  readonly audit: AuditLog | undefined;
  readonly calls: ReturnType<typeof callLog>;
  readonly containers: Map<string, Tracked>;
  readonly tell: (id: string, happening: Happening) => void;
}

const stdout: Fd = 1;

/**
 * Tells everything that happens to the containers of a state root, which is made when there is none: first what is there, then what
 * happens, until nobody reads any more. Throws a Failure when the root itself goes away.
 */
export function watchRoot(native: Native, path: string, sticky: boolean, tellEvent: TellEvent): void {
  const root = createRoot(native, path, sticky);
  const inotify = native.inotify();
  const rootWatch = native.inotifyAdd(inotify, `/proc/self/fd/${root}`, inRoot);
  const audit = openAuditLog(native);
  const containers = new Map<string, Tracked>();
  let wanted = true;
  const watch: Watch = {
    native,
    root,
    inotify,
    audit,
    calls: callLog(native, audit),
    containers,
    tell: (id, happening) => {
      const event = { time: timestampNano(native.realtime()), id, ...happening } as LifecycleEvent;
      if (wanted) wanted = tellEvent(event);
    },
  };
  for (const id of listIds(native, path)) find(watch, id);
  while (wanted) {
    const wakened = sleep(watch);
    if (wakened.readerGone) return;
    for (const notification of wakened.notifications) {
      if (notification.watch === -1)
        throw new Failure('too much happened at once: the kernel has dropped notifications');
      if (notification.watch === rootWatch) takeOfRoot(watch, notification, path);
      else takeOfContainer(watch, notification);
    }
    for (const one of containers.values()) if (one.wakened) look(watch, one);
  }
}

/** Waits until something happens, and marks whom it is about. */
function sleep({ native, inotify, audit, calls, containers }: Watch): {
  readonly readerGone: boolean;
  readonly notifications: readonly Notification[];
} {
  const polls: Poll[] = [
    { fd: stdout, events: 0 },
    { fd: inotify, events: POLLIN },
  ];
  if (audit !== undefined) polls.push({ fd: audit.fd, events: POLLIN });
  const common = polls.length;
  const owners: Tracked[] = [];
  for (const one of containers.values())
    for (const poll of [...(one.death?.polls() ?? []), one.freezer?.poll()])
      if (poll !== undefined) {
        polls.push(poll);
        owners.push(one);
      }
  const seen = native.poll(polls, -1);
  owners.forEach((one, index) => {
    if (seen[common + index] !== 0) one.wakened = true;
  });
  calls.take();
  return { readerGone: seen[0] !== 0, notifications: takeNotifications(native, inotify) };
}

function takeOfRoot(watch: Watch, { mask, name }: Notification, path: string): void {
  if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF)) !== 0) throw new Failure(`state root ${path} has gone away`);
  if (!isId(name)) return;
  if ((mask & (IN_CREATE | IN_MOVED_TO)) !== 0) appear(watch, name);
  else vanish(watch, name);
}

/** What is there when the watch begins. */
function find(watch: Watch, id: string): void {
  const one = track(watch, id);
  const record = recordOf(watch, id);
  if (record === undefined) return;
  attach(watch, one, record);
  const status = withDirectory(watch, id, (directory) => observeStatus(watch.native, directory, record)) ?? 'stopped';
  one.phase = status === 'paused' || status === 'running' ? 'started' : status;
  one.paused = status === 'paused';
  watch.tell(id, { type: 'found', status, pid: status === 'stopped' ? 0 : record.init.pid, bundle: record.bundle });
}

function observeStatus(native: Native, directory: ContainerDirectory, record: ContainerRecord): Status {
  const { status, init } = observe(native, directory, record);
  if (init !== undefined) native.close(init);
  return status;
}

/** A directory was made: somebody creates a container. */
function appear(watch: Watch, id: string): void {
  if (watch.containers.has(id)) return;
  const one = track(watch, id);
  // it may be there already, when this comes late
  if (recordOf(watch, id) !== undefined) exist(watch, one);
}

function track({ native, inotify, root, containers }: Watch, id: string): Tracked {
  const watch = addWatch(native, inotify, `/proc/self/fd/${root}/${id}`, inContainer);
  const one: Tracked = {
    id,
    watch,
    phase: 'creating',
    paused: false,
    death: undefined,
    freezer: undefined,
    lastWord: undefined,
    wakened: true,
  };
  containers.set(id, one);
  return one;
}

function takeOfContainer(watch: Watch, notification: Notification): void {
  for (const one of watch.containers.values()) {
    if (one.watch === notification.watch) takeOf(watch, one, notification);
    if (one.freezer?.watch === notification.watch) one.wakened = true;
  }
}

function takeOf(watch: Watch, one: Tracked, { mask, name }: Notification): void {
  if ((mask & IN_MOVED_TO) !== 0 && name === stateFile && one.phase === 'creating') exist(watch, one);
  if ((mask & IN_DELETE) !== 0 && name === fifoFile && one.phase === 'created') start(watch, one);
  if ((mask & IN_DELETE) !== 0 && name === stateFile) stop(watch, one);
  if ((mask & IN_CREATE) !== 0) one.lastWord ??= readLastWord(name);
}

/** The record is there: the container exists. `run` starts it at once, and makes no fifo. */
function exist(watch: Watch, one: Tracked): void {
  const record = recordOf(watch, one.id);
  one.phase = 'created';
  if (record === undefined) {
    watch.tell(one.id, { type: 'created' });
    return;
  }
  const waits = withDirectory(watch, one.id, (directory) => hasExecFifo(watch.native, directory)) ?? true;
  attach(watch, one, record);
  watch.tell(one.id, { type: 'created', pid: record.init.pid, bundle: record.bundle });
  if (!waits) start(watch, one);
  if (one.death === undefined) end(watch, one, endingOfDead(watch.native, record, watch.calls));
}

function attach(watch: Watch, one: Tracked, record: ContainerRecord): void {
  const { native, inotify } = watch;
  one.death =
    withDirectory(watch, one.id, (directory) => watchDeath(native, record, directory)) ??
    watchDeath(native, record, undefined);
  one.freezer = one.death === undefined ? undefined : watchFreezer(native, inotify, record.cgroup);
}

function start({ tell }: Watch, one: Tracked): void {
  one.phase = 'started';
  tell(one.id, { type: 'started' });
}

/** It ends before it is deleted, also when that is heard of first. */
function stop(watch: Watch, one: Tracked): void {
  if (one.phase === 'stopped' || one.phase === 'creating') return;
  if (one.death === undefined) end(watch, one, { type: 'unknown', why: 'it was gone before it could be looked at' });
  else if (hasEnded(watch, one.death)) look(watch, one);
}

function hasEnded({ native }: Watch, { pidfd }: DeathWatch): boolean {
  return native.poll([{ fd: pidfd, events: POLLIN }], 0)[0] !== 0;
}

function end(watch: Watch, one: Tracked, reason: Ending): void {
  one.phase = 'stopped';
  release(one);
  watch.tell(one.id, { type: 'stopped', reason });
}

/** Its directory is gone. */
function vanish(watch: Watch, id: string): void {
  const one = watch.containers.get(id);
  if (one === undefined) return;
  if (one.phase === 'creating')
    watch.tell(id, one.lastWord === undefined ? { type: 'missed' } : { type: 'failed', reason: one.lastWord });
  else {
    stop(watch, one);
    watch.tell(id, { type: 'deleted' });
  }
  release(one);
  if (one.watch !== undefined) removeWatch(watch.native, watch.inotify, one.watch);
  watch.containers.delete(id);
}

function release(one: Tracked): void {
  one.death?.close();
  one.freezer?.close();
  one.death = undefined;
  one.freezer = undefined;
}

/** What is not told by notifications. The end comes last. */
function look(watch: Watch, one: Tracked): void {
  one.wakened = false;
  const { death, freezer } = one;
  if (death === undefined) return;
  if (death.oomHappened()) watch.tell(one.id, { type: 'oom' });
  if (hasEnded(watch, death)) end(watch, one, death.ending(watch.calls));
  else if (freezer !== undefined && freezer.frozen() !== one.paused) {
    one.paused = !one.paused;
    watch.tell(one.id, { type: one.paused ? 'paused' : 'resumed' });
  }
}

function recordOf(watch: Watch, id: string): ContainerRecord | undefined {
  return withDirectory(watch, id, (directory) => {
    try {
      return loadRecord(watch.native, directory);
    } catch (error) {
      if (error instanceof Failure) return undefined;
      throw error;
    }
  });
}

function withDirectory<T>(
  { native, root }: Watch,
  id: string,
  use: (directory: ContainerDirectory) => T,
): T | undefined {
  const directory = openDirectory(native, root, id);
  if (directory === undefined) return undefined;
  try {
    return use(directory);
  } finally {
    native.close(directory.fd);
  }
}
