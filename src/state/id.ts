import { Failure } from '../native/failure.ts';
import { weakened } from '../native/weakened.ts';

const allowed = /^[A-Za-z0-9_+.-]+$/;

/** Longer than any file system's name (NAME_MAX is 255), short enough to be harmless in a message. */
const longest = 1024;

/**
 * The id becomes the name of a directory that root creates and removes, so that nothing but plain names may pass.
 * Throws a Failure with runc's text.
 */
export function checkId(id: string): void {
  if (id === '') throw new Failure('container id cannot be empty');
  if (!isId(id)) throw new Failure('invalid container ID format');
}

/** Whether a name in the state root can be a container's. */
export function isId(name: string): boolean {
  WEAKENED: if (weakened('S62')) return true;
  return name.length <= longest && name !== '.' && name !== '..' && allowed.test(name);
}
