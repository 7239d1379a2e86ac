import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { POLLERR } from '../native/poll-events.ts';
import { weakened } from '../native/weakened.ts';
import { closeDirectory } from '../state/directory.ts';
import { openWriteEnd, removeExecFifo } from '../state/exec-fifo.ts';
import type { ContainerRecord } from '../state/record.ts';
import { signalProcess } from './end-process.ts';
import { type Found, lockContainer } from './find.ts';
import { runHooks } from './hooks.ts';
import { awaitReady, openNotify } from './notify.ts';
import { phases } from './phases.ts';
import type { Report } from './report.ts';
import { SIGKILL } from './signals.ts';
import { guard, observe } from './status.ts';

const consumed =
  'exec fifo is empty: container init did not signal execve readiness (process died before writing, or fifo already consumed)';

/** Lets a created container run. runtime.md § Lifecycle, steps 7 to 9. Throws a Failure with the contract's text when it cannot. */
export function startContainer(native: Native, root: string, id: string, report: Report): void {
  const phase = phases(native, report);
  const found = phase('find', () => lockContainer(native, root, id));
  const { directory, record } = found;
  const { status, init } = observe(native, directory, record);
  WEAKENED: if (weakened('S61') && status !== 'created') return;
  guard('start', status, id);
  // before it runs: it may be ready at once
  const notify = openNotify(native, directory, report);
  const fifo = phase('let go', () => signalStart(native, found));
  if (record.poststart.length > 0) phase('execve', () => awaitExecve(native, fifo));
  native.close(fifo);
  // unlocked before hooks run: they may call the runtime for this very container
  closeDirectory(native, directory);
  report.tracer?.hooks({ poststart: record.poststart });
  phase('poststart hooks', () => runPoststartHooks(native, record, init as Fd));
  if (notify !== undefined) awaitReady(native, notify, init as Fd, record.init.pid, report);
}

/** One byte into the exec fifo. The fifo goes after it: a start that is killed between the two can be repeated. */
function signalStart(native: Native, { directory, record }: Found): Fd {
  const fifo = openWriteEnd(native, directory);
  if (fifo === undefined) throw notWaiting(native, { directory, record });
  try {
    native.write(fifo, '\0');
  } catch (error) {
    throw isErrno(error, 'EPIPE') ? new Failure(consumed) : error;
  }
  removeExecFifo(native, directory);
  return fifo;
}

/** Nobody reads the fifo: init has just died, or a start was killed before it could remove the fifo, which is done now. */
function notWaiting(native: Native, { directory, record }: Found): Failure {
  const { init } = observe(native, directory, record);
  if (init === undefined) return new Failure(consumed);
  removeExecFifo(native, directory);
  return new Failure('cannot start an already running container');
}

/** init's end of the fifo closes when it executes the container's command, or ends. */
function awaitExecve(native: Native, fifo: Fd): void {
  while (((native.poll([{ fd: fifo, events: 0 }], -1)[0] ?? 0) & POLLERR) === 0);
}

/** runtime.md § Lifecycle, step 9: when one fails, the container is stopped and the start is an error. */
export function runPoststartHooks(native: Native, record: ContainerRecord, init: Fd): void {
  try {
    runHooks(native, 'poststart', record.poststart, { ...record, status: 'running', pid: record.init.pid });
  } catch (error) {
    signalProcess(native, init, SIGKILL);
    throw error;
  }
}
