import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { inUserNamespace } from '../native/user-namespace.ts';

/** Where the state of containers is. */
export interface Root {
  /** absolute and clean, never "/" */
  readonly path: string;
  /** --root named it */
  readonly given: boolean;
  /** It is in $XDG_RUNTIME_DIR, where only the sticky bit keeps it from being pruned (XDG Base Directory Specification). */
  readonly sticky: boolean;
}

const name = 'noci';

/**
 * The state root: --root, or `/run/noci`, or `$XDG_RUNTIME_DIR/noci` for whoever is not really root.
 * Throws a Failure when --root is "/" or empty.
 */
export function stateRoot(native: Native, option: string | undefined): Root {
  if (option === undefined) return defaultRoot(native);
  const path = absolute(native, option);
  if (path === '/' || option === '') throw new Failure('Option --root argument should not be set to /');
  return { path, given: true, sticky: false };
}

function defaultRoot(native: Native): Root {
  const directory = native.getenv('XDG_RUNTIME_DIR') ?? '';
  if (directory === '' || !ownsRuntimeDirectory(native)) return { path: `/run/${name}`, given: false, sticky: false };
  return { path: absolute(native, `${directory}/${name}`), given: false, sticky: true };
}

/** runc's rule: not root, or root of a user namespace that did not become it by logging in as root. */
function ownsRuntimeDirectory(native: Native): boolean {
  if (native.geteuid() !== 0) return true;
  if (native.getenv('USER') === 'root') return false;
  return inUserNamespace(native);
}

function absolute(native: Native, path: string): string {
  return clean(path.startsWith('/') ? path : `${native.getcwd()}/${path}`);
}

/** An absolute path without ".", ".." and empty parts, by text alone (as Go's filepath.Clean). */
export function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
