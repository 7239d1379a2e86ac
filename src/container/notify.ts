import type { Fd, Native, Poll } from '../native/contract.ts';
import { describeNativeError, Failure, isErrno, isNativeError } from '../native/failure.ts';
import { POLLIN, POLLOUT } from '../native/poll-events.ts';
import { weakened } from '../native/weakened.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import { bindNotifySocket } from '../state/notify.ts';
import type { Report } from './report.ts';

/** systemd reads no more of a datagram either: PIPE_BUF. sd_notify(3) */
const largest = 4096;

/** How long the service manager may take to read, in milliseconds: what sd_notify_barrier(3) is usually given. */
const patience = 30_000;

/** How many datagrams are looked at when the container has ended: others may go on sending for ever. */
const mostLeft = 512;

/** Both sockets of sd_notify(3): the container's, to read from, and the service manager's, to write to. */
export interface Notify {
  readonly socket: Fd;
  readonly host: Fd;
}

/** Whether the caller is a service that its manager waits for. */
export function isNotifying(native: Native): boolean {
  return hostPath(native) !== '';
}

function hostPath(native: Native): string {
  return native.getenv('NOTIFY_SOCKET') ?? '';
}

/**
 * Opens both sockets: from here on the container can notify. undefined when nobody is to be told. A manager that cannot be
 * reached is a warning, as it is for sd_notify(3): the container does not depend on it.
 */
export function openNotify(native: Native, directory: ContainerDirectory, report: Report): Notify | undefined {
  const host = connectHost(native, report);
  if (host === undefined) return undefined;
  const socket = bindNotifySocket(native, directory);
  if (socket !== undefined) return { socket, host };
  native.close(host);
  report.warning('NOTIFY_SOCKET is not passed on: the container was created without it');
  return undefined;
}

function connectHost(native: Native, report: Report): Fd | undefined {
  const path = hostPath(native);
  if (path === '') return undefined;
  try {
    if (!/^[/@]/.test(path)) throw new Failure('is neither an absolute path nor an abstract socket');
    return native.connectDatagram(path);
  } catch (error) {
    report.warning(`NOTIFY_SOCKET ${path}: ${reason(error)}`);
    return undefined;
  }
}

/** What a failure to notify is told as; anything else is a defect. */
function reason(error: unknown): string {
  if (isNativeError(error))
    return error.path === '' ? describeNativeError(error) : `${error.syscall}: ${error.message}`;
  if (error instanceof Failure) return error.message;
  throw error;
}

/** Waits until the container says that it is ready, or `init` has ended, and tells the service manager that `pid` is the service. */
export function awaitReady(native: Native, notify: Notify, init: Fd, pid: number, report: Report): void {
  let left = mostLeft;
  for (;;) {
    const [told, ended] = native.poll([watchedSocket(notify), { fd: init, events: POLLIN }], -1);
    if (told !== 0 && takeReady(native, notify)) break;
    if (ended !== 0 && (told === 0 || left-- === 0)) {
      closeNotify(native, notify);
      return;
    }
  }
  const barrier = announce(native, notify, pid, report);
  if (barrier !== undefined) awaitBarrier(native, barrier, report);
  closeNotify(native, notify);
}

/** The same in the foreground: the runtime itself is the service, and what the container says later is passed on too. */
export interface NotifyRelay {
  readonly watched: Poll;
  /** Takes one datagram. */
  take(): void;
  /** Waits until the service manager has read everything: what a process that is gone said is not believed. */
  close(): void;
}

export function relayReady(native: Native, notify: Notify, report: Report): NotifyRelay {
  let announced = false;
  let barrier: Fd | undefined;
  return {
    watched: watchedSocket(notify),
    take: () => {
      if (!takeReady(native, notify)) return;
      if (announced) repeatReady(native, notify);
      else barrier = announce(native, notify, native.getpid(), report);
      announced = true;
    },
    close: () => {
      if (barrier !== undefined) awaitBarrier(native, barrier, report);
      closeNotify(native, notify);
    },
  };
}

function watchedSocket({ socket }: Notify): Poll {
  return { fd: socket, events: POLLIN };
}

/**
 * Reads one datagram and says whether it is READY=1. Nothing else of what a container says goes further: it must not name
 * another main process, store fds or keep a watchdog quiet in the name of the service.
 */
function takeReady(native: Native, { socket }: Notify): boolean {
  let datagram: Uint8Array;
  try {
    datagram = native.read(socket, largest);
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return false;
    throw error;
  }
  WEAKENED: if (weakened('S60')) return true;
  return String.fromCharCode(...datagram)
    .split('\n')
    .includes('READY=1');
}

/** In the order of runc: ready, who is the service, and a pipe that is closed when both have been read. The pipe's end to watch. */
function announce(native: Native, { host }: Notify, pid: number, report: Report): Fd | undefined {
  try {
    send(native, host, 'READY=1\n');
    send(native, host, `MAINPID=${pid}\n`);
    return sendBarrier(native, host);
  } catch (error) {
    report.warning(`NOTIFY_SOCKET: ${reason(error)}`);
    return undefined;
  }
}

function send(native: Native, host: Fd, text: string): void {
  native.poll([{ fd: host, events: POLLOUT }], patience);
  if (native.writeSome(host, text) === 0) throw new Failure(`nobody has read it for ${patience / 1000}s`);
}

/** A container may say so at any rate: what the manager has no room for is dropped. */
function repeatReady(native: Native, { host }: Notify): void {
  try {
    native.writeSome(host, 'READY=1\n');
  } catch (error) {
    if (!isNativeError(error)) throw error;
  }
}

function sendBarrier(native: Native, host: Fd): Fd {
  const [reading, writing] = native.pipe();
  try {
    native.sendFd(host, 'BARRIER=1', writing);
    return reading;
  } catch (error) {
    native.close(reading);
    throw error;
  } finally {
    native.close(writing);
  }
}

/** sd_notify_barrier(3). A manager that does not know it, before systemd 246, is not waited for longer. */
function awaitBarrier(native: Native, barrier: Fd, report: Report): void {
  if (native.poll([{ fd: barrier, events: POLLIN }], patience)[0] === 0)
    report.warning(`NOTIFY_SOCKET: no answer to BARRIER=1 for ${patience / 1000}s`);
  native.close(barrier);
}

function closeNotify(native: Native, { socket, host }: Notify): void {
  native.close(socket);
  native.close(host);
}
