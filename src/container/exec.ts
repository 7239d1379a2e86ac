import { type ExecProcess, loadProcessFile, loadProcessTemplate, refuseOnHost } from '../bundle/exec-process.ts';
import type { ProcessChanges } from '../bundle/process-changes.ts';
import { isFrozen } from '../cgroup/freezer.ts';
import { probeHost } from '../host/facts.ts';
import { readProcessStat } from '../host/proc.ts';
import type { Exit, Fd, InitMessage, InitProcess, Native, SpawnedProcess } from '../native/contract.ts';
import { deadlineIn, timeLeft } from '../native/deadline.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isErrno, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../native/open-flags.ts';
import { planExec } from '../plan/exec-plan.ts';
import type { JoinTarget } from '../plan/join.ts';
import { NAMESPACES } from '../plan/namespaces.ts';
import type { PlannedStep, SeccompFilter } from '../plan/plan.ts';
import { withDefaults } from '../plan/process-defaults.ts';
import { joinGroup } from '../resctrl/group.ts';
import type { ContainerRecord } from '../state/record.ts';
import { readProgram } from '../state/seccomp.ts';
import { type Attended, attend } from './attend.ts';
import { type Console, checkConsole, closeConsole, openConsole, passTerminal, type Terminal } from './console.ts';
import { endChild, endTimeout, hasEnded } from './end-process.ts';
import { openCgroupOfInit, openEntrance } from './exec-cgroup.ts';
import { explainFailure, startPrefix } from './explain-failure.ts';
import { type Found, findContainer } from './find.ts';
import { holdWarnings } from './held-warnings.ts';
import { stepLine } from './lead-init.ts';
import { openSteps } from './open.ts';
import { type Phase, phases } from './phases.ts';
import { writePidFile } from './pid-file.ts';
import { sendPidfd } from './pidfd-socket.ts';
import { execPreservedFds } from './preserved-fds.ts';
import { openProcess } from './process-identity.ts';
import type { Report } from './report.ts';
import { handOverListener, listenerOf } from './seccomp-agent.ts';
import { signalWord } from './signals.ts';
import { guard, observe, type Status } from './status.ts';

/** What exec is asked for. Paths are as on the command line, '' for none. */
export interface ExecRequest {
  readonly id: string;
  /** the state root */
  readonly root: string;
  /** with a file, `changes` are of no account */
  readonly processFile: string;
  readonly changes: ProcessChanges;
  readonly subCgroups: readonly string[];
  readonly ignorePaused: boolean;
  readonly preserveFds: number;
  readonly pidFile: string;
  readonly consoleSocket: string;
  readonly pidfdSocket: string;
  /** the runtime returns when the process was executed */
  readonly detach: boolean;
}

/** What every part of an exec is given. */
interface Exec {
  readonly native: Native;
  readonly request: ExecRequest;
  readonly report: Report;
  readonly phase: Phase;
}

/** The container that is joined: it was found alive, and `init` is a pidfd of exactly that process. */
interface Target extends Found {
  readonly status: Status;
  readonly init: Fd;
}

/** Everything that is known before anything is made. */
interface Prepared {
  readonly target: Target;
  readonly wanted: ExecProcess;
  readonly preserved: readonly Fd[];
  readonly cgroup: Fd | -1;
  readonly steps: readonly PlannedStep[];
  /** undefined: the process gets no terminal */
  readonly console: Console | undefined;
}

/** What an exec has made so far. */
interface Started {
  /** who prepares the process, and the process itself once it is born; they are one where no pid namespace is joined */
  readonly processes: SpawnedProcess[];
  /** to be relayed */
  terminal: Terminal | undefined;
  /** the listener of its filter was handed over */
  listening: boolean;
}

/**
 * How long the process may take until it is executed, in milliseconds: at its end it is at the mercy of the container's root, who
 * can stop it. No lock is held meanwhile.
 */
const executeTimeout = 30_000;

/** What the process waits for when it has sent its terminal. */
const terminalTaken = 'terminal';

const stopped = 'cannot exec in a stopped container';

/**
 * Runs one more process in a container: contract.ts § InitMessage has the dialogue. Returns the exit status of the call: that of
 * the process, or 0 when it is detached. When this throws, there is no such process.
 */
export function execProcess(native: Native, request: ExecRequest, report: Report): number {
  const warnings = holdWarnings(report);
  const exec = { native, request, report: warnings, phase: phases(native, report) };
  // before there is anything that could miss one
  const signals = request.detach ? undefined : native.catchSignals();
  const process = located(request, () => startProcess(exec));
  warnings.release();
  if (signals === undefined) return 0;
  const { status, signal } = attendOrEnd(native, signals, process);
  return status ?? 128 + (signal ?? 0);
}

/** A terminal of the caller's that is gone ends the process: nobody could see or reach it. */
function attendOrEnd(native: Native, signals: Fd, process: Attended): Exit {
  try {
    return attend(native, signals, process);
  } catch (error) {
    endChild(native, process.pidfd, endTimeout);
    throw error;
  }
}

/** Places are those of the file that the process came from. */
function located<T>({ processFile }: ExecRequest, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (processFile === '' || !(error instanceof Failure) || error.pointer === '') throw error;
    throw new Failure(error.message, error.pointer, { cause: error, document: processFile });
  }
}

function startProcess(exec: Exec): Attended {
  const { native } = exec;
  const prepared = prepare(exec);
  const started: Started = { processes: [], terminal: undefined, listening: false };
  try {
    return lead(exec, prepared, started);
  } catch (error) {
    for (const { pidfd } of started.processes) endChild(native, pidfd, endTimeout);
    if (started.terminal !== undefined) native.close(started.terminal.master);
    throw error;
  } finally {
    closeConsole(native, prepared.console);
  }
}

function lead(exec: Exec, prepared: Prepared, started: Started): Attended {
  const { native, phase } = exec;
  const init = phase('spawn init', () => spawn(exec, prepared));
  started.processes.push(init);
  joinResctrl(exec, prepared, init);
  phase('send plan', () => sendPlan(exec, prepared, init));
  phase('execute', () => awaitExecute(exec, prepared, init.socket, started));
  const process = started.processes.at(-1) ?? init;
  // who prepared it has ended, and nobody else is to reap it
  if (process !== init) endChild(native, init.pidfd, endTimeout);
  announce(exec, process);
  return { pid: process.pid, pidfd: process.pidfd, terminal: started.terminal };
}

/** Reads and checks everything, in the order in which runc does: what is told is the first thing that is wrong there too. */
function prepare(exec: Exec): Prepared {
  const { native, request, report, phase } = exec;
  const preserved = execPreservedFds(native, request.preserveFds);
  const target = phase('find', () => findTarget(exec));
  const wanted = phase('load process', () => loadProcess(exec, target));
  return phase('plan', () => {
    const { record } = target;
    const process = withDefaults(wanted.process, record.process);
    const late = (process.execCPUAffinity?.initial ?? '') !== '';
    const { cgroup, tasks } = meanwhile(exec, target, () =>
      openEntrance(native, record.cgroup, request.subCgroups, late),
    );
    const join: JoinTarget = { ...joinTarget(exec, target), tasks };
    const { steps, warnings } = planExec(process, record.process, join, probeHost(native), {
      id: record.id,
      noNewKeyring: record.noNewKeyring,
      trace: report.debugging,
      seccomp: filterOf(exec, target),
    });
    for (const warning of warnings) report.warning(warning);
    return { target, wanted, preserved, cgroup, steps, console: consoleFor(exec, wanted) };
  });
}

function filterOf({ native }: Exec, { record, directory }: Target): SeccompFilter | undefined {
  const { seccomp } = record;
  return seccomp === undefined ? undefined : { ...seccomp, program: readProgram(native, directory) };
}

function findTarget({ native, request }: Exec): Target {
  const found = findContainer(native, request.root, request.id);
  const { status, init } = observe(native, found.directory, found.record);
  if (status !== 'paused' || !request.ignorePaused) guard('exec', status, request.id);
  if (init === undefined) throw new Failure(stopped);
  return { ...found, status, init };
}

function loadProcess({ native, request }: Exec, { record }: Target): ExecProcess {
  const { processFile, changes, detach, consoleSocket } = request;
  const wanted =
    processFile === '' ? loadProcessTemplate(native, record.bundle, changes) : loadProcessFile(native, processFile);
  checkConsole({ terminal: wanted.process.terminal === true, detach, consoleSocket });
  refuseOnHost(probeHost(native), wanted);
  return wanted;
}

/** The other end of the terminal has to be there before anything is made. */
function consoleFor({ native, request }: Exec, { process, place }: ExecProcess): Console | undefined {
  const { detach, consoleSocket } = request;
  try {
    return openConsole(native, { terminal: process.terminal === true, detach, consoleSocket });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.message, place(error.pointer), { cause: error });
  }
}

/** Not where the container's user namespace was made without privileges. user_namespaces(7) */
function allowsGroups(native: Native, { namespaces, init }: ContainerRecord): boolean {
  if ((namespaces & NAMESPACES.user) === 0) return true;
  return native.readText(AT_FDCWD, `/proc/${init.pid}/setgroups`, 64).trim() !== 'deny';
}

function joinTarget({ native }: Exec, { record, init }: Target): Omit<JoinTarget, 'tasks'> {
  const { namespaces } = record;
  const setgroups = allowsGroups(native, record);
  if ((namespaces & NAMESPACES.mount) !== 0) return { process: init, namespaces, setgroups, root: undefined };
  const root = native.open(AT_FDCWD, `/proc/${record.init.pid}/root`, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  // as long as it lives, the pid is its own
  if (hasEnded(native, init, 0)) throw new Failure(stopped);
  return { process: init, namespaces, setgroups, root };
}

/** Does what fails when the container ends at this moment, and says so then. What the host refuses otherwise is told as it is. */
function meanwhile<T>({ native }: Exec, { record }: Target, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isNativeError(error) && !(error instanceof Failure)) throw error;
    if (hasStopped(native, record, error)) throw new Failure(stopped, '', { cause: error });
    if (!isNativeError(error)) throw error;
    if (error.code === 'ETIMEDOUT') throw late();
    const subject = error.path === '' ? error.syscall : `${error.syscall} ${error.path}`;
    throw new Failure(`${startPrefix}${subject}: ${setupWords(error.code)}`, '', { cause: error });
  }
}

/** ESRCH of setns(2): init is ending and has left its namespaces already, be it long before anybody reaps what was in them. */
function hasStopped(native: Native, { init }: ContainerRecord, error: unknown): boolean {
  return (isErrno(error, 'ESRCH') && error.syscall === 'setns') || openProcess(native, init) === undefined;
}

function late(): Failure {
  return new Failure(
    `${startPrefix}it was not executed within ${executeTimeout / 1000}s: something stopped it, or the container was paused`,
  );
}

/** Outside of the container's pid namespace, where nobody in it can see this process. It dies with the runtime. */
function spawn(exec: Exec, prepared: Prepared): InitProcess {
  const { native } = exec;
  const { target, cgroup } = prepared;
  return meanwhile(exec, target, () => {
    try {
      return spawnInto(exec, prepared, cgroup);
    } catch (error) {
      // EOPNOTSUPP: the container has made a threaded cgroup of it
      if (cgroup === -1 || !isErrno(error, 'EBUSY', 'EOPNOTSUPP')) throw error;
      const own = openCgroupOfInit(native, target.record.cgroup, target.record.init.pid);
      if (own === undefined) throw error;
      return spawnInto(exec, prepared, own);
    }
  });
}

function spawnInto({ native }: Exec, { target, preserved }: Prepared, cgroup: Fd | -1): InitProcess {
  const process = native.spawnInit({
    cloneFlags: 0,
    cgroup,
    pidNamespace: -1,
    joined: [],
    stdio: [0, 1, 2],
    preserved,
    // in a frozen v2 cgroup it does not even begin before the container is resumed
    timeout: target.status === 'paused' ? -1 : executeTimeout,
  });
  if (cgroup !== -1) native.close(cgroup);
  return process;
}

/** Before it has made another process: that is where it is. Its class may be gone when it was somebody else's. */
function joinResctrl({ native }: Exec, { target: { record } }: Prepared, { pid }: InitProcess): void {
  const { resctrl } = record;
  if (resctrl === undefined || native.stat(AT_FDCWD, resctrl.directory, 0) === undefined) return;
  joinGroup(native, resctrl, pid);
}

function sendPlan(exec: Exec, { target, steps }: Prepared, { socket }: InitProcess): void {
  const { native } = exec;
  const fds: Fd[] = [];
  meanwhile(exec, target, () => {
    const opened = openSteps(native, steps, target.directory, fds);
    try {
      native.sendPlan(socket, opened);
    } catch (error) {
      // it has ended already: how is told by who reads what it has said
      if (!isErrno(error, 'EPIPE', 'ECONNRESET')) throw error;
    }
  });
  for (const fd of fds) native.close(fd);
}

/**
 * Waits until the process was executed: init has said that it is about to, and its socket has closed. The last of the started
 * processes is the one that does; when it is born in between, it is added.
 */
function awaitExecute(exec: Exec, prepared: Prepared, socket: Fd, started: Started): void {
  const { native, report } = exec;
  const { target, steps } = prepared;
  let terminalDue = prepared.console !== undefined;
  let ready = false;
  let failure: InitFailure | undefined;
  let listener = '';
  const holders = 1 + Number(isFilteredAfterFork(steps));
  // for all messages together: one who goes on sending them is not waited for any longer
  let deadline = deadlineIn(native, executeTimeout);
  for (;;) {
    const message = meanwhile(exec, target, () => native.receive(socket, timeLeft(native, deadline)));
    if (message === undefined) {
      if (!mayWait(exec, target)) throw late();
      deadline = deadlineIn(native, executeTimeout);
      continue;
    }
    switch (message.type) {
      case 'warning':
        report.warning(message.text);
        break;
      case 'done':
        report.debug(stepLine(steps, message.step, message.nanoseconds));
        break;
      case 'request':
        if (message.what === terminalTaken) native.reply(socket, true);
        else if (listenerOf(message.what) !== undefined) listener = message.what;
        else started.processes.push(bornProcess(native, message.what, started));
        // who tells of the birth of the process that has the listener may be the slower one
        if (listener !== '' && started.processes.length === holders) {
          handOver(exec, target, socket, listener, started);
          listener = '';
        }
        break;
      case 'terminal':
        started.terminal = takeTerminal(exec, prepared, message.fd, terminalDue);
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
        if (failure !== undefined) throw explain(prepared, failure);
        if (!ready || terminalDue) throw explainSilence(exec, target, started.processes);
        native.close(socket);
        return;
    }
  }
}

/** The filter is that of the process alone, and not already of who prepares it. */
function isFilteredAfterFork(steps: readonly PlannedStep[]): boolean {
  const names = steps.map(({ run }) => run.step);
  const fork = names.indexOf('process_fork');
  return fork !== -1 && fork < names.indexOf('seccomp');
}

/** Once, and only what the container's own filter asks for. */
function handOver({ native }: Exec, { record }: Target, socket: Fd, what: string, started: Started): void {
  const { id, bundle, annotations, init, seccomp } = record;
  const { pid, pidfd } = started.processes.at(-1) as SpawnedProcess;
  const state = { id, status: 'running', pid: init.pid, bundle, annotations } as const;
  const agent = started.listening ? undefined : seccomp?.agent;
  handOverListener(native, listenerOf(what) ?? -1, { agent, pid, pidfd, state });
  started.listening = true;
  native.reply(socket, true);
}

/** One, and before there is anything that the container's root could make say so. */
function takeTerminal({ native }: Exec, { console }: Prepared, master: Fd, due: boolean): Terminal | undefined {
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

/** Whoever execs in a paused container waits until it is resumed. */
function mayWait({ native, request }: Exec, { record }: Target): boolean {
  return request.ignorePaused && isFrozen(native, record.cgroup);
}

type InitFailure = Extract<InitMessage, { type: 'failure' }>;

function explain({ wanted, steps }: Prepared, failure: InitFailure): Failure {
  if (failure.code === 'ESRCH' && failure.syscall === 'setns') return new Failure(stopped);
  const placed = steps.map((step) => ({ ...step, pointer: wanted.place(step.pointer) }));
  return explainFailure(failure, placed, '');
}

/** Killed by somebody in the container, by the memory limit, or with the container. */
function explainSilence({ native }: Exec, { record }: Target, started: readonly SpawnedProcess[]): Failure {
  const [exit] = [...started].reverse().map(({ pidfd }) => endChild(native, pidfd, endTimeout));
  if (openProcess(native, record.init) === undefined) return new Failure(stopped);
  const how = exit?.signal == null ? `exit status ${exit?.status}` : `signal: ${signalWord(exit.signal)}`;
  return new Failure(`${startPrefix}the process ended before it could be executed: ${how}`);
}

/** The process is there: its pidfd and its pid go to who asked for them. */
function announce({ native, request }: Exec, { pid, pidfd }: SpawnedProcess): void {
  if (request.pidfdSocket !== '') sendPidfd(native, request.pidfdSocket, 'setns', pidfd);
  if (request.pidFile !== '') writePidFile(native, request.pidFile, pid);
}
