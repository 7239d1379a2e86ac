import type { Readable, Writable } from 'node:stream';
import type { Ending } from '../container/ending.ts';
import { plainJson } from '../oci/json.ts';
import type { LinuxResources } from '../oci/types.ts';
import type { Creation } from './creation.ts';
import type { ContainerDescription, ContainerEvent, ContainerStats } from './documents.ts';
import { type ExitStatus, exitStatus } from './exit-status.ts';
import { libraryNative } from './library-addon.ts';
import { ownOptions } from './own-options.ts';
import { ContainerProcess, type ExecOptions, type Output } from './process.ts';
import { RuntimeError } from './runtime-error.ts';
import { type Signal, signalNumber } from './signals.ts';
import type { Terminal } from './terminal.ts';
import { turn } from './turns.ts';
import { type Caller, type Cancellable, callLines, callVerb } from './verb.ts';

/** How often statistics are taken. */
export interface EventOptions extends Cancellable {
  /** milliseconds, 5000 when absent */
  readonly interval?: number | undefined;
}

/** How a container is removed. */
export interface DeleteOptions extends Cancellable {
  /** whatever its status */
  readonly force?: boolean | undefined;
}

const unknown: ExitStatus = { status: null, signal: null };

/**
 * A container of a {@link Runtime}: one that it has made, or one that is there. Every method calls the runtime, so that what others
 * do to the container meanwhile is seen; all but those that give streams are rejected with a {@link RuntimeError}.
 *
 * `await using container = await runtime.create(…)` ends and deletes it at the end of the block.
 */
export class Container implements AsyncDisposable {
  readonly id: string;
  /** of its init in the host's pid namespace; undefined for one that this object has not made */
  readonly pid: number | undefined;
  /** null unless it was made with a pipe */
  readonly stdin: Writable | null;
  /** null unless it was made with a pipe */
  readonly stdout: Readable | null;
  /** null unless it was made with a pipe */
  readonly stderr: Readable | null;
  /** null unless it was made with a terminal */
  readonly terminal: Terminal | null;
  readonly #caller: Caller;
  readonly #creation: Creation | undefined;

  /** @internal */
  constructor(caller: Caller, id: string, creation?: Creation) {
    this.#caller = caller;
    this.#creation = creation;
    this.id = id;
    this.pid = creation?.pid;
    this.stdin = creation?.stdin ?? null;
    this.stdout = creation?.stdout ?? null;
    this.stderr = creation?.stderr ?? null;
    this.terminal = creation?.terminal ?? null;
  }

  /** Lets its process run. */
  async start(options?: Cancellable): Promise<void> {
    await this.#call('start', [], options);
  }

  /**
   * Starts one more process in it. This resolves as soon as it is on its way; whether it could be executed is told by
   * {@link ContainerProcess.wait}. The signal kills it.
   */
  async exec(args: readonly string[], options: ExecOptions = {}): Promise<ContainerProcess> {
    const own = ownOptions(options);
    own.signal?.throwIfAborted();
    await turn();
    return new ContainerProcess(this.#caller, this.id, args, own);
  }

  /** Runs a command in it and collects what that writes. stdin is empty unless `stdio` says otherwise. */
  async output(args: readonly string[], options: ExecOptions = {}): Promise<Output> {
    const process = await this.exec(args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    return process.output();
  }

  /**
   * Waits until its process has ended. How that ended is known of containers that this object has made; of others where the kernel tells
   * those who are not its parent (Linux 6.15), and who had it told before the end. The signal ends the wait and nothing else.
   */
  async wait(options: Cancellable = {}): Promise<ExitStatus> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#creation !== undefined) {
      const { keeper, pid } = this.#creation;
      const exit = await keeper.exitOf(pid, signal);
      if (exit !== undefined) return exitStatus(exit);
    }
    return this.#waitForEnd(signal);
  }

  /** Sends its init a signal. */
  async kill(signal: Signal = 'SIGTERM', options?: Cancellable): Promise<void> {
    await this.#call('kill', [String(signalNumber(signal))], options);
  }

  /** Stops all its processes where they are. */
  async pause(options?: Cancellable): Promise<void> {
    await this.#call('pause', [], options);
  }

  /** Lets them run on. */
  async resume(options?: Cancellable): Promise<void> {
    await this.#call('resume', [], options);
  }

  /** Changes limits, all that are named or none. */
  async update(resources: LinuxResources, options?: Cancellable): Promise<void> {
    const words = ['--resources=-', '--', this.id];
    await callVerb(this.#caller, 'update', words, { ...options, input: plainJson(resources) });
  }

  /** Its state, now. */
  async state(options?: Cancellable): Promise<ContainerDescription> {
    return parsed(await this.#call('state', [], options));
  }

  /** The pids of its processes in the host's pid namespace. */
  async processes(options?: Cancellable): Promise<number[]> {
    return parsed<number[] | null>(await this.#call('ps', ['--format=json'], options, 'first')) ?? [];
  }

  /** What it uses, at once and then again and again until it ends. Leaving the loop ends it, and so does the signal. */
  async *stats(options: EventOptions = {}): AsyncGenerator<ContainerStats, void, undefined> {
    const first = await callVerb(this.#caller, 'events', ['--stats', '--', this.id], options);
    yield (parsedEvent(first) as { data: ContainerStats }).data;
    for await (const event of this.events(options)) if (event.type === 'stats') yield event.data;
  }

  /** What happens to it, until it ends. Leaving the loop ends it, and so does the signal. */
  async *events(options: EventOptions = {}): AsyncGenerator<ContainerEvent, void, undefined> {
    const { interval = 5000, signal } = options;
    const words = [`--interval=${interval}ms`, '--', this.id];
    for await (const line of callLines(this.#caller, 'events', words, { signal })) yield parsedEvent(line);
  }

  /** Removes it. With `force` whatever its status, and no error when there is none. */
  async delete(options: DeleteOptions = {}): Promise<void> {
    const { force = false, signal } = ownOptions(options);
    await this.#call('delete', force ? ['--force'] : [], { signal }, 'first');
  }

  /** Ends and removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete({ force: true });
  }

  /** `words` are arguments behind the id, or options before it. */
  #call(
    verb: string,
    words: readonly string[],
    options?: Cancellable,
    place: 'first' | 'last' = 'last',
  ): Promise<string> {
    const all = place === 'first' ? [...words, '--', this.id] : ['--', this.id, ...words];
    return callVerb(this.#caller, verb, all, options);
  }

  /** As somebody who is not its parent; without the kernel's help that it ended is all there is to know. */
  async #waitForEnd(signal: AbortSignal | undefined): Promise<ExitStatus> {
    try {
      const text = await callVerb(this.#caller, 'wait', ['--json', '--', this.id], { signal });
      const { reason } = parsed<{ readonly reason: Ending }>(text);
      if (reason.type === 'exited') return exitStatus({ status: reason.status, signal: null });
      return 'signal' in reason ? exitStatus({ status: null, signal: reason.signal }) : unknown;
    } catch (error) {
      if (error instanceof RuntimeError && error.code === undefined) return unknown;
      throw error;
    }
  }
}

function parsed<T>(text: string): T {
  return libraryNative().parseJson(text) as T;
}

/**
 * Averages of pressure have fractions, which the strict parser of documents refuses. Integers that may exceed 2^53 are exact here too; no
 * text of an event begins with '#'.
 */
function parsedEvent(text: string): ContainerEvent {
  const marked = text.replace(/([:[,])(\d{16,})(?=[,}\]])/g, '$1"#$2"');
  return JSON.parse(marked, (_name, value) =>
    typeof value === 'string' && value.startsWith('#') ? exact(BigInt(value.slice(1))) : value,
  );
}

function exact(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
