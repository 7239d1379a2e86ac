import type { Exit, Fd, Native } from '../native/contract.ts';
import { POLLIN } from '../native/poll-events.ts';
import type { Terminal } from './console.ts';
import { signalProcess } from './end-process.ts';
import type { NotifyRelay } from './notify.ts';
import { openRelay, type Relay } from './relay.ts';
import { SIGCHLD, SIGCONT, SIGPROF, SIGURG, SIGWINCH } from './signals.ts';

/** A process in the foreground: the container's init, or one of exec. */
export interface Attended {
  readonly pid: number;
  readonly pidfd: Fd;
  /** that the runtime relays to the caller's */
  readonly terminal?: Terminal | undefined;
  /** somebody waits until it is ready */
  readonly notify?: NotifyRelay | undefined;
}

/** Stays with a child until it ends: forwards the signals that `signals` delivers (Native.catchSignals), copies for its terminal, and reaps. */
export function attend(native: Native, signals: Fd, child: Attended): Exit {
  return child.terminal === undefined
    ? attendChild(native, signals, child)
    : attendTerminal(native, signals, child, child.terminal);
}

/** However it ends, the caller's terminal is as it was. */
function attendTerminal(native: Native, signals: Fd, child: Attended, terminal: Terminal): Exit {
  const relay = openRelay(native, terminal);
  try {
    const exit = attendChild(native, signals, child, relay);
    relay.drain(signals, () => native.read(signals, 64).some(isEnding));
    return exit;
  } finally {
    relay.close();
  }
}

function attendChild(native: Native, signals: Fd, { pid, pidfd, notify }: Attended, relay?: Relay): Exit {
  for (;;) {
    const own = [
      { fd: signals, events: POLLIN },
      { fd: pidfd, events: POLLIN },
    ];
    const watched = [...own, ...(relay?.watched() ?? []), ...(notify === undefined ? [] : [notify.watched])];
    const [signalled, , ...seen] = native.poll(watched, relay?.patience() ?? -1);
    if (signalled !== 0) for (const signal of native.read(signals, 64)) take(native, pidfd, signal, relay);
    relay?.move(seen);
    if (notify !== undefined && seen.at(-1) !== 0) notify.take();
    const exit = reapUntil(native, pid);
    if (exit !== undefined) return exit;
  }
}

function take(native: Native, pidfd: Fd, signal: number, relay: Relay | undefined): void {
  if (signal === SIGWINCH) relay?.resize();
  if (signal === SIGCONT) relay?.resume();
  forward(native, pidfd, signal);
}

/** The child is gone: what was for it is for the runtime itself now. */
function isEnding(signal: number): boolean {
  return !kept.includes(signal) && signal !== SIGCONT;
}

/** Not forwarded: what is about the runtime's own children and terminal, and the two that Go's runtime keeps from runc for itself. */
const kept: readonly number[] = [SIGCHLD, SIGURG, SIGPROF, SIGWINCH];

function forward(native: Native, pidfd: Fd, signal: number): void {
  if (!kept.includes(signal)) signalProcess(native, pidfd, signal);
}

/** Reaps every child that has ended: orphans of the container are those of a subreaper. Returns the end of `pid` when it is among them. */
function reapUntil(native: Native, pid: number): Exit | undefined {
  for (let child = native.reap(); child !== undefined; child = native.reap()) {
    if (child.pid === pid) return child.exit;
  }
  return undefined;
}
