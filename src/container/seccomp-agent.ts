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

/** The listener's number among the fds of init, of a request 'seccomp:FD'; undefined for any other. */
export function listenerOf(request: string): Fd | undefined {
  const number = /^seccomp:(0|[1-9][0-9]{0,9})$/.exec(request)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** A listener, and the agent that is to have it. */
export interface Listener {
  readonly agent: SeccompAgent;
  readonly fd: Fd;
}

/** A copy of the listener of the process that asks to have it handed over. */
export function takeListener(native: Native, agent: SeccompAgent | undefined, pidfd: Fd, request: string): Listener {
  if (agent === undefined) throw new Failure('init has a seccomp listener that nobody asked for');
  return { agent, fd: explained('', () => native.pidfdGetfd(pidfd, listenerOf(request) ?? -1)) };
}

/**
 * Gives a listener to the agent: one connection, one message with the container process state and that one fd
 * (config-linux.md § Seccomp). `pid` is the process under the filter. The runtime keeps no copy: when the agent ends, so does every call that waits for it, with ENOSYS.
 */
export function giveListener(native: Native, { agent, fd }: Listener, pid: number, state: StateDocument): void {
  try {
    const document = writeContainerProcessState({ fds: ['seccompFd'], pid, metadata: agent.metadata, state });
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
