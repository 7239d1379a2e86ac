import { type Found, findContainer } from '../container/find.ts';
import { containerProcesses } from '../container/processes.ts';
import { currentStatus, type Status } from '../container/status.ts';
import type { Native } from '../native/contract.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { hasNamespace } from '../plan/namespaces.ts';
import { limitRows, membershipRows } from './cgroups.ts';
import { deviceRows } from './devices.ts';
import { type ConfigState, type Expected, expectedLimits, expectedSteps, readExpected } from './expected.ts';
import { closeInit, type InitProcess, openInit, whileItRuns } from './init-process.ts';
import { mountRows } from './mounts.ts';
import { namespaceRows } from './namespaces.ts';
import { processRows } from './process.ts';
import type { Row, Section } from './row.ts';

/** A container as it was asked for beside what the kernel says of it. */
export interface Inspection {
  readonly id: string;
  readonly status: Status;
  /** of its first process, 0 when it has stopped */
  readonly pid: number;
  readonly bundle: string;
  readonly rootfs: string;
  readonly created: string;
  readonly config: ConfigState;
  /** why config.json is not readable */
  readonly problem?: string;
  /** none of a container that has stopped: then there is nothing to compare with */
  readonly rows: readonly Row[];
  /** how many of them have drifted */
  readonly drift: number;
}

/** What cannot be compared, because what was asked for is not known. */
function unknown(section: Section, reason: string): Row[] {
  return [{ section, name: section, pointer: '', verdict: 'unknown', note: reason }];
}

/** `rows`, or why they cannot be had. An end of the container meanwhile is told as that. */
function attempt(section: Section, rows: () => Row[]): Row[] {
  try {
    return rows();
  } catch (error) {
    // a limit that the host of today cannot have, a property that slipped through the checks of the config of today
    if (error instanceof Failure && error.pointer !== '') return unknown(section, error.message);
    throw error;
  }
}

function mounts(init: InitProcess, found: Found, { config, problem = '' }: Expected): Row[] {
  if (config === undefined) return unknown('mounts', problem);
  if (!hasNamespace(config.linux ?? {}, 'mount'))
    return unknown('mounts', "the container is in the host's mount namespace");
  return attempt('mounts', () => mountRows(init, found.record, expectedSteps(init.native, found, config)));
}

function limits(native: Native, found: Found, { config, problem }: Expected): Row[] {
  const rows = [
    ...attempt('cgroups', () => limitRows(native, expectedLimits(native, found, config))),
    ...deviceRows(native, found.record, config),
  ];
  return problem === undefined ? rows : [...rows, ...unknown('cgroups', problem)];
}

/** The command's name, which may be blank; undefined for a process that is gone by now. */
function command(native: Native, pid: number): string | undefined {
  try {
    return native.readText(AT_FDCWD, `/proc/${pid}/comm`, 64).replace(/\n$/, '');
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

function processes(native: Native, root: string, id: string, init: number): Row[] {
  return containerProcesses(native, root, id).flatMap((pid): Row[] => {
    const now = command(native, pid);
    if (now === undefined) return [];
    const note = pid === init ? { note: 'init' } : {};
    return [{ section: 'processes', name: String(pid), pointer: '', now, verdict: 'same', ...note }];
  });
}

function rowsOf(native: Native, root: string, found: Found, expected: Expected, status: Status): Row[] | undefined {
  const { record } = found;
  const init = openInit(native, record.id, record.init);
  if (init === undefined) return undefined;
  try {
    return whileItRuns(init, [
      ...namespaceRows(init, record, expected.config),
      ...mounts(init, found, expected),
      ...membershipRows(init, record),
      ...limits(native, found, expected),
      ...processRows(init, record, expected.config, status === 'created'),
      ...processes(native, root, record.id, record.init.pid),
    ]);
  } finally {
    closeInit(init);
  }
}

/**
 * Compares a container with what it was asked to be. Nothing is changed and nobody waits for it: the container runs on.
 *
 * @throws Failure when there is none of this id, or when it ends while it is looked at
 */
export function inspectContainer(native: Native, root: string, id: string): Inspection {
  const found = findContainer(native, root, id);
  const { record, directory } = found;
  const status = currentStatus(native, directory, record);
  const expected = readExpected(native, found);
  const rows = status === 'stopped' ? undefined : rowsOf(native, root, found, expected, status);
  const { bundle, rootfs, created, init } = record;
  return {
    id,
    status: rows === undefined ? 'stopped' : status,
    pid: rows === undefined ? 0 : init.pid,
    bundle,
    rootfs,
    created,
    config: expected.configState,
    ...(expected.problem === undefined ? {} : { problem: expected.problem }),
    rows: rows ?? [],
    drift: (rows ?? []).filter(({ verdict }) => verdict === 'drift').length,
  };
}
