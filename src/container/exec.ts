import { type ExecProcess, loadProcessFile, loadProcessTemplate, refuseOnHost } from '../bundle/exec-process.ts';
import { probeHost } from '../host/facts.ts';
import type { Exit, Fd, InitProcess, Native, SpawnedProcess } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { planExec } from '../plan/exec-plan.ts';
import type { JoinTarget } from '../plan/join.ts';
import type { SeccompFilter } from '../plan/plan.ts';
import { withDefaults } from '../plan/process-defaults.ts';
import { joinGroup } from '../resctrl/group.ts';
import { readProgram } from '../state/seccomp.ts';
import { type Attended, attend } from './attend.ts';
import { type Console, checkConsole, closeConsole, openConsole } from './console.ts';
import { endChild, endTimeout } from './end-process.ts';
import { openCgroupOfInit, openEntrance } from './exec-cgroup.ts';
import type { ExecRequest } from './exec-request.ts';
import { executeTimeout, findTarget, joinTarget, meanwhile, type Target } from './exec-target.ts';
import { holdWarnings } from './held-warnings.ts';
import { awaitExecute, type Due, type Started } from './lead-exec.ts';
import { openSteps } from './open.ts';
import { type Phase, phases } from './phases.ts';
import { writePidFile } from './pid-file.ts';
import { sendPidfd } from './pidfd-socket.ts';
import { execPreservedFds } from './preserved-fds.ts';
import type { Report } from './report.ts';
import { sendSteps } from './send-steps.ts';

/** What every part of an exec is given. */
interface Exec {
  readonly native: Native;
  readonly request: ExecRequest;
  readonly report: Report;
  readonly phase: Phase;
}

/** Everything that is known before anything is made. */
interface Prepared extends Due {
  readonly preserved: readonly Fd[];
  readonly cgroup: Fd | -1;
}

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
  report.tracer?.finish();
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
  const started: Started = { processes: [], terminal: undefined, listener: undefined, listening: false };
  try {
    return lead(exec, prepared, started);
  } catch (error) {
    for (const { pidfd } of started.processes) endChild(native, pidfd, endTimeout);
    if (started.terminal !== undefined) native.close(started.terminal.master);
    if (started.listener !== undefined) native.close(started.listener.fd);
    throw error;
  } finally {
    closeConsole(native, prepared.console);
  }
}

function lead(exec: Exec, prepared: Prepared, started: Started): Attended {
  const { native, report, phase } = exec;
  const init = phase('spawn init', () => spawn(exec, prepared));
  started.processes.push(init);
  joinResctrl(exec, prepared, init);
  phase('send plan', () => sendPlan(exec, prepared, init));
  phase('execute', () => awaitExecute(native, init.socket, prepared, started, report));
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
  const target = phase('find', () => findTarget(native, request));
  const wanted = phase('load process', () => loadProcess(exec, target));
  return phase('plan', () => {
    const { record } = target;
    const process = withDefaults(wanted.process, record.process);
    const late = (process.execCPUAffinity?.initial ?? '') !== '';
    const { cgroup, tasks } = meanwhile(native, target, () =>
      openEntrance(native, record.cgroup, request.subCgroups, late),
    );
    const join: JoinTarget = { ...joinTarget(native, target), tasks };
    const { steps, warnings } = planExec(process, record.process, join, probeHost(native), {
      id: record.id,
      noNewKeyring: record.noNewKeyring,
      trace: report.debugging || report.tracer !== undefined,
      seccomp: filterOf(exec, target),
    });
    for (const warning of warnings) report.warning(warning);
    return { request, target, wanted, preserved, cgroup, steps, console: consoleFor(exec, wanted) };
  });
}

function filterOf({ native }: Exec, { record, directory }: Target): SeccompFilter | undefined {
  const { seccomp } = record;
  return seccomp === undefined ? undefined : { ...seccomp, program: readProgram(native, directory) };
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

/** Outside of the container's pid namespace, where nobody in it can see this process. It dies with the runtime. */
function spawn(exec: Exec, prepared: Prepared): InitProcess {
  const { native } = exec;
  const { target, cgroup } = prepared;
  return meanwhile(native, target, () => {
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
    joinedTypes: [],
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
  meanwhile(native, target, () => {
    const opened = openSteps(native, steps, target.directory, fds);
    sendSteps(native, socket, opened);
  });
  for (const fd of fds) native.close(fd);
}

/** The process is there: its pidfd and its pid go to who asked for them. */
function announce({ native, request }: Exec, { pid, pidfd }: SpawnedProcess): void {
  if (request.pidfdSocket !== '') sendPidfd(native, request.pidfdSocket, 'setns', pidfd);
  if (request.pidFile !== '') writePidFile(native, request.pidFile, pid);
}
