import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { SIGTERM } from '../container/signals.ts';
import { readProcessStat } from '../host/proc.ts';
import type { Exit, Fd, NativeError } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { whenAborted } from './aborting.ts';
import { type Ended, type Executable, reaped, type Started, sendSignal, start } from './call.ts';
import { directory, libraryNative } from './library-addon.ts';
import { readEnd } from './stream-ends.ts';

/** What is taken back when nobody is told any more that it was made. */
export interface Making {
  /** where `noci create` leaves files for its caller */
  readonly folder: string;
  /** the verb and its words that remove the container */
  readonly undo: readonly string[];
}

/** `noci create`, and after it the parent of the container's init, which learns how that ends: addon/keeper. */
export class Keeper {
  /** the end of `noci create` */
  readonly created: Promise<Ended>;
  /** that of the container's processes whose parent it is */
  readonly ended: Promise<void>;
  readonly #path: string;
  readonly #started: Started;
  readonly #report: ReturnType<typeof readEnd>;
  readonly #exits = new Map<number, Exit>();
  #program = 0;
  #failure = 0;
  #over = false;
  readonly #watchers = new Set<() => void>();

  constructor(executable: Executable, words: readonly string[], fds: readonly Fd[], { folder, undo }: Making) {
    this.#path = executable.path;
    const native = libraryNative();
    const [reading, report] = native.pipe();
    this.#report = readEnd(reading);
    try {
      const command = [executable.path, ...executable.globals, ...undo];
      const own = [folder, String(command.length), ...command];
      this.#started = start(executable, words, fds, 0, { path: join(directory, 'noci-keeper'), words: own, report });
    } catch (error) {
      this.#report.destroy();
      throw error;
    } finally {
      native.close(report);
    }
    this.ended = this.#read();
    this.created = this.#creation();
    this.created.catch(() => {});
  }

  /** Ends `noci create`, and with it the init that it was about to make; nothing when it has ended. */
  async abort(): Promise<void> {
    const { pidfd } = await this.#started.process;
    if (!this.#over) sendSignal(pidfd, SIGTERM);
  }

  /** Whether a process is the child of another: every init whose `noci create` has gone is its own. False of one that is gone. */
  async isOfAnother(pid: number): Promise<boolean> {
    const { pid: own } = await this.#started.process;
    const stat = readProcessStat(libraryNative(), pid);
    return stat !== undefined && stat.parent !== own;
  }

  /**
   * How the child `pid` ended, as soon as it has; undefined when nobody can tell any more. The event loop is kept alive by those who wait.
   */
  async exitOf(pid: number, signal?: AbortSignal): Promise<Exit | undefined> {
    this.#report.ref();
    try {
      return await this.#seen(() => this.#exits.get(pid), signal);
    } finally {
      if (this.#watchers.size === 0) this.#report.unref();
    }
  }

  /** What `look` gives, asked again after each line until it gives something. */
  #seen<T>(look: () => T | undefined, signal?: AbortSignal): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const watch = () => {
        const value = look();
        if (value === undefined && !this.#over) return;
        settle(() => resolve(value));
      };
      const settle = (how: () => void) => {
        this.#watchers.delete(watch);
        forget?.();
        how();
      };
      if (signal?.aborted) return reject(signal.reason);
      const forget = signal && whenAborted(signal, () => settle(() => reject(signal.reason)));
      this.#watchers.add(watch);
      watch();
    });
  }

  async #creation(): Promise<Ended> {
    const [, log] = await Promise.all([this.#started.process, this.#started.log]);
    const exit = await this.#seen(() => this.#exits.get(this.#program));
    this.#report.unref();
    if (this.#failure !== 0) throw this.#startError();
    return { exit: exit ?? { status: null, signal: null }, log };
  }

  /** As the addon throws it. */
  #startError(): NativeError {
    const code = getSystemErrorName(-this.#failure);
    return Object.assign(new Error(setupWords(code)), {
      code,
      errno: this.#failure,
      syscall: 'posix_spawn',
      path: this.#path,
    });
  }

  /** "start PID", "exit PID STATUS", "signal PID NUMBER", "error ERRNO" */
  #read(): Promise<void> {
    let rest = '';
    this.#report.on('data', (data: Buffer) => {
      const lines = (rest + data.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
      for (const watch of this.#watchers) watch();
    });
    this.#report.on('error', () => {});
    return new Promise((resolve) => {
      this.#report.on('close', () => {
        this.#end();
        resolve();
      });
    });
  }

  #take(line: string): void {
    const [word, first = '', second = ''] = line.split(' ');
    const number = Number(second);
    if (word === 'start') this.#program = Number(first);
    else if (word === 'exit') this.#exits.set(Number(first), { status: number, signal: null });
    else if (word === 'signal') this.#exits.set(Number(first), { status: null, signal: number });
    else this.#failure = Number(first);
  }

  #end(): void {
    this.#over = true;
    for (const watch of this.#watchers) watch();
    const reap = async () => {
      const { pidfd } = await this.#started.process;
      await reaped(pidfd);
      libraryNative().release(pidfd);
    };
    // it could not be started
    reap().catch(() => {});
  }
}
