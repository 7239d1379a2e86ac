import type { Hooks } from '../oci/types.ts';
import type { PlannedStep } from '../plan/plan.ts';

/** Where the work on a container says what is not its result; the log of the command line is one. */
export interface Report {
  readonly debugging: boolean;
  debug(message: string): void;
  warning(message: string): void;
  /** absent: nobody wants to know what takes how long */
  readonly tracer?: Tracer | undefined;
}

/** What --trace wants to know. Times are nanoseconds of {@link Native.monotonic}. */
export interface Tracer {
  /** the hooks that there are, so that a program which is run can be told to be one */
  hooks(hooks: Hooks): void;
  phase(name: string, start: bigint, end: bigint): void;
  /** of init */
  step(planned: PlannedStep, index: number, start: bigint, nanoseconds: number): void;
  /** the process runs, and what comes now is its own business */
  finish(): void;
}
