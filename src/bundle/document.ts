import type { JsonError, Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { advised } from './advised.ts';

/** Docker's largest are about 2 MB. A bundle may be somebody else's, and reading /dev/zero would never end. */
const maximum = 16 * 1024 * 1024;

/** stat(2): the type of a file in st_mode. */
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

/** True for what parseJson throws. */
export function isJsonError(error: unknown): error is JsonError {
  return error instanceof Error && (error as Partial<JsonError>).code === 'EJSON';
}

/** The text of the document at `path`, unchecked; undefined when there is no such file. */
export function readText(native: Native, path: string, name: string): string | undefined {
  const found = native.stat(AT_FDCWD, path, 0);
  if (found === undefined) return undefined;
  // A FIFO would block the runtime, a device might never end.
  if ((found.mode & S_IFMT) !== S_IFREG) throw new Failure(`${name} is no regular file`);
  try {
    return native.readText(AT_FDCWD, path, maximum);
  } catch (error) {
    if (isErrno(error, 'EFBIG')) throw new Failure(`${name} is larger than ${maximum} bytes`);
    throw error;
  }
}

/** The JSON document at `path`, called `name` in errors; undefined when there is no such file. Throws a Failure with line and column. */
export function readDocument(native: Native, path: string, name: string): unknown {
  const text = readText(native, path, name);
  if (text === undefined) return undefined;
  try {
    return native.parseJson(text);
  } catch (error) {
    if (!isJsonError(error)) throw error;
    // The message says "invalid json at line 3, column 14: …" itself.
    const { line, column } = error;
    throw advised(native, new Failure(`${name}: ${error.message}`), ({ jsonAdvice }) => jsonAdvice(text, line, column));
  }
}
