import type { Fd, InitProcess, InitStep } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../native/open-flags.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import { makeExecFifo } from '../state/exec-fifo.ts';
import { makeNotifyDirectory } from '../state/notify.ts';
import type { Intent, ProcessIdentity } from '../state/record.ts';
import { saveIntent } from '../state/store.ts';
import type { Creation } from './creation.ts';
import { endChild, endTimeout } from './end-process.ts';
import { explainEnd, startPrefix } from './explain-failure.ts';
import { runPoststopHooks } from './hooks.ts';
import { openRecipe, openSteps } from './open.ts';
import { identify } from './process-identity.ts';

/** clone(2) */
const CLONE_NEWPID = 0x20000000;

/** The steps as init gets them, and every fd that was opened for them. */
export interface Opened {
  readonly steps: readonly InitStep[];
  readonly fds: readonly Fd[];
}

/** Opens what the plan's steps need, and makes what two of them are about: the fifo, the directory of the notify socket. */
export function openPlan({ native, request, prepared }: Creation, directory: ContainerDirectory): Opened {
  if (request.start === 'fifo') makeExecFifo(native, directory);
  if (prepared.notify) makeNotifyDirectory(native, directory);
  const fds: Fd[] = [];
  return { steps: openSteps(native, prepared.plan.steps, directory, fds), fds };
}

/** The process is there and waits: it holds nothing yet, and dies with the runtime until it is released. */
export function spawnInit(creation: Creation, directory: ContainerDirectory): InitProcess {
  const { native, prepared, undo } = creation;
  const { plan, preserved } = prepared;
  const cgroup = openUnifiedCgroup(creation);
  const pidNamespace = openPidNamespace(creation, directory);
  const { cloneFlags } = plan;
  const init = explained(plan.pidNamespace, cgroup !== -1, () =>
    native.spawnInit({ cloneFlags, cgroup, pidNamespace, stdio: [0, 1, 2], preserved: preserved.fds, timeout: -1 }),
  );
  undo.add('end init', () => endChild(native, init.pidfd, endTimeout));
  for (const fd of [cgroup, pidNamespace]) if (fd !== -1) native.close(fd);
  return init;
}

/**
 * What can be wrong with the config here is the namespace to start in, or the limit of the cgroup to be born in: until the execve the
 * memory is shared with the runtime, which is not in the cgroup, so there is nobody to kill. The rest is the host's.
 */
function explained<T>(pidNamespace: string | undefined, inCgroup: boolean, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isNativeError(error)) throw error;
    if (inCgroup && error.syscall === 'execveat' && error.code === 'ENOMEM') throw explainEnd('', true);
    const joining = error.syscall === 'setns' && pidNamespace !== undefined;
    const subject = joining ? `join namespace ${pidNamespace}: setns` : error.syscall;
    const pointer = joining ? '/linux/namespaces' : '';
    throw new Failure(`${startPrefix}${subject}: ${setupWords(error.code)}`, pointer, { cause: error });
  }
}

/** The v2 cgroup that init is born in; those of v1 it joins itself. systemd makes none without a process, and moves init there. */
function openUnifiedCgroup({ native, prepared }: Creation): Fd | -1 {
  const { directories, systemd } = prepared.plan.cgroup;
  const unified = directories.find(({ version }) => version === 2);
  if (unified === undefined || systemd !== undefined) return -1;
  return native.open(AT_FDCWD, unified.path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

function openPidNamespace({ native, prepared }: Creation, directory: ContainerDirectory): Fd | -1 {
  const path = prepared.plan.pidNamespace;
  if (path === undefined) return -1;
  return openRecipe(native, { open: 'namespace', path, type: CLONE_NEWPID }, directory, '/linux/namespaces');
}

/** From here the poststop hooks are due whatever happens: the others may be about to run. runtime.md § Lifecycle, step 6 */
export function recordInit(
  creation: Creation,
  directory: ContainerDirectory,
  intent: Intent,
  { pid }: InitProcess,
): ProcessIdentity {
  const { native, report, undo } = creation;
  const init = identify(native, pid);
  saveIntent(native, directory, { ...intent, init });
  undo.addLast('poststop hooks', () => runPoststopHooks(native, intent, report));
  return init;
}

/** Hands the plan over; from here init works. */
export function sendPlan({ native }: Creation, { socket }: InitProcess, { steps, fds }: Opened): void {
  native.sendPlan(socket, steps);
  for (const fd of fds) native.close(fd);
}
