import type { Fd } from '../native/contract.ts';
import { NAMESPACES } from './namespaces.ts';
import type { FdRecipe, PlannedStep } from './plan.ts';
import type { PlanInput } from './planner.ts';
import { planned } from './planner.ts';

/** The container that a process of `exec` becomes part of. */
export interface JoinTarget {
  /** pidfd of its init */
  readonly process: Fd;
  /** CLONE_NEW* of the namespaces that it does not share with the runtime */
  readonly namespaces: number;
  /** setgroups(2) is allowed in its user namespace */
  readonly setgroups: boolean;
  /** O_PATH of its root directory; undefined: that comes with its mount namespace */
  readonly root: Fd | undefined;
  /** files of its cgroups that a process joins by writing 0 to them */
  readonly tasks: readonly FdRecipe[];
}

/** What planners for `exec` may read. */
export interface ExecInput extends PlanInput {
  readonly join: JoinTarget;
}

/** As {@link Planner}, for what only `exec` does. */
export type ExecPlanner = (input: ExecInput) => readonly PlannedStep[];

/** The cgroups that init was not born in. */
export const enterCgroups: ExecPlanner = ({ join: { tasks } }) =>
  tasks.length === 0 ? [] : [planned({ step: 'cgroup_join', tasks })];

/** A container without a mount namespace has only its root directory. */
export const enterRootDirectory: ExecPlanner = ({ join: { root } }) =>
  root === undefined
    ? []
    : [planned({ step: 'root_open', directory: { open: 'held', fd: root } }), planned({ step: 'chroot' })];

/**
 * All namespaces at once, by the pidfd of a process that was verified: no path is used, none that the container could have
 * put something over least of all (CVE-2015-1334 class). Of the pid namespace it is only the children that will be in it.
 */
export const joinContainer: ExecPlanner = ({ join: { process, namespaces } }) => {
  const namespace = { open: 'held', fd: process } as const;
  return namespaces === 0 ? [] : [planned({ step: 'setns', namespace, type: namespaces, path: 'of the container' })];
};

/** The process itself, which appears in the container only now. One that shares the runtime's pid namespace is there already. */
export const forkProcess: ExecPlanner = ({ join: { namespaces } }) =>
  (namespaces & NAMESPACES.pid) === 0 ? [] : [planned({ step: 'process_fork' })];
