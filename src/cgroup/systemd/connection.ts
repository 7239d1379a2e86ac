import type { Fd, Native } from '../../native/contract.ts';
import { deadlineIn, timeLeft } from '../../native/deadline.ts';
import { Failure, isErrno, isNativeError } from '../../native/failure.ts';
import { POLLIN } from '../../native/poll-events.ts';
import type { SystemdEndpoint } from '../../plan/plan.ts';
import {
  decodeMessage,
  ERROR,
  encodeCall,
  METHOD_RETURN,
  type Message,
  type MethodCall,
  messageLength,
} from './message.ts';

/** A connection to systemd, its own socket or a bus. Whatever the other end does, every wait ends. */
export interface Connection {
  readonly native: Native;
  readonly socket: Fd;
  readonly endpoint: SystemdEndpoint;
  /** CLOCK_MONOTONIC at which waiting ends, in nanoseconds */
  readonly deadline: bigint;
  serial: number;
  /** bytes that are no whole message yet */
  received: Uint8Array;
  /** messages that nobody has waited for yet */
  readonly kept: Message[];
}

/** How long everything that is asked of systemd in one connection may take, in milliseconds. */
export const answerTimeout = 30_000;

/** A refusal: the error's D-Bus name and systemd's words. */
export class BusError extends Failure {
  readonly errorName: string;
  constructor(member: string, errorName: string, text: string) {
    super(`${driver}: ${member}: ${plain(text)} (${errorName})`);
    this.errorName = errorName;
  }
}

/** What every text of the driver begins with. */
export const driver = 'systemd cgroup driver';

/** Engines take these two for words about the container's command, contract § Error texts. */
function plain(text: string): string {
  return text.replace(/permission denied/gi, 'not permitted').replace(/no such file or directory/gi, 'does not exist');
}

/** Of signals that are kept for later; more come from nobody who is well. */
const mostKept = 1024;

const pieceLength = 64 << 10;

function broken(endpoint: SystemdEndpoint, why: string, cause?: unknown): Failure {
  return new Failure(`${driver}: ${endpoint.path}: ${why}`, '', { cause });
}

/** Bytes of what comes next, at least one. */
function receive({ native, socket, endpoint, deadline }: Connection): Uint8Array {
  const left = timeLeft(native, deadline);
  const [seen = 0] = left === 0 ? [] : native.poll([{ fd: socket, events: POLLIN }], left);
  if (seen === 0) throw broken(endpoint, `systemd did not answer in ${answerTimeout / 1000} seconds`);
  const bytes = native.read(socket, pieceLength);
  if (bytes.length === 0) throw broken(endpoint, 'systemd closed the connection');
  return bytes;
}

function append(connection: Connection): void {
  const more = receive(connection);
  const { received } = connection;
  const all = new Uint8Array(received.length + more.length);
  all.set(received);
  all.set(more, received.length);
  connection.received = all;
}

const longestLine = 1024;

/** A line of the authentication, without its end. */
function readLine(connection: Connection): string {
  for (;;) {
    const end = connection.received.indexOf(0x0a);
    if (end > longestLine) throw broken(connection.endpoint, 'this is no D-Bus');
    if (end >= 0) {
      const line = String.fromCharCode(...connection.received.slice(0, end)).replace(/\r$/, '');
      connection.received = connection.received.slice(end + 1);
      return line;
    }
    if (connection.received.length > longestLine) throw broken(connection.endpoint, 'this is no D-Bus');
    append(connection);
  }
}

/**
 * SASL EXTERNAL: the kernel says who we are (SO_PEERCRED). No user id is claimed, because in a user namespace ours is not the one that the
 * other end sees. The D-Bus specification, § Authentication Protocol
 *
 * BEGIN goes along at once, as sd-bus does it. Sent later it can be read together with the first message, and systemd then does not look
 * at that message before another one comes.
 */
function authenticate(connection: Connection): void {
  const { native, socket, endpoint } = connection;
  native.write(socket, '\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n');
  const lines = [readLine(connection), readLine(connection)];
  if (lines[0] !== 'DATA' || lines[1]?.startsWith('OK ') !== true) {
    throw broken(endpoint, 'the authentication was not accepted');
  }
}

/** Everything that native functions and messages throw is about the connection. */
function onConnection<T>({ endpoint }: Connection, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure || !(error instanceof Error)) throw error;
    const cause = isNativeError(error) ? `${error.syscall}: ${error.message}` : error.message;
    throw broken(endpoint, plain(cause), error);
  }
}

/** Sends a call; the number is what its answer is found by. */
export function send(connection: Connection, call: MethodCall): number {
  const serial = ++connection.serial;
  onConnection(connection, () => connection.native.write(connection.socket, encodeCall(call, serial)));
  return serial;
}

function nextMessage(connection: Connection): Message {
  for (;;) {
    const length = messageLength(connection.received);
    if (length !== undefined && connection.received.length >= length) {
      const message = decodeMessage(connection.received.slice(0, length));
      connection.received = connection.received.slice(length);
      return message;
    }
    append(connection);
  }
}

/** A flood of other messages must not outlast the deadline either. */
function checkTime({ native, deadline, endpoint }: Connection): void {
  if (native.monotonic() >= deadline)
    throw broken(endpoint, `systemd did not answer in ${answerTimeout / 1000} seconds`);
}

/** Answers that somebody will still ask for, and what `isKept` says of signals. */
function keep(connection: Connection, message: Message): void {
  const isAnswer = message.type === METHOD_RETURN || message.type === ERROR;
  if (!isAnswer && message.member !== 'JobRemoved') return;
  connection.kept.push(message);
  if (connection.kept.length > mostKept) throw broken(connection.endpoint, 'too many messages that nobody asked for');
}

/** The first message that `wanted` accepts, of those that are here and those that come. @throws Failure when none comes in time */
export function awaitMessage(connection: Connection, wanted: (message: Message) => boolean): Message {
  return onConnection(connection, () => {
    const at = connection.kept.findIndex(wanted);
    const [found] = at < 0 ? [] : connection.kept.splice(at, 1);
    if (found !== undefined) return found;
    for (;;) {
      checkTime(connection);
      const message = nextMessage(connection);
      if (wanted(message)) return message;
      keep(connection, message);
    }
  });
}

/** The answer to the call with this number. @throws BusError when it is an error; Failure when none comes */
export function awaitAnswer(connection: Connection, serial: number, member: string): Message {
  const isAnswer = ({ type, replySerial }: Message) =>
    replySerial === serial && (type === METHOD_RETURN || type === ERROR);
  const answer = awaitMessage(connection, isAnswer);
  if (answer.type === METHOD_RETURN) return answer;
  const [text] = onConnection(connection, () => (answer.signature.startsWith('s') ? answer.body() : []));
  throw new BusError(member, answer.errorName, typeof text === 'string' ? text : '');
}

/** Calls and waits for the answer. */
export function call(connection: Connection, request: MethodCall): Message {
  return awaitAnswer(connection, send(connection, request), request.member);
}

/** What `read` makes of a message; that it cannot is a fault of the other end. */
export function understand<T>(connection: Connection, read: () => T): T {
  return onConnection(connection, read);
}

/** § Message Bus Overview: a bus wants Hello first and passes on the signals that are asked for; systemd's own socket knows neither. */
function greetBus(connection: Connection): void {
  const bus = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };
  const rule = "type='signal',interface='org.freedesktop.systemd1.Manager',member='JobRemoved'";
  const hello = send(connection, { ...bus, member: 'Hello' });
  const match = send(connection, { ...bus, member: 'AddMatch', signature: 's', body: [rule] });
  awaitAnswer(connection, hello, 'Hello');
  awaitAnswer(connection, match, 'AddMatch');
}

function connect(native: Native, endpoint: SystemdEndpoint): Connection {
  const socket = native.connect(endpoint.path);
  const deadline = deadlineIn(native, answerTimeout);
  const connection = { native, socket, endpoint, deadline, serial: 0, received: new Uint8Array(0), kept: [] };
  try {
    onConnection(connection, () => authenticate(connection));
    if (endpoint.kind === 'bus') greetBus(connection);
  } catch (error) {
    native.close(socket);
    throw error;
  }
  return connection;
}

/**
 * Connects to the first of the endpoints that takes us; undefined when none of them is there, so that there is no systemd either. The
 * caller closes.
 *
 * @throws Failure when one is there but none works
 */
export function openConnection(native: Native, endpoints: readonly SystemdEndpoint[]): Connection | undefined {
  let failure: Failure | undefined;
  for (const endpoint of endpoints) {
    try {
      return connect(native, endpoint);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ECONNREFUSED', 'ENOTDIR')) continue;
      if (isNativeError(error)) failure = broken(endpoint, `${error.syscall}: ${plain(error.message)}`, error);
      else if (error instanceof Failure) failure = error;
      else throw error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

/** What `use` makes of a connection that is closed afterwards. */
export function closing<T>(connection: Connection, use: (connection: Connection) => T): T {
  try {
    return use(connection);
  } finally {
    connection.native.close(connection.socket);
  }
}
