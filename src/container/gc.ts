import { destroyCgroups } from '../cgroup/driver.ts';
import type { Fd, Native } from '../native/contract.ts';
import { describeNativeError, Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../native/open-flags.ts';
import { removeAbandonedPrograms } from '../seccomp/cache.ts';
import {
  type ContainerDirectory,
  listIds,
  removeDirectory,
  reserveDirectory,
  tryLockDirectory,
} from '../state/directory.ts';
import { firstSight, noteFirstSight } from '../state/first-sight.ts';
import { openRoot } from '../state/root.ts';
import { stateFile } from '../state/store.ts';
import { type Finding, judgeSafely, type Left } from './abandoned.ts';
import { destroy } from './destroy.ts';
import { findMarked, inUse, isOfRoot, type Marked } from './orphans.ts';
import type { Report } from './report.ts';

/** What became of one container, or would. */
export interface Collected {
  readonly id: string;
  readonly action: 'removed' | 'would remove' | 'kept' | 'failed';
  readonly why: string;
}

export interface GcRequest {
  readonly root: string;
  readonly dryRun: boolean;
  /** nanoseconds that a container has been seen stopped after which its engine is taken for gone; undefined: for ever */
  readonly olderThan: bigint | undefined;
}

/** Everything that a collection looks at. */
interface Collection {
  readonly native: Native;
  readonly request: GcRequest;
  readonly report: Report;
  readonly root: Fd;
  /** those that are there still */
  readonly marked: Marked[];
}

/**
 * Removes what crashes have left in a state root: only what is provably the runtime's own and nobody's any more, as `delete` would. No
 * process is signalled. undefined when there is no root.
 */
export function collectGarbage(native: Native, request: GcRequest, report: Report): Collected[] | undefined {
  const root = openRoot(native, request.root);
  if (root === undefined) return undefined;
  const collection: Collection = { native, request, report, root, marked: findMarked(native) };
  const containers = listIds(native, request.root).flatMap((id) => collect(collection, id));
  const cgroups = collection.marked.slice().flatMap((marked) => collectMarked(collection, marked));
  const programs = removeAbandonedPrograms(native, root, request.dryRun).map(
    (name): Collected => ({
      id: name,
      action: request.dryRun ? 'would remove' : 'removed',
      why: 'its writer was killed: an unfinished seccomp program',
    }),
  );
  native.close(root);
  return [...containers, ...cgroups, ...programs];
}

function collect(collection: Collection, id: string): Collected[] {
  const { native, root } = collection;
  const directory = tryLockDirectory(native, root, id);
  // it went meanwhile
  if (directory === undefined) return [];
  if (directory === 'busy') return [{ id, action: 'kept', why: 'another command is at work on it' }];
  try {
    return [act(collection, directory, judgeAll(collection, directory))];
  } finally {
    native.close(directory.fd);
  }
}

function judgeAll(collection: Collection, directory: ContainerDirectory): Finding {
  const finding = aged(collection, directory, judgeSafely(collection.native, directory));
  if (!finding.abandoned || finding.left !== undefined) return finding;
  const why = markedOf(collection, directory.id)
    .map((marked) => reasonToStay(collection, marked))
    .find((reason) => reason !== '');
  return why === undefined ? finding : { abandoned: false, why, stopped: undefined };
}

/** A stopped container that nobody has asked for in so long a time. Only who removes notes that it was seen. */
function aged({ native, request }: Collection, directory: ContainerDirectory, finding: Finding): Finding {
  if (finding.abandoned || finding.stopped === undefined || request.olderThan === undefined) return finding;
  const now = native.realtime();
  const since = firstSight(native, directory);
  if (since === undefined && !request.dryRun) noteFirstSight(native, directory, now);
  if (now - (since ?? now) < request.olderThan) return finding;
  return { abandoned: true, why: 'it was seen stopped long enough ago', left: finding.stopped, earlierBoot: false };
}

/** What is done unless it is only to be told, and what becomes of it. */
function attempt({ request }: Collection, id: string, why: string, remove: () => void): Collected {
  if (request.dryRun) return { id, action: 'would remove', why };
  try {
    remove();
    return { id, action: 'removed', why };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { id, action: 'failed', why: isNativeError(error) ? describeNativeError(error) : error.message };
  }
}

function act(collection: Collection, directory: ContainerDirectory, finding: Finding): Collected {
  const { id } = directory;
  const { why } = finding;
  if (!finding.abandoned) return { id, action: 'kept', why };
  const { left } = finding;
  if (left !== undefined) forget(collection, ({ path }) => left.cgroup.directories.some((one) => one.path === path));
  return attempt(collection, id, why, () => remove(collection, directory, finding));
}

/** What is told of an earlier boot names cgroups that are somebody else's now, or nobody's. */
function remove(
  collection: Collection,
  directory: ContainerDirectory,
  finding: Extract<Finding, { abandoned: true }>,
): void {
  const { native, report } = collection;
  const { left, earlierBoot } = finding;
  if (left === undefined) {
    for (const marked of markedOf(collection, directory.id)) removeMarked(collection, marked);
    removeDirectory(native, directory, stateFile);
    return;
  }
  const { resctrl, ...rest } = left;
  const cgroup = earlierBoot ? { mode: left.cgroup.mode, directories: [] } : left.cgroup;
  // no hook can have run before there was an init
  const poststop = left.init === undefined ? [] : left.poststop;
  // nobody is in its cgroups: there is nobody to kill
  const remains = {
    ...rest,
    cgroup,
    poststop,
    privatePidNamespace: true,
    ...(earlierBoot || resctrl === undefined ? {} : { resctrl }),
  };
  destroy(native, directory, remains as NonNullable<Left>, report);
}

function markedOf({ native, root, marked }: Collection, id: string): Marked[] {
  return marked.filter((one) => one.mark.id === id && isOfRoot(native, root, one));
}

function forget({ marked }: Collection, gone: (marked: Marked) => boolean): void {
  for (const one of marked.filter(gone)) marked.splice(marked.indexOf(one), 1);
}

function reasonToStay({ native, marked }: Collection, one: Marked): string {
  return inUse(
    native,
    one,
    marked.filter((other) => other !== one),
  );
}

function removeMarked(collection: Collection, marked: Marked): void {
  destroyCgroups(collection.native, marked.mark.cgroup);
  forget(collection, (one) => one === marked);
}

/** A cgroup of this root whose container has no directory in it. Of other roots nothing is known: another mount namespace may have them. */
function collectMarked(collection: Collection, marked: Marked): Collected[] {
  const { native, root, request } = collection;
  const { mark, path } = marked;
  const { id } = mark;
  const isOurs = isOfRoot(native, root, marked);
  if (!isOurs && mark.root !== request.root) return [];
  const isKnown = () => native.stat(root, id, AT_SYMLINK_NOFOLLOW) !== undefined;
  // in the order in which delete removes them
  if ((isOurs && isKnown()) || native.stat(AT_FDCWD, path, 0) === undefined) return [];
  const reason = reasonToStay(collection, marked);
  if (!isOurs) {
    const why = `it was made for another directory at the path of this root: ${path}`;
    return reason === '' ? [{ id, action: 'kept', why }] : [];
  }
  if (reason !== '') return [{ id, action: 'kept', why: `${reason}: ${path}` }];
  const outcome = attempt(collection, id, `it has no record: ${path}`, () => removeOrphan(collection, marked));
  // somebody creates it again
  return outcome.action === 'failed' && isKnown() ? [] : [outcome];
}

/** The id is taken meanwhile, so that no create can begin to use the cgroup. */
function removeOrphan(collection: Collection, marked: Marked): void {
  const { native, root } = collection;
  const directory = reserveDirectory(native, root, marked.mark.id, 0);
  try {
    const reason = reasonToStay(collection, marked);
    if (reason === '') removeMarked(collection, marked);
    else throw new Failure(reason);
  } finally {
    removeDirectory(native, directory, stateFile);
    native.close(directory.fd);
  }
}
