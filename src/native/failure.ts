import type { NativeError } from './contract.ts';

/** What programs tell apart that no errno names: no such container, one of that id is there, not in its status, a config that is refused. */
export type FailureCode = 'NOT_FOUND' | 'EXISTS' | 'STATUS' | 'INVALID';

/** What of init went wrong: a step by its name, and what the kernel said. */
export interface StepError {
  readonly step: string;
  readonly syscall: string;
  readonly errno: number;
  readonly code: string;
  readonly path: string;
}

/** What a {@link Failure} knows beside its text. */
export interface FailureOptions extends ErrorOptions {
  readonly document?: string;
  readonly code?: FailureCode;
  readonly origin?: StepError;
}

/**
 * The one error that noci throws on purpose: a sentence for the user, told once, at the top.
 * `message` is the text of the contract (what callers match on) first; `pointer` is the place in `document`, '' if none.
 */
export class Failure extends Error {
  readonly pointer: string;
  /** config.json, or the file of a process */
  readonly document: string;
  readonly code: FailureCode | undefined;
  readonly origin: StepError | undefined;
  constructor(message: string, pointer = '', options?: FailureOptions) {
    super(message, options);
    this.name = 'Failure';
    this.pointer = pointer;
    this.document = options?.document ?? 'config.json';
    this.code = options?.code;
    this.origin = options?.origin;
  }

  /** A module that is loaded only when asked for (native.cold) has this class once more; what it throws is a Failure to all. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this, and means itself
    const asked = this as unknown;
    if (asked === Failure) return value instanceof Error && value.name === 'Failure';
    return Function.prototype[Symbol.hasInstance].call(asked, value);
  }
}

/** True for what a native function throws. */
export function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && typeof (error as Partial<NativeError>).syscall === 'string';
}

/** True when a native function failed with one of the given errno names, e.g. `isErrno(e, 'ENOENT')`. */
export function isErrno(error: unknown, ...codes: readonly string[]): error is NativeError {
  return isNativeError(error) && codes.includes(error.code);
}

/** "open /x: no such file or directory": operation, subject, cause in lower-case words (callers match on these, never on ENOENT). */
export function describeNativeError(error: NativeError): string {
  return error.path === '' ? `${error.syscall}: ${error.message}` : `${error.syscall} ${error.path}: ${error.message}`;
}
