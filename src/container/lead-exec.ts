import type { ExecProcess } from '../bundle/exec-process.ts';
import { readProcessStat } from '../host/proc.ts';
import type { Fd, InitMessage, Native, SpawnedProcess } from '../native/contract.ts';
import { deadlineIn, timeLeft } from '../native/deadline.ts';
import { Failure } from '../native/failure.ts';
import { POLLIN } from '../native/poll-events.ts';
import type { PlannedStep } from '../plan/plan.ts';
import { NEW_LISTENER } from '../seccomp/flags.ts';
import { type Console, passTerminal, type Terminal } from './console.ts';
import { endChild, endTimeout, hasEnded } from './end-process.ts';
import type { ExecRequest } from './exec-request.ts';
import { executeTimeout, hasLeftNamespaces, late, mayWait, meanwhile, stopped, type Target } from './exec-target.ts';
import { explainFailure, startPrefix } from './explain-failure.ts';
import { tellStep } from './lead-init.ts';
import { openProcess } from './process-identity.ts';
import type { Report } from './report.ts';
import { giveListener, type Listener, listenerOf, takeListener } from './seccomp-agent.ts';
import { signalWord } from './signals.ts';

/** What the process that is led was made for. */
export interface Due {
  readonly request: ExecRequest;
  readonly target: Target;
  readonly wanted: ExecProcess;
  readonly steps: readonly PlannedStep[];
  /** undefined: the process gets no terminal */
  readonly console: Console | undefined;
}

/** What an exec has made so far. */
export interface Started {
  /** who prepares the process, and the process itself once it is born; they are one where no pid namespace is joined */
  readonly processes: SpawnedProcess[];
  /** to be relayed */
  terminal: Terminal | undefined;
  /** of its filter; undefined when there is none, or none yet, or the agent has it */
  listener: Listener | undefined;
  /** the agent has one */
  listening: boolean;
}

/** What the process waits for when it has sent its terminal. */
const terminalTaken = 'terminal';

/**
 * Waits until the process was executed: init has said that it is about to, and its socket has closed. The last of the started
 * processes is the one that does; when it is born in between, it is added.
 */
export function awaitExecute(native: Native, socket: Fd, due: Due, started: Started, report: Report): void {
  const { request, target, steps } = due;
  let terminalDue = due.console !== undefined;
  let ready = false;
  let failure: InitFailure | undefined;
  let listener = '';
  const holder = filterHolder(steps);
  // for all messages together: one who goes on sending them is not waited for any longer
  let deadline = deadlineIn(native, executeTimeout);
  for (;;) {
    if (started.listener !== undefined && isAsking(native, socket, started.listener, deadline))
      give(native, target, started);
    const message = meanwhile(native, target, () => native.receive(socket, timeLeft(native, deadline)));
    if (message === undefined) {
      if (!mayWait(native, request, target)) throw late();
      deadline = deadlineIn(native, executeTimeout);
      continue;
    }
    switch (message.type) {
      case 'warning':
        report.warning(message.text);
        break;
      case 'done':
        tellStep(report, steps, message);
        break;
      case 'request':
        if (message.what === terminalTaken) native.reply(socket, true);
        else if (listenerOf(message.what) !== undefined) listener = message.what;
        else {
          started.processes.push(bornProcess(native, message.what, started));
          if (started.listener !== undefined) give(native, target, started);
          if (holder === 'preparer') native.reply(socket, true);
        }
        // who tells of the birth of the process that has the listener may be the slower one
        if (listener !== '' && started.processes.length === (holder === 'born' ? 2 : 1)) {
          take(native, target, started, listener);
          if (holder !== 'preparer') give(native, target, started);
          native.reply(socket, true);
          listener = '';
        }
        break;
      case 'terminal':
        started.terminal = takeTerminal(native, due.console, message.fd, terminalDue);
        terminalDue = false;
        break;
      case 'ready':
        ready = true;
        break;
      case 'failure':
        // it ends now; who told of its birth may be the slower one
        failure = message;
        break;
      case 'closed':
        if (failure !== undefined) throw explain(native, due, failure);
        if (!ready || terminalDue) throw explainSilence(native, target, started.processes);
        native.close(socket);
        return;
    }
  }
}

/**
 * Who has a listener first: the only process there is, the one that is born into the container, or already the one that prepares it,
 * since without no_new_privs what is born has the right to load a filter no more.
 */
function filterHolder(steps: readonly PlannedStep[]): 'only' | 'born' | 'preparer' {
  const fork = steps.findIndex(({ run }) => run.step === 'process_fork');
  const filter = steps.findIndex(({ run }) => run.step === 'seccomp' && (run.flags & NEW_LISTENER) !== 0);
  if (fork === -1 || filter === -1) return 'only';
  return filter < fork ? 'preparer' : 'born';
}

/** Once, and only what the container's own filter asks for. */
function take(native: Native, { record }: Target, started: Started, request: string): void {
  const agent = started.listener === undefined && !started.listening ? record.seccomp?.agent : undefined;
  started.listener = takeListener(native, agent, (started.processes.at(-1) as SpawnedProcess).pidfd, request);
}

/** For the process that the command will be, as far as there is one yet. */
function give(native: Native, { record }: Target, started: Started): void {
  const { id, bundle, annotations, init } = record;
  const listener = started.listener as Listener;
  started.listener = undefined;
  started.listening = true;
  const state = { id, status: 'running', pid: init.pid, bundle, annotations } as const;
  giveListener(native, listener, (started.processes.at(-1) as SpawnedProcess).pid, state);
}

/**
 * Who prepares the process waits for the agent: the profile asks about a call that init itself makes. Then there is nothing to
 * wait for that would have another number.
 */
function isAsking(native: Native, socket: Fd, { fd }: Listener, deadline: bigint): boolean {
  const watched = [socket, fd].map((one) => ({ fd: one, events: POLLIN }));
  const [said = 0, asked = 0] = native.poll(watched, timeLeft(native, deadline));
  return said === 0 && (asked & POLLIN) !== 0;
}

/** One, and before there is anything that the container's root could make say so. */
function takeTerminal(native: Native, console: Console | undefined, master: Fd, due: boolean): Terminal | undefined {
  if (console !== undefined && due) return passTerminal(native, console, master);
  native.close(master);
  throw new Failure('init sent a terminal when none was due');
}

/**
 * Once, and only a child of the runtime's own: until that has reaped it, the pid is its own. Whoever could make the process in the
 * container lie would choose whom the runtime signals otherwise.
 */
function bornProcess(native: Native, what: string, { processes }: Started): SpawnedProcess {
  const pid = Number(/^process:([1-9][0-9]*)$/.exec(what)?.[1] ?? Number.NaN);
  if (Number.isNaN(pid) || processes.length !== 1) throw new Failure(`init asks for ${JSON.stringify(what)}`);
  const pidfd = native.pidfdOpen(pid);
  if (readProcessStat(native, pid)?.parent === native.getpid()) return { pid, pidfd };
  native.close(pidfd);
  throw new Failure(`init names process ${pid}, which is not its own`);
}

type InitFailure = Extract<InitMessage, { type: 'failure' }>;

/** How long a container may take to be gone from when its pid namespace takes no process any more, in milliseconds. */
const ending = 1000;

/** The pidfd of the container's init went with the plan; this is another one. */
function endsSoon(native: Native, { record }: Target): boolean {
  const init = openProcess(native, record.init);
  return init === undefined || hasEnded(native, init, ending);
}

/** ENOMEM of clone(2): init ends, and so do all in its pid namespace. pid_namespaces(7) */
function isAboutItsEnd(native: Native, target: Target, failure: InitFailure): boolean {
  if (hasLeftNamespaces(failure)) return true;
  return failure.syscall === 'clone' && failure.code === 'ENOMEM' && endsSoon(native, target);
}

function explain(native: Native, { target, wanted, steps }: Due, failure: InitFailure): Failure {
  if (isAboutItsEnd(native, target, failure)) return new Failure(stopped);
  const placed = steps.map((step) => ({ ...step, pointer: wanted.place(step.pointer) }));
  return explainFailure(failure, placed, '');
}

/** Killed by somebody in the container, by the memory limit, or with the container. */
function explainSilence(native: Native, { record }: Target, started: readonly SpawnedProcess[]): Failure {
  const [exit] = [...started].reverse().map(({ pidfd }) => endChild(native, pidfd, endTimeout));
  if (openProcess(native, record.init) === undefined) return new Failure(stopped);
  const how = exit?.signal == null ? `exit status ${exit?.status}` : `signal: ${signalWord(exit.signal)}`;
  return new Failure(`${startPrefix}the process ended before it could be executed: ${how}`);
}
