import type { Exit, Fd, SpawnedProcess } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { libraryNative } from './library-addon.ts';
import { readEnd, textOf } from './stream-ends.ts';

/** The executable and how it is called. */
export interface Executable {
  /** absolute */
  readonly path: string;
  /** global options, before the verb */
  readonly globals: readonly string[];
  /** "NAME=value" each */
  readonly env: readonly string[];
}

/** The end of a call. */
export interface Ended {
  readonly exit: Exit;
  /** what it wrote into its log */
  readonly log: string;
}

/** A program that has been started, or is going to be. */
export interface Started {
  readonly process: Promise<SpawnedProcess>;
  /** what the executable writes into its log; the end of it is the end of the executable */
  readonly log: Promise<string>;
}

/** The number of the log's pipe in the process, which opens it once more by the name. */
const log = 3;

/**
 * Starts the executable. Nothing is waited for in the thread of the event loop; copies of all fds were made when this returns.
 *
 * The log is a pipe that nobody but the executable itself has: hooks and containers get no fd beyond their own. So its end is the
 * end of the executable, whatever a container does with stdout and stderr.
 *
 * @param fds what becomes 0, 1, 2
 * @param farewell as the addon has it
 * @param keeper a program that starts it (addon/keeper), its own arguments, and what it gets as 4
 */
export function start(
  { path, globals, env }: Executable,
  words: readonly string[],
  fds: readonly Fd[],
  farewell: number,
  keeper?: { readonly path: string; readonly words: readonly string[]; readonly report: Fd },
): Started {
  const native = libraryNative();
  const [reading, writing] = native.pipe();
  const pipe = readEnd(reading);
  try {
    const own = [path, ...globals, '--log', `/proc/self/fd/${log}`, '--log-format', 'json', ...words];
    const process =
      keeper === undefined
        ? native.start(path, own, env, [...fds, writing], farewell)
        : native.start(
            keeper.path,
            [keeper.path, ...keeper.words, ...own],
            env,
            [...fds, writing, keeper.report],
            farewell,
          );
    // who waits for the end is told
    process.catch(() => pipe.destroy());
    return { process, log: textOf(pipe) };
  } catch (error) {
    pipe.destroy();
    throw error;
  } finally {
    native.close(writing);
  }
}

/** A call of the executable that goes on. */
export class Call {
  readonly ended: Promise<Ended>;
  readonly #started: Started;
  #over = false;

  /** As {@link start}. */
  constructor(executable: Executable, words: readonly string[], fds: readonly Fd[], farewell = 0) {
    this.#started = start(executable, words, fds, farewell);
    this.ended = this.#end();
    // told by whoever waits for it
    this.ended.catch(() => {});
  }

  /** Sends a signal as soon as there is somebody to send it to; does nothing when it has ended. */
  async kill(signal: number): Promise<void> {
    const { pidfd } = await this.#started.process;
    if (!this.#over) sendSignal(pidfd, signal);
  }

  /** The executable's pid, undefined when it has ended. */
  async pid(): Promise<number | undefined> {
    const { pid } = await this.#started.process;
    return this.#over ? undefined : pid;
  }

  async #end(): Promise<Ended> {
    const [{ pidfd }, text] = await Promise.all([this.#started.process, this.#started.log]);
    const exit = await reaped(pidfd);
    this.#over = true;
    libraryNative().release(pidfd);
    return { exit, log: text };
  }
}

/** How a child ended that is ending just now. Somebody else in the program may have taken its status (SIGCHLD ignored). */
export async function reaped(pidfd: Fd): Promise<Exit> {
  try {
    return await libraryNative().ended(pidfd);
  } catch (error) {
    if (isErrno(error, 'ECHILD')) return { status: null, signal: null };
    throw error;
  }
}

/** Sends a signal to whoever may be gone. */
export function sendSignal(pidfd: Fd, signal: number): void {
  try {
    libraryNative().pidfdSendSignal(pidfd, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}
