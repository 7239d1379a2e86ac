import type { Fd, Native } from '../native/contract.ts';
import { describeNativeError, isNativeError } from '../native/failure.ts';
import { removeAbandonedPrograms } from '../seccomp/cache.ts';
import { type ContainerDirectory, listIds, removeDirectory, tryLockDirectory } from '../state/directory.ts';
import { firstSight, noteFirstSight } from '../state/first-sight.ts';
import { openRoot } from '../state/root.ts';
import { stateFile } from '../state/store.ts';
import { type Finding, judgeSafely, type Left } from './abandoned.ts';
import { destroy } from './destroy.ts';
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

/**
 * Removes what crashes have left in a state root: only what is provably the runtime's own and nobody's any more, as `delete` would. No
 * process is signalled. undefined when there is no root.
 */
export function collectGarbage(native: Native, request: GcRequest, report: Report): Collected[] | undefined {
  const root = openRoot(native, request.root);
  if (root === undefined) return undefined;
  const containers = listIds(native, request.root).flatMap((id) => collect(native, root, id, request, report));
  const programs = removeAbandonedPrograms(native, root, request.dryRun).map(
    (name): Collected => ({
      id: name,
      action: request.dryRun ? 'would remove' : 'removed',
      why: 'its writer was killed: an unfinished seccomp program',
    }),
  );
  native.close(root);
  return [...containers, ...programs];
}

function collect(native: Native, root: Fd, id: string, request: GcRequest, report: Report): Collected[] {
  const directory = tryLockDirectory(native, root, id);
  // it went meanwhile
  if (directory === undefined) return [];
  if (directory === 'busy') return [{ id, action: 'kept', why: 'another command is at work on it' }];
  try {
    return [act(native, directory, aged(native, directory, judgeSafely(native, directory), request), request, report)];
  } finally {
    native.close(directory.fd);
  }
}

/** A stopped container that nobody has asked for in so long a time. Only who removes notes that it was seen. */
function aged(native: Native, directory: ContainerDirectory, finding: Finding, request: GcRequest): Finding {
  if (finding.abandoned || finding.stopped === undefined || request.olderThan === undefined) return finding;
  const now = native.realtime();
  const since = firstSight(native, directory);
  if (since === undefined && !request.dryRun) noteFirstSight(native, directory, now);
  if (now - (since ?? now) < request.olderThan) return finding;
  return { abandoned: true, why: 'it was seen stopped long enough ago', left: finding.stopped, earlierBoot: false };
}

function act(
  native: Native,
  directory: ContainerDirectory,
  finding: Finding,
  { dryRun }: GcRequest,
  report: Report,
): Collected {
  const { id } = directory;
  const { why } = finding;
  if (!finding.abandoned) return { id, action: 'kept', why };
  if (dryRun) return { id, action: 'would remove', why };
  try {
    remove(native, directory, finding, report);
    return { id, action: 'removed', why };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { id, action: 'failed', why: isNativeError(error) ? describeNativeError(error) : error.message };
  }
}

/** What is told of an earlier boot names cgroups that are somebody else's now, or nobody's. */
function remove(
  native: Native,
  directory: ContainerDirectory,
  finding: Extract<Finding, { abandoned: true }>,
  report: Report,
): void {
  const { left, earlierBoot } = finding;
  if (left === undefined) {
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
