/**
 * The library: containers from a program in Node.js.
 *
 * {@link Runtime} is where to begin. docs/examples has three programs.
 *
 * @module noci
 */
export type { Problem } from '../bundle/problem.ts';
export type { Examination, Finding } from '../doctor/examine.ts';
export type * from '../oci/types.ts';
export type { Explanation } from '../plan/explanation.ts';
export type { ContainerPlan, FdRecipe, PlannedStep } from '../plan/plan.ts';
export { Container, type DeleteOptions, type EventOptions } from './container.ts';
export type { CreateOptions } from './creation.ts';
export type { ContainerDescription, ContainerEvent, ContainerStats } from './documents.ts';
export type { ExitStatus } from './exit-status.ts';
export { ContainerProcess, type ExecOptions, type Output } from './process.ts';
export { type DoctorOptions, type PlanOptions, Runtime, type RuntimeOptions } from './runtime.ts';
export { RuntimeError, type RuntimeErrorDetails } from './runtime-error.ts';
export type { Signal } from './signals.ts';
export type { Stdio, StdioOption } from './stream-ends.ts';
export { Terminal, type TerminalSize } from './terminal.ts';
export type { Cancellable } from './verb.ts';
