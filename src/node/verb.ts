import type { Readable } from 'node:stream';
import { SIGKILL } from '../container/signals.ts';
import { setupWords } from '../native/errno-words.ts';
import { isNativeError } from '../native/failure.ts';
import { whenAborted } from './aborting.ts';
import { Call, type Ended, type Executable } from './call.ts';
import { type CallRecord, errorOf, parseRecords } from './call-record.ts';
import { RuntimeError } from './runtime-error.ts';
import { openStreams, type Stdio, type StreamEnds, textOf } from './stream-ends.ts';
import { turn } from './turns.ts';

/** What every operation takes. */
export interface Cancellable {
  /** gives the operation up; it is then rejected with the signal's reason */
  readonly signal?: AbortSignal | undefined;
}

/** How the executable is called, and who is told of its warnings. */
export interface Caller {
  readonly executable: Executable;
  readonly onWarning: (text: string) => void;
}

/** Verbs that only look on, for as long as there is something to see: they end with the thread that asks. */
const lookingOn: ReadonlySet<string> = new Set(['events', 'wait']);

/**
 * Calls a verb that does its work and ends. Returns what it has printed.
 * @throws RuntimeError when it could not do it
 */
export async function callVerb(
  caller: Caller,
  verb: string,
  words: readonly string[],
  { signal, input }: Cancellable & { readonly input?: string | undefined } = {},
): Promise<string> {
  signal?.throwIfAborted();
  await turn();
  const [call, streams] = begin(caller, verb, words, input === undefined ? 'ignore' : 'pipe');
  streams.stdin?.end(input);
  const giveUp = onAbort(signal, () => call.kill(SIGKILL));
  try {
    const [ended, printed] = await Promise.all([call.ended, textOf(streams.stdout)]);
    signal?.throwIfAborted();
    requireSuccess(caller, verb, ended);
    return printed;
  } catch (error) {
    throw asRuntimeError(verb, error, signal);
  } finally {
    giveUp();
    streams.destroy();
  }
}

/** Calls a verb that prints line after line until it is told to stop, or has nothing to say any more. Leaving the loop ends it. */
export async function* callLines(
  caller: Caller,
  verb: string,
  words: readonly string[],
  { signal }: Cancellable = {},
): AsyncGenerator<string, void, undefined> {
  signal?.throwIfAborted();
  await turn();
  const [call, streams] = begin(caller, verb, words, 'ignore');
  const giveUp = onAbort(signal, () => call.kill(SIGKILL));
  let finished = false;
  try {
    yield* linesOf(streams.stdout as Readable);
    finished = true;
    const ended = await call.ended;
    signal?.throwIfAborted();
    requireSuccess(caller, verb, ended);
  } catch (error) {
    throw asRuntimeError(verb, error, signal);
  } finally {
    giveUp();
    if (!finished) {
      await call.kill(SIGKILL);
      await call.ended;
    }
    streams.destroy();
  }
}

function begin(caller: Caller, verb: string, words: readonly string[], stdin: Stdio): [Call, StreamEnds] {
  const streams = attempt(verb, () => openStreams([stdin, 'pipe', 'ignore']));
  const farewell = lookingOn.has(verb) ? SIGKILL : 0;
  const call = told(verb, () => new Call(caller.executable, [verb, ...words], streams.fds, farewell), streams);
  return [call, streams];
}

async function* linesOf(stream: Readable): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const data of stream.setEncoding('utf8')) {
    const lines = (rest + data).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** Does what the kernel may refuse (no more fds, say): that is the library's error then. */
export function attempt<T>(verb: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw asRuntimeError(verb, error);
  }
}

/** Begins something, and closes what is the process's of the streams. */
export function told<T>(verb: string, act: () => T, streams: { release(): void; destroy(): void }): T {
  try {
    return act();
  } catch (error) {
    streams.destroy();
    throw asRuntimeError(verb, error);
  } finally {
    streams.release();
  }
}

/** Does `act` when the signal says so; returns what ends that. */
export function onAbort(signal: AbortSignal | undefined, act: () => Promise<void>): () => void {
  if (signal === undefined) return () => {};
  // that it could not be started is told by its end
  const listener = () => void act().catch(() => {});
  if (signal.aborted) listener();
  return whenAborted(signal, listener);
}

/** Throws the error of a call that has failed; passes its warnings on. */
export function requireSuccess(caller: Caller, verb: string, { exit, log }: Ended): void {
  const records = parseRecords(log);
  passWarnings(caller, records);
  if (exit.status === 0) return;
  const how = exit.signal === null ? `exit status ${exit.status}` : `ended by signal ${exit.signal}`;
  throw errorOf(verb, records, `${verb}: ${how}`);
}

export function passWarnings({ onWarning }: Caller, records: readonly CallRecord[]): void {
  for (const { level, msg } of records) if (level === 'warning') onWarning(msg);
}

/** What the kernel says to Node.js or to the addon is the library's error too; the signal's reason stays what it is. */
export function asRuntimeError(verb: string, error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof RuntimeError || !isNativeError(error)) return error;
  const { message, code, errno, syscall, path = '' } = error;
  // Node.js has its own text around all of it, and negative numbers
  return new RuntimeError(`${syscall}${path === '' ? '' : ` ${path}`}: ${errno < 0 ? setupWords(code) : message}`, {
    verb,
    code,
    errno: Math.abs(errno),
    syscall,
    path: path === '' ? undefined : path,
    cause: error,
  });
}
