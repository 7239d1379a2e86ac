import { describeNativeError, Failure, isNativeError } from '../native/failure.ts';

/** The sentence for the user; for a Failure with a place in a document, that place too. */
export function failureText(error: unknown): string {
  if (error instanceof Failure)
    return error.pointer === '' ? error.message : `${error.message} (${error.document}: ${error.pointer})`;
  if (isNativeError(error)) return describeNativeError(error);
  if (error instanceof Error) return `internal error: ${error.name}: ${error.message}`;
  return `internal error: ${String(error)}`;
}

/** What only --debug shows: the stack of what was not thrown on purpose, or the kernel's error behind a Failure. '' if there is nothing. */
export function failureDetail(error: unknown): string {
  if (error instanceof Failure) return error.cause === undefined ? '' : `cause: ${failureText(error.cause)}`;
  return error instanceof Error && !isNativeError(error) ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : '';
}
