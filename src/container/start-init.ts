import { advised } from '../bundle/advised.ts';
import { unifiedDirectory } from '../cgroup/directory.ts';
import type { Fd, InitProcess, InitStep, Native, NativeError } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../native/open-flags.ts';
import { NAMESPACES, type NamespaceEntry } from '../plan/namespaces.ts';
import type { ContainerPlan } from '../plan/plan.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import { makeExecFifo } from '../state/exec-fifo.ts';
import { makeNotifyDirectory } from '../state/notify.ts';
import type { Intent, ProcessIdentity } from '../state/record.ts';
import { saveIntent } from '../state/store.ts';
import type { Creation } from './creation.ts';
import { endChild, endTimeout } from './end-process.ts';
import { explainEnd, startPrefix } from './explain-failure.ts';
import { runPoststopHooks } from './hooks.ts';
import { idmapNamespaces } from './idmap.ts';
import { openRecipe, openSteps } from './open.ts';
import { identify } from './process-identity.ts';
import { sendSteps } from './send-steps.ts';
import { userNamespaceRefusal } from './user-namespace-refusal.ts';

/** clone(2) */
const CLONE_NEWPID = 0x20000000;

/** The steps as init gets them, and every fd that was opened for them. */
export interface Opened {
  readonly steps: readonly InitStep[];
  readonly fds: readonly Fd[];
}

/** Opens what the plan's steps need, and makes what two of them are about: the fifo, the directory of the notify socket. */
export function openPlan(
  { native, request, prepared }: Creation,
  directory: ContainerDirectory,
  { pid }: InitProcess,
): Opened {
  if (request.start === 'fifo') makeExecFifo(native, directory);
  if (prepared.notify) makeNotifyDirectory(native, directory);
  const fds: Fd[] = [];
  const namespaces = idmapNamespaces(native, pid);
  try {
    return { steps: openSteps(native, prepared.plan.steps, directory, fds, namespaces.open), fds };
  } finally {
    namespaces.close();
  }
}

/** The process is there and waits: it holds nothing yet, and dies with the runtime until it is released. */
export function spawnInit(creation: Creation, directory: ContainerDirectory): InitProcess {
  const { native, prepared, undo } = creation;
  const { plan, preserved } = prepared;
  const cgroup = openUnifiedCgroup(creation);
  const pidNamespace = openPidNamespace(creation, directory);
  const { cloneFlags } = plan;
  const joined = plan.joined.map(({ type, path, pointer }) =>
    openRecipe(native, { open: 'namespace', path, type: NAMESPACES[type] }, directory, pointer),
  );
  const stdio = [0, 1, 2] as const;
  const init = explained(native, plan, cgroup !== -1, () =>
    native.spawnInit({
      cloneFlags,
      cgroup,
      pidNamespace,
      joined,
      joinedTypes: plan.joined.map(({ type }) => NAMESPACES[type]),
      stdio,
      preserved: preserved.fds,
      timeout: -1,
    }),
  );
  undo.add('end init', () => endChild(native, init.pidfd, endTimeout));
  for (const fd of [cgroup, pidNamespace, ...joined]) if (fd !== -1) native.close(fd);
  return init;
}

/**
 * What can be wrong with the config here is the namespace to start in, or the limit of the cgroup to be born in: until the execve the
 * memory is shared with the runtime, which is not in the cgroup, so there is nobody to kill. The rest is the host's.
 */
function explained<T>(native: Native, plan: ContainerPlan, inCgroup: boolean, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isNativeError(error)) throw error;
    if (inCgroup && error.syscall === 'execveat' && error.code === 'ENOMEM') throw explainEnd('', true);
    const joining = error.syscall === 'setns' ? namespaceOf(plan, error.path) : undefined;
    const subject = joining === undefined ? error.syscall : `join namespace ${joining.path}: setns`;
    const cause = newUserNamespaceRefusal(native, plan, error) ?? setupWords(error.code);
    const failure = new Failure(`${startPrefix}${subject}: ${cause}`, joining?.pointer ?? '', { cause: error });
    throw error.syscall === 'clone3' && (plan.cloneFlags & NAMESPACES.user) === 0
      ? advised(native, failure, ({ cloneAdvice }) => cloneAdvice(native, error.code, plan.cloneFlags))
      : failure;
  }
}

/** `index` of one of those that init is born in, '' for the pid namespace alone. */
function namespaceOf(
  { joined, pidNamespace }: ContainerPlan,
  index: string,
): Pick<NamespaceEntry, 'path' | 'pointer'> | undefined {
  if (index !== '') return joined[Number(index)];
  return pidNamespace === undefined ? undefined : { path: pidNamespace, pointer: '/linux/namespaces' };
}

function newUserNamespaceRefusal(
  native: Native,
  { cloneFlags }: ContainerPlan,
  { syscall, code }: NativeError,
): string | undefined {
  return syscall === 'clone3' && (cloneFlags & NAMESPACES.user) !== 0 ? userNamespaceRefusal(native, code) : undefined;
}

/** The v2 cgroup that init is born in; those of v1 it joins itself. systemd makes none without a process, and moves init there. */
function openUnifiedCgroup({ native, prepared }: Creation): Fd | -1 {
  const { directories, systemd } = prepared.plan.cgroup;
  const unified = unifiedDirectory(directories);
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
  sendSteps(native, socket, steps);
  for (const fd of fds) native.close(fd);
}
