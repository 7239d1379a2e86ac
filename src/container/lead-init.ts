import { advised } from '../bundle/advised.ts';
import type { Fd, InitProcess } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import type { StateDocument } from '../oci/state.ts';
import type { PlannedStep } from '../plan/plan.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import type { ContainerRecord, ProcessIdentity } from '../state/record.ts';
import { publishRecord, stageRecord } from '../state/store.ts';
import { passTerminal, type Terminal } from './console.ts';
import type { Creation } from './creation.ts';
import { endChild, endTimeout, hasEnded } from './end-process.ts';
import { explainEnd, explainFailure, type InitFailure, startPrefix } from './explain-failure.ts';
import { answerInit, awaitClose, type Done } from './handshake.ts';
import { type RuntimeHook, runHooks } from './hooks.ts';
import { moveNetDevices } from './net-devices.ts';
import { writePidFile } from './pid-file.ts';
import { sendPidfd } from './pidfd-socket.ts';
import type { Prepared } from './prepare.ts';
import { recordOf } from './remains.ts';
import type { Report } from './report.ts';
import { agentTimeout, giveListener, slowAgent, takeListener } from './seccomp-agent.ts';
import { SIGSYS, signalWord } from './signals.ts';

/** The container that init is ready for. */
export interface Led {
  readonly record: ContainerRecord;
  readonly terminal: Terminal | undefined;
}

/**
 * Answers init until it is ready. Then the container exists: its record is saved, and the pid file is written. `wasOomKilled` is
 * asked when init ends without a word.
 */
export function leadInit(
  creation: Creation,
  directory: ContainerDirectory,
  process: InitProcess,
  init: ProcessIdentity,
  wasOomKilled: () => boolean,
): Led {
  const { pidfd, socket } = process;
  const { native, request, prepared, report } = creation;
  const { steps } = prepared.plan;
  const record = recordOf(native, request, prepared, init);
  // here and not when init is ready: it works on another CPU meanwhile
  stageRecord(native, directory, record);
  let terminal: Terminal | undefined;
  // there is no limit before: a hook without one may take any time, and a dead init is an EOF
  let patience = -1;
  answerInit(native, socket, steps, {
    answer: {
      hooks: () => runCreateHooks(creation, init),
      seccomp: (what) => {
        if (request.filter === undefined) handOver(creation, init, pidfd, what);
        patience = agentTimeout;
      },
      ready: () => {
        publishRecord(native, directory);
        if (request.pidfdSocket !== '') sendPidfd(native, request.pidfdSocket, 'standard', pidfd);
        if (request.pidFile !== '') writePidFile(native, request.pidFile, init.pid);
      },
    },
    terminal: (master) => {
      terminal = takeTerminal(creation, master);
    },
    network: (netlink) => moveNetDevices(creation, process, netlink),
    warning: (text) => report.warning(text),
    done: (message) => tellStep(report, steps, message),
    explain: (message) =>
      message.type === 'failure' ? explained(creation, message) : explainSilence(creation, pidfd, wasOomKilled),
    patience: () => patience,
    late: () => slowAgent(prepared.seccomp?.agent),
  });
  return { record, terminal };
}

function explained({ native, prepared }: Creation, message: InitFailure): Failure {
  const { steps } = prepared.plan;
  const run = steps[message.step]?.run;
  const failure = explainFailure(message, steps);
  if (run === undefined) return failure;
  const type = 'type' in run ? String(run.type) : '';
  return advised(native, failure, ({ stepAdvice }) =>
    stepAdvice(native, { step: run.step, type, code: message.code }, prepared.bundle),
  );
}

function takeTerminal({ native, prepared, undo }: Creation, master: Fd): Terminal | undefined {
  if (prepared.console === undefined) throw new Failure('plan has a terminal that goes nowhere');
  const terminal = passTerminal(native, prepared.console, master);
  if (terminal !== undefined) undo.add('close terminal', () => native.close(terminal.master));
  return terminal;
}

/** "step 17 bind (/mounts/3): 0.012 ms" */
export function tellStep(report: Report, steps: readonly PlannedStep[], { step, start, nanoseconds }: Done): void {
  const planned = steps[step];
  const place = planned === undefined || planned.pointer === '' ? '' : ` (${planned.pointer})`;
  report.debug(`step ${step} ${planned?.run.step ?? ''}${place}: ${(nanoseconds / 1e6).toFixed(3)} ms`);
  if (planned !== undefined) report.tracer?.step(planned, step, start, nanoseconds);
}

function handOver({ native, request, prepared }: Creation, { pid }: ProcessIdentity, pidfd: Fd, what: string): void {
  const listener = takeListener(native, prepared.seccomp?.agent, pidfd, what);
  giveListener(native, listener, pid, creatingState(request.id, prepared, pid));
}

function creatingState(id: string, { bundle: { path, config } }: Prepared, pid: number): StateDocument {
  const { annotations } = config;
  return { id, status: 'creating', pid, bundle: path, ...(annotations === undefined ? {} : { annotations }) };
}

function runCreateHooks({ native, request, prepared }: Creation, { pid }: ProcessIdentity): void {
  const { hooks } = prepared.bundle.config;
  const run = (kind: RuntimeHook & keyof NonNullable<typeof hooks>) =>
    runHooks(native, kind, hooks?.[kind], creatingState(request.id, prepared, pid));
  try {
    run('prestart');
    run('createRuntime');
  } catch (error) {
    throw error instanceof Failure ? new Failure(startPrefix + error.message) : error;
  }
}

/** The cgroup is asked first: systemd removes it when init has left it, a moment after the end of the socket. */
function explainSilence({ native, prepared }: Creation, pidfd: Fd, wasOomKilled: () => boolean): Failure {
  const oomKilled = wasOomKilled();
  const exit = endChild(native, pidfd, endTimeout);
  const how = exit?.signal == null ? `exit status ${exit?.status}` : `signal: ${signalWord(exit.signal)}`;
  const failure = explainEnd(how, exit?.signal === 9 && oomKilled);
  return exit?.signal === SIGSYS ? advised(native, failure, killedBy(prepared)) : failure;
}

/** For a process that SIGSYS ended. */
function killedBy({ bundle: { config } }: Prepared): Parameters<typeof advised>[2] {
  const { seccomp } = config.linux ?? {};
  return ({ killedAdvice }) => (seccomp === undefined ? '' : killedAdvice(seccomp));
}

/** Waits until init no longer dies with the runtime, unless the runtime stays anyway. */
export function releaseInit({ native, request, prepared }: Creation, { socket, pidfd }: InitProcess): void {
  const poststart = prepared.bundle.config.hooks?.poststart ?? [];
  if (request.detach || poststart.length > 0) awaitClose(native, socket);
  native.close(socket);
  if (request.start === 'fifo' && hasEnded(native, pidfd, 0)) throw explainEnd('killed', false);
}
