import { isFrozen } from '../cgroup/freezer.ts';
import type { Fd, Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import { hasExecFifo } from '../state/exec-fifo.ts';
import type { ContainerRecord } from '../state/record.ts';
import { openProcess } from './process-identity.ts';

/** runtime.md § State; `paused` is an extension that all runtimes have. `creating` is never seen: it has no state.json yet. */
export type Status = 'created' | 'running' | 'paused' | 'stopped';

/** The verbs that not every status allows. */
export type GuardedVerb = 'start' | 'kill' | 'delete' | 'pause' | 'resume' | 'events' | 'update' | 'exec';

/** Why a verb is refused in a status, in runc's words; no entry: it is allowed. */
const refusals: { readonly [verb in GuardedVerb]: { readonly [status in Status]?: (id: string) => string } } = {
  start: {
    running: () => 'cannot start an already running container',
    paused: () => 'cannot start a container in the paused state',
    stopped: () => 'cannot start a container that has stopped',
  },
  kill: {
    stopped: () => 'container not running',
  },
  delete: {
    running: (id) => `cannot delete container ${id} that is not stopped: running`,
    paused: (id) => `cannot delete container ${id} that is not stopped: paused`,
  },
  pause: {
    paused: () => 'container not running',
    stopped: () => 'container not running',
  },
  resume: {
    created: () => 'container not paused',
    running: () => 'container not paused',
    stopped: () => 'container not paused',
  },
  events: {
    stopped: (id) => `container with id ${id} is not running`,
  },
  update: {
    stopped: () => 'container not running',
  },
  exec: {
    paused: () => 'cannot exec in a paused container (use --ignore-paused to override)',
    stopped: () => 'cannot exec in a stopped container',
  },
};

/** Throws a Failure with the contract's text when a container in `status` does not take `verb`. */
export function guard(verb: GuardedVerb, status: Status, id: string): void {
  const refusal = refusals[verb][status];
  if (refusal !== undefined) throw new Failure(refusal(id), '', { code: 'STATUS' });
}

/** Whether a container in `status` takes `verb`. */
export function isAllowed(verb: GuardedVerb, status: Status): boolean {
  return refusals[verb][status] === undefined;
}

/** What can be seen of a container now. `init` is its pidfd as long as it lives; the caller closes it. */
export interface Observation {
  readonly status: Status;
  readonly init: Fd | undefined;
}

/**
 * Status is observed, never saved: a frozen cgroup is paused; an init that is gone is stopped; an exec fifo means created.
 */
export function observe(native: Native, directory: ContainerDirectory, record: ContainerRecord): Observation {
  const init = openProcess(native, record.init);
  return { status: statusOf(native, directory, record, init !== undefined), init };
}

function statusOf(native: Native, directory: ContainerDirectory, record: ContainerRecord, alive: boolean): Status {
  if (isFrozen(native, record.cgroup)) return 'paused';
  if (!alive) return 'stopped';
  return hasExecFifo(native, directory) ? 'created' : 'running';
}

/** The status alone. */
export function currentStatus(native: Native, directory: ContainerDirectory, record: ContainerRecord): Status {
  const { status, init } = observe(native, directory, record);
  if (init !== undefined) native.close(init);
  return status;
}
