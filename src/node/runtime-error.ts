/** What {@link RuntimeError} knows beside its text. */
export interface RuntimeErrorDetails {
  readonly verb: string;
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
  readonly syscall?: string | undefined;
  readonly path?: string | undefined;
  readonly step?: string | undefined;
  readonly pointer?: string | undefined;
  readonly document?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error of the library: what the runtime could not do, and why. The text is that which `noci` writes, and callers of runc
 * match on.
 *
 * An operation that was given up by an AbortSignal is rejected with the signal's reason instead, as everywhere in Node.js.
 */
export class RuntimeError extends Error {
  /** what was asked for: `create`, `exec`, `plan`, … */
  readonly verb: string;
  /**
   * `NOT_FOUND` (there is no such container), `EXISTS` (there is one of this id), `STATUS` (not in its present status), `INVALID` (the
   * config is refused), or else the kernel's errno by name, e.g. `EPERM`; undefined when there is none of all these
   */
  readonly code: string | undefined;
  /** the kernel's errno, a positive number */
  readonly errno: number | undefined;
  /** the system call that failed, e.g. `openat2` */
  readonly syscall: string | undefined;
  /** what it was about */
  readonly path: string | undefined;
  /** the step of the container's init that failed, by its name in the plan, e.g. `mount` */
  readonly step: string | undefined;
  /** the place in {@link document}: a JSON pointer (RFC 6901), undefined for none */
  readonly pointer: string | undefined;
  /** what {@link pointer} points into: `config.json` */
  readonly document: string | undefined;
  constructor(message: string, details: RuntimeErrorDetails) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'RuntimeError';
    this.verb = details.verb;
    this.code = details.code;
    this.errno = details.errno;
    this.syscall = details.syscall;
    this.path = details.path;
    this.step = details.step;
    this.pointer = details.pointer;
    this.document = details.document;
  }
}
