import { describeNativeError, Failure, isNativeError } from '../native/failure.ts';
import type { Field } from './record.ts';

/** QuickJS had no memory for the message of an error, or for the error. */
function isOfMemory(error: unknown): boolean {
  return error === null || (error instanceof Error && error.message === 'Invalid error message');
}

/** The sentence for the user; for a Failure with a place in a document, that place too. */
export function failureText(error: unknown): string {
  if (error instanceof Failure)
    return error.pointer === '' ? error.message : `${error.message} (${error.document}: ${error.pointer})`;
  if (isNativeError(error)) return describeNativeError(error);
  if (isOfMemory(error)) return 'internal error: out of memory';
  if (error instanceof Error) return `internal error: ${error.name}: ${error.message}`;
  return `internal error: ${String(error)}`;
}

/** What only --debug shows: the stack of what was not thrown on purpose, or the kernel's error behind a Failure. '' if there is nothing. */
export function failureDetail(error: unknown): string {
  if (error instanceof Failure) return error.cause === undefined ? '' : `cause: ${failureText(error.cause)}`;
  return error instanceof Error && !isNativeError(error) ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : '';
}

/**
 * What a program wants to know of a failure, beside the sentence: where in which document, which step of init, and what the kernel said.
 * Fields of the record in JSON; what is not known is not there.
 */
export function failureFields(error: unknown): { readonly [name: string]: Field } {
  if (!(error instanceof Failure)) return isNativeError(error) ? kernelFields(error) : {};
  const { pointer, document, code, origin, cause } = error;
  return {
    ...(pointer === '' ? {} : { pointer, document }),
    ...(isNativeError(cause) ? kernelFields(cause) : {}),
    ...(origin === undefined ? {} : kernelFields(origin)),
    ...(origin === undefined || origin.step === '' ? {} : { step: origin.step }),
    ...(code === undefined ? {} : { code }),
  };
}

/** A lookup of the command has words of its own, and no errno. */
function kernelFields({ code, errno, syscall, path }: Kernel): { readonly [name: string]: Field } {
  if (errno === 0) return {};
  return { code, errno, syscall, ...(path === '' ? {} : { path }) };
}

interface Kernel {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string;
}
