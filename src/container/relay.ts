import type { Fd, Native, Poll, Termios } from '../native/contract.ts';
import { isErrno, isNativeError } from '../native/failure.ts';
import { POLLIN, POLLOUT } from '../native/poll-events.ts';
import { followSize, type Terminal } from './console.ts';
import { raw } from './raw-mode.ts';

/** No more than a pipe takes without blocking (PIPE_BUF): a stream of the caller's is never made non-blocking, others share it. */
const chunk = 4096;

/** How long nobody having the container's terminal open is taken for a pause, in milliseconds: an init closes and opens it again. */
const pause = 100;

/** More than a terminal holds on the way: what is read beyond this was written after the process had ended. */
const mostOnTheWay = 1 << 20;

const none = new Uint8Array(0);

/** One direction: what was read from one end and not yet written to the other. */
interface Flow {
  readonly from: Fd;
  readonly to: Fd;
  pending: Uint8Array;
  /** nothing more will come */
  ended: boolean;
}

/** Copies between the caller's stdio and a container's terminal, while the caller's own terminal is in raw mode. */
export interface Relay {
  /** what to wait for, and at most how long */
  watched(): readonly Poll[];
  patience(): number;
  /** Copies what can be copied; `seen` is poll's answer to `watched`. */
  move(seen: readonly number[]): void;
  resize(): void;
  /** Sets raw mode again: a shell that had the terminal meanwhile has set its own. */
  resume(): void;
  /** What the process wrote before it ended. Stops early when `interrupted` says so. */
  drain(signals: Fd, interrupted: () => boolean): void;
  /** The caller's terminal is as it was. */
  close(): void;
}

/** Opens a relay: from here to its `close` the caller's terminal is raw. */
export function openRelay(native: Native, terminal: Terminal): Relay {
  const { tty, master } = terminal;
  const before = native.tcgetattr(tty);
  const input: Flow = { from: 0, to: master, pending: none, ended: false };
  const output: Flow = { from: master, to: 1, pending: none, ended: false };
  const flows = [input, output];
  let deserted = false;
  let hungUp = false;

  /** Nobody takes the output any more: the terminal is hung up, as one whose window was closed. */
  const hangUp = () => {
    if (hungUp) return;
    hungUp = true;
    for (const flow of flows) Object.assign(flow, { pending: none, ended: true });
    native.close(master);
  };

  const fill = (flow: Flow) => {
    try {
      flow.pending = native.read(flow.from, chunk);
      if (flow.pending.length === 0) flow.ended = true;
    } catch (error) {
      if (isErrno(error, 'EAGAIN')) return;
      if (!isNativeError(error)) throw error;
      if (flow === output) deserted = true;
      else flow.ended = true;
    }
  };

  const empty = (flow: Flow) => {
    try {
      flow.pending = flow.pending.subarray(native.writeSome(flow.to, flow.pending));
    } catch (error) {
      if (!isNativeError(error)) throw error;
      if (flow === input) deserted = true;
      else hangUp();
    }
  };

  const open = () => flows.filter((flow) => !flow.ended);

  native.tcsetattr(tty, raw(before), false);
  return {
    watched: () => (deserted ? [] : open().map(waitsFor)),
    patience: () => (deserted ? pause : -1),
    move: (seen) => {
      if (deserted) deserted = false;
      else
        for (const [index, flow] of open().entries()) {
          if (seen[index] !== 0 && !flow.ended) (flow.pending.length > 0 ? empty : fill)(flow);
        }
    },
    resize: () => {
      if (!hungUp) followSize(native, terminal);
    },
    resume: () => setModes(native, tty, raw(before), false),
    drain: (signals, interrupted) => {
      let left = mostOnTheWay;
      deserted = false;
      while (!hungUp) {
        if (output.pending.length === 0) {
          fill(output);
          left -= output.pending.length;
          // EAGAIN, or nobody has it open: all that was on the way is here. tty_buffer_flush_work of the kernel's n_tty
          if (output.pending.length === 0 || left < 0) return;
        }
        const [signalled, writable] = native.poll([{ fd: signals, events: POLLIN }, waitsFor(output)], -1);
        if (signalled !== 0 && interrupted()) return;
        if (writable !== 0) empty(output);
      }
    },
    close: () => {
      if (!hungUp) native.close(master);
      setModes(native, tty, before, true);
    },
  };
}

function waitsFor({ pending, from, to }: Flow): Poll {
  return pending.length > 0 ? { fd: to, events: POLLOUT } : { fd: from, events: POLLIN };
}

/** The terminal may be gone. */
function setModes(native: Native, tty: Fd, modes: Termios, background: boolean): void {
  try {
    native.tcsetattr(tty, modes, background);
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}
