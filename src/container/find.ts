import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { type ContainerDirectory, closeDirectory, lockDirectory, openDirectory } from '../state/directory.ts';
import { checkId } from '../state/id.ts';
import { lockTimeout } from '../state/lock.ts';
import type { ContainerRecord } from '../state/record.ts';
import { openRoot } from '../state/root.ts';
import { loadRecord } from '../state/store.ts';

/** A container that exists: it has a `state.json`. */
export interface Found {
  readonly directory: ContainerDirectory;
  readonly record: ContainerRecord;
}

/** runc's words; engines take them for "gone already". */
export function notFound(): Failure {
  return new Failure('container does not exist', '', { code: 'NOT_FOUND' });
}

/** Finds a container without a lock, for what only looks or sends a signal. Throws a Failure when there is none. */
export function findContainer(native: Native, root: string, id: string): Found {
  return load(native, root, id, openDirectory);
}

/** Finds a container and keeps other commands from changing it until `directory.fd` is closed. Throws a Failure when there is none. */
export function lockContainer(native: Native, root: string, id: string): Found {
  // without the lock first: what is still being created does not exist, and is not waited for
  closeDirectory(native, findContainer(native, root, id).directory);
  return load(native, root, id, (host, fd, name) => lockDirectory(host, fd, name, lockTimeout));
}

function load(native: Native, root: string, id: string, open: typeof openDirectory): Found {
  checkId(id);
  const fd = openRoot(native, root);
  const directory = fd === undefined ? undefined : open(native, fd, id);
  const record = directory === undefined ? undefined : loadRecord(native, directory);
  if (directory === undefined || record === undefined) throw notFound();
  return { directory, record };
}
