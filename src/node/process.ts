import type { Readable, Writable } from 'node:stream';
import { SIGKILL, SIGWINCH } from '../container/signals.ts';
import type { Fd } from '../native/contract.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { whenAborted } from './aborting.ts';
import { Call, sendSignal } from './call.ts';
import { errorOf, parseRecords } from './call-record.ts';
import type { ExitStatus } from './exit-status.ts';
import { libraryNative } from './library-addon.ts';
import { type Signal, signalNumber } from './signals.ts';
import { endStreams, openStreams, type StdioOption, textOf } from './stream-ends.ts';
import { Terminal, type TerminalSize } from './terminal.ts';
import { asRuntimeError, attempt, type Caller, type Cancellable, onAbort, passWarnings, told } from './verb.ts';

/** One more process in a container; what is absent is as the container's own process has it. */
export interface ExecOptions extends Cancellable {
  /** working directory, an absolute path in the container */
  readonly cwd?: string | undefined;
  /** variables beside the container's own */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** "UID", "UID:GID" */
  readonly user?: string | undefined;
  readonly additionalGids?: readonly number[] | undefined;
  /** names of capabilities to add, e.g. CAP_NET_ADMIN */
  readonly capabilities?: readonly string[] | undefined;
  readonly noNewPrivileges?: boolean | undefined;
  /** label of SELinux */
  readonly selinuxLabel?: string | undefined;
  /** profile of AppArmor */
  readonly apparmorProfile?: string | undefined;
  /** sub-cgroup of the container's */
  readonly cgroup?: string | undefined;
  /** also in a paused container: it then waits there */
  readonly ignorePaused?: boolean | undefined;
  /** a terminal of this size, or with `true` of 80 columns and 24 rows; `stdio` is then of no effect */
  readonly terminal?: boolean | TerminalSize | undefined;
  /** the three streams, 'pipe' when absent */
  readonly stdio?: StdioOption | undefined;
}

/** What a process has written, and how it ended. */
export interface Output extends ExitStatus {
  readonly stdout: string;
  readonly stderr: string;
}

/** What connects the program with the process. */
interface Ends {
  readonly fds: readonly Fd[];
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly terminal: Terminal | null;
  release(): void;
  destroy(): void;
}

/** A process that was started in a container by `exec`. */
export class ContainerProcess {
  /** null unless it is a pipe */
  readonly stdin: Writable | null;
  /** null unless it is a pipe */
  readonly stdout: Readable | null;
  /** null unless it is a pipe */
  readonly stderr: Readable | null;
  /** null unless the process has one */
  readonly terminal: Terminal | null;
  readonly #call: Call;
  readonly #signal: AbortSignal | undefined;
  readonly #end: Promise<ExitStatus>;

  /** @internal */
  constructor(caller: Caller, id: string, args: readonly string[], options: ExecOptions) {
    const { signal } = options;
    const ends = attempt('exec', () => openEnds(options, () => this.#call.kill(SIGWINCH)));
    const words = ['exec', ...execWords(options), '--', id, ...args];
    this.#call = told('exec', () => new Call(caller.executable, words, ends.fds), ends);
    this.stdin = ends.stdin;
    this.stdout = ends.stdout;
    this.stderr = ends.stderr;
    this.terminal = ends.terminal;
    const giveUp = onAbort(signal, () => this.kill('SIGKILL'));
    this.#signal = signal;
    this.#end = this.#ending(caller, signal).finally(() => {
      giveUp();
      endStreams(this.stdin, this.stdout, this.stderr, this.terminal);
    });
    this.#end.catch(() => {});
  }

  /**
   * Waits for the end. A process that a signal has ended has status 128 + its number, as in a shell.
   * @throws RuntimeError when there has been no such process: the container is not there or not running, the command cannot be executed
   */
  wait(options: Cancellable = {}): Promise<ExitStatus> {
    return abandoned(this.#end, options.signal);
  }

  /**
   * Waits for the end, and collects what is written until nobody has the streams open any more, as UTF-8: what the process leaves behind
   * may have them for longer. A terminal's text is all stdout.
   * @throws RuntimeError as {@link wait}
   */
  async output(options: Cancellable = {}): Promise<Output> {
    const { signal } = options;
    const texts = Promise.all([textOf(this.terminal ?? this.stdout), textOf(this.stderr)]);
    const end = await this.wait({ signal });
    const [stdout, stderr] = await abandoned(abandoned(texts, signal), this.#signal);
    return { ...end, stdout, stderr };
  }

  /** Sends it a signal. Nothing is done when it has ended. */
  async kill(signal: Signal = 'SIGTERM'): Promise<void> {
    const number = signalNumber(signal);
    const pid = number === SIGKILL ? await this.#call.pid() : undefined;
    // whatever can be caught, noci passes on
    if (pid === undefined || !killChildren(pid)) await this.#call.kill(number);
  }

  async #ending(caller: Caller, signal: AbortSignal | undefined): Promise<ExitStatus> {
    try {
      const { exit, log } = await this.#call.ended;
      signal?.throwIfAborted();
      const records = parseRecords(log);
      passWarnings(caller, records);
      if (exit.signal !== null) throw errorOf('exec', records, `exec: ended by signal ${exit.signal}`);
      // noci tells of an error in its log; a process that ends with the same status does not
      if (exit.status !== 0 && records.some(({ level }) => level === 'error')) throw errorOf('exec', records, '');
      return { status: exit.status, signal: null };
    } catch (error) {
      throw asRuntimeError('exec', error, signal);
    }
  }
}

/** A promise, unless the signal comes first. */
export function abandoned<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    const forget = whenAborted(signal, giveUp);
    promise.then(resolve, reject).finally(forget);
    if (signal.aborted) giveUp();
  });
}

/**
 * SIGKILL for the children of `noci exec`, which is ours and has not been waited for, so that its pid is its own. False: it has none
 * yet, or the kernel does not say (proc_pid_task(5): CONFIG_PROC_CHILDREN).
 */
function killChildren(pid: number): boolean {
  const native = libraryNative();
  const path = `/proc/${pid}/task/${pid}/children`;
  const isChild = (child: number) => childrenOf(path).includes(child);
  let killed = false;
  for (const child of childrenOf(path)) {
    const pidfd = openProcess(child);
    if (pidfd === undefined) continue;
    // still, so that the pidfd is of none that has its number by now
    if (isChild(child)) {
      sendSignal(pidfd, SIGKILL);
      killed = true;
    }
    native.close(pidfd);
  }
  return killed;
}

function childrenOf(path: string): number[] {
  try {
    const words = libraryNative()
      .readText(AT_FDCWD, path, 1 << 16)
      .split(' ');
    return words.map(Number).filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

function openProcess(pid: number): Fd | undefined {
  try {
    return libraryNative().pidfdOpen(pid);
  } catch {
    return undefined;
  }
}

function openEnds({ terminal, stdio }: ExecOptions, onResize: () => Promise<void>): Ends {
  if (terminal === undefined || terminal === false) return { ...openStreams(stdio ?? 'pipe'), terminal: null };
  const native = libraryNative();
  const { rows, columns } = terminal === true ? { rows: 24, columns: 80 } : terminal;
  const { master, slave } = native.openTerminal(rows, columns);
  const stream = new Terminal(master, () => void onResize().catch(() => {}));
  return {
    fds: [slave, slave, slave],
    stdin: null,
    stdout: null,
    stderr: null,
    terminal: stream,
    release: () => native.close(slave),
    destroy: () => stream.destroy(),
  };
}

/** The options of `noci exec`, a word each. */
function execWords(options: ExecOptions): string[] {
  const { cwd, env = {}, user, additionalGids = [], capabilities = [], noNewPrivileges, cgroup } = options;
  const { selinuxLabel, apparmorProfile, ignorePaused, terminal } = options;
  const word = (name: string, value: string | boolean | undefined) =>
    value === undefined ? [] : [`--${name}=${value}`];
  return [
    ...word('cwd', cwd),
    ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
    ...word('user', user),
    ...additionalGids.map((gid) => `--additional-gids=${gid}`),
    ...capabilities.map((name) => `--cap=${name}`),
    ...word('no-new-privs', noNewPrivileges),
    ...word('process-label', selinuxLabel),
    ...word('apparmor', apparmorProfile),
    ...word('cgroup', cgroup),
    ...(ignorePaused === true ? ['--ignore-paused'] : []),
    ...(terminal === undefined || terminal === false ? [] : ['--tty']),
  ];
}
