import type { Flags } from '../flag-names.ts';
import type { FdRecipe, PlannedStep } from '../plan.ts';

/**
 * One system call by which init changes something: its own attributes, a namespace, a mount, a file. What only looks (statx, openat2),
 * and what only moves fds and memory, is none.
 */
export interface Call {
  readonly name: string;
  /** name and value, in the order of the manual page; what no constant, number or text can say stands in <> */
  readonly args: readonly (readonly [name: string, value: string])[];
  /** what it depends on and the plan cannot know, since it looks at nothing in the root filesystem; absent: it is made */
  readonly when?: string;
  /** as often as there is something to do it for */
  readonly repeated?: true;
}

export type Run = PlannedStep['run'];
export type RunOf<S extends Run['step']> = Extract<Run, { readonly step: S }>;

/** What earlier steps leave behind for later ones; see addon/init/context.h. */
export interface Before {
  /** nobody in the container may ptrace init any more */
  undumpable: boolean;
  /** a filter that waits for `credentials` or for `execve` */
  filter: RunOf<'seccomp'> | undefined;
  umask: number;
  /** the root directory is the container's for now */
  entered: boolean;
  sysctls: boolean;
  ready: boolean;
  /** the fifo of `start` is there */
  fifo: boolean;
}

export type Calls<S extends Run['step']> = (run: RunOf<S>, before: Before) => readonly Call[];

/** Some steps, and what addon/init/steps/NAME.cc does for each. */
export type CallsOfSteps = { readonly [S in Run['step']]?: Calls<S> };

export function call(name: string, ...args: Call['args']): Call {
  return { name, args };
}

export function only(when: string, ...calls: readonly Call[]): Call[] {
  return calls.map((one) => ({ ...one, when: one.when ?? when }));
}

export function repeated(when: string, one: Call): Call {
  return { ...one, when, repeated: true };
}

export const text = (value: string): string => JSON.stringify(value);
export const octal = (value: number): string => (value === 0 ? '000' : `0${value.toString(8)}`);
export const nameOf = (names: Flags, value: number): string =>
  Object.entries(names).find(([, number]) => number === value)?.[0] ?? String(value);
export const leaf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export function pathOf(recipe: FdRecipe): string {
  return 'path' in recipe ? recipe.path : recipe.open;
}

/** A file of procfs or cgroupfs, by its path. */
export function write(file: string, value: string): Call {
  return call('write', ['fd', `<${file}>`], ['buf', text(value)]);
}

export const none: readonly Call[] = [];
