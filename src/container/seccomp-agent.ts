import type { Fd, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { writeContainerProcessState } from '../oci/container-process-state.ts';
import type { StateDocument } from '../oci/state.ts';
import type { SeccompAgent } from '../plan/plan.ts';
import { startPrefix } from './explain-failure.ts';

/**
 * How long a process under its filter may take for what init still does, in milliseconds: each of its calls can be one that the agent
 * is asked about, and an agent that never answers would hold everybody who waits for the container.
 */
export const agentTimeout = 30_000;

/** Who hands a listener over, and to whom. */
export interface Handover {
  readonly agent: SeccompAgent | undefined;
  /** the process under the filter */
  readonly pid: number;
  readonly pidfd: Fd;
  readonly state: StateDocument;
}

/** The listener's number among the fds of init, of a request 'seccomp:FD'; undefined for any other. */
export function listenerOf(request: string): Fd | undefined {
  const number = /^seccomp:(0|[1-9][0-9]{0,9})$/.exec(request)?.[1];
  return number === undefined ? undefined : Number(number);
}

/**
 * Gives the listener of a process to the agent: one connection, one message with the container process state and that one fd
 * (config-linux.md § Seccomp). The runtime keeps no copy: when the agent ends, so does every call that waits for it, with ENOSYS.
 */
export function handOverListener(native: Native, listener: Fd, { agent, pid, pidfd, state }: Handover): void {
  if (agent === undefined) throw new Failure('init has a seccomp listener that nobody asked for');
  const document = writeContainerProcessState({ fds: ['seccompFd'], pid, metadata: agent.metadata, state });
  const fd = explained('', () => native.pidfdGetfd(pidfd, listener));
  try {
    explained(agent.path, () => send(native, agent.path, document, fd));
  } finally {
    native.close(fd);
  }
}

function send(native: Native, path: string, document: string, fd: Fd): void {
  const socket = native.connect(path);
  try {
    native.sendFd(socket, document, fd);
  } finally {
    native.close(socket);
  }
}

function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const subject = path === '' ? 'seccomp listener' : `seccomp listenerPath ${path}`;
    const text = `${startPrefix}${subject}: ${error.syscall}: ${setupWords(error.code)}`;
    throw new Failure(text, '/linux/seccomp/listenerPath', { cause: error });
  }
}

/** The process is still not what it is to become. */
export function slowAgent(agent: SeccompAgent | undefined): Failure {
  const text = `${startPrefix}the seccomp agent at ${agent?.path} has left a system call unanswered for ${agentTimeout / 1000}s`;
  return new Failure(text, '/linux/seccomp/listenerPath');
}
