import type { Native } from '../../native/contract.ts';
import { Failure } from '../../native/failure.ts';
import type { LinuxResources } from '../../oci/types.ts';
import type { CgroupPlan, SystemdUnit, UnitProperty } from '../../plan/plan.ts';
import { type Cgroups, readControl, unifiedDirectory, withCgroup } from '../directory.ts';
import { listProcesses } from '../processes.ts';
import { waitUntil } from '../wait.ts';
import { BusError, type Connection, closing, driver, openConnection } from './connection.ts';
import { parseVersion, requireConnection } from './facts.ts';
import { resourceProperties } from './resource-properties.ts';
import {
  isBusError,
  managerProperty,
  resetFailedUnit,
  scopeControlGroup,
  scopeProperties,
  setUnitProperties,
  startTransientUnit,
  stopUnit,
  unitExists,
  unitGone,
} from './systemd1.ts';

const pointer = '/linux/cgroupsPath';

/** How long the processes of a stopped container may take to be gone, in milliseconds. */
const endTimeout = 10_000;

/** What systemd has no such unit (any more) for is done already. */
function unlessGone(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isBusError(error, ...unitGone)) throw error;
  }
}

/** Whether the cgroup of systemd's unit is one of the container's, or the unit has none (any more). */
function isOurs({ directories }: Cgroups, controlGroup: string): boolean {
  return controlGroup === '' || directories.some(({ mountpoint, path }) => path === mountpoint + controlGroup);
}

function forget(connection: Connection, unit: string): void {
  // a job that was cancelled by another stop has done its work too: what is left of the cgroup shows it
  unlessGone(() => stopUnit(connection, unit));
  unlessGone(() => resetFailedUnit(connection, unit));
}

/** A unit of that name which is left of an earlier container: no process is in it. @throws Failure when it is somebody's */
function clearAway(native: Native, connection: Connection, cgroups: Cgroups, unit: string): void {
  const controlGroup = scopeControlGroup(connection, unit);
  if (controlGroup === undefined) return;
  if (!isOurs(cgroups, controlGroup) || listProcesses(native, cgroups).length > 0) {
    throw new Failure(`systemd unit "${unit}" exists already`, pointer);
  }
  forget(connection, unit);
}

/** Asks once more when a unit was in the way that is nobody's. */
function startOver(
  native: Native,
  connection: Connection,
  cgroups: Cgroups,
  unit: string,
  properties: readonly UnitProperty[],
): void {
  const first = attempt(connection, unit, properties);
  if (first === undefined) clearAway(native, connection, cgroups, unit);
  const result = first ?? attempt(connection, unit, properties);
  if (result === undefined) throw new Failure(`systemd unit "${unit}" exists already`, pointer);
  if (result === 'done') return;
  unlessGone(() => resetFailedUnit(connection, unit));
  throw new Failure(`error creating systemd unit "${unit}": got "${result}"`, pointer);
}

/** The property that systemd's words are about. */
function refused(error: BusError, properties: readonly UnitProperty[]): Failure {
  const property = properties.find(({ name }) => new RegExp(`\\b${name}\\b`).test(error.message));
  return new Failure(error.message, property?.pointer ?? '', { cause: error });
}

/** The job's result; undefined when there is a unit of that name. */
function attempt(connection: Connection, unit: string, properties: readonly UnitProperty[]): string | undefined {
  try {
    return startTransientUnit(connection, unit, properties);
  } catch (error) {
    if (isBusError(error, unitExists)) return undefined;
    throw error instanceof BusError ? refused(error, properties) : error;
  }
}

/** The properties that a file of the container's cgroup gives another value, with that value. */
function decidedByFile(
  native: Native,
  { directories }: Cgroups,
  properties: readonly UnitProperty[],
): readonly UnitProperty[] {
  const unified = unifiedDirectory(directories);
  return properties.flatMap((property) => {
    const { whereThere } = property;
    if (whereThere === undefined || unified === undefined) return [];
    const text = withCgroup(native, unified.path, (directory) => readControl(native, directory, whereThere.file));
    return text === undefined ? [] : [{ ...property, value: whereThere.value }];
  });
}

/** The files are there when the unit is. */
function startDecided(native: Native, connection: Connection, plan: CgroupPlan, unit: string): void {
  const decided = decidedByFile(native, plan, plan.unitProperties ?? []);
  if (decided.length > 0) setUnitProperties(connection, unit, decided);
}

/** S48: what was asked for is looked at, before the process gets anything to do. */
function checkMembership(native: Native, { mode, directories }: Cgroups, pid: number): void {
  const unified = unifiedDirectory(directories);
  if (mode !== 'v2' || unified === undefined) return;
  const pids = withCgroup(native, unified.path, (directory) => readControl(native, directory, 'cgroup.procs')) ?? '';
  if (!pids.split('\n').includes(String(pid))) {
    throw new Failure(`${driver}: the container's process is not in ${unified.path}`, pointer);
  }
}

/**
 * Has systemd make the scope of a container with its first process in it, and waits until it is there.
 *
 * @throws Failure when systemd refuses, does not answer in time, or has put the process elsewhere
 */
export function startScope(native: Native, plan: CgroupPlan, { unit, endpoints }: SystemdUnit, pid: number): void {
  const processes: UnitProperty = { name: 'PIDs', signature: 'au', value: [pid], pointer: '' };
  const properties = [...(plan.unitProperties ?? []), processes];
  closing(requireConnection(native, endpoints), (connection) => {
    startOver(native, connection, plan, unit, properties);
    startDecided(native, connection, plan, unit);
  });
  checkMembership(native, plan, pid);
}

/**
 * Stops the scope of a container that has no process any more, so that nothing of it is left with systemd; what is not there is fine. A unit
 * of the same name that is not the container's stays.
 *
 * @throws Failure when there are processes, which are nobody's to end here, or when systemd is there and does not answer
 */
export function stopScope(native: Native, cgroups: Cgroups, { unit, endpoints }: SystemdUnit): void {
  const deserted = waitUntil(native, endTimeout, () =>
    listProcesses(native, cgroups).every((pid) => pid === native.getpid()),
  );
  if (!deserted) throw new Failure(`unable to stop systemd unit "${unit}": processes are still in it`);
  const connection = openConnection(native, endpoints);
  // units do not outlive their systemd
  if (connection === undefined) return;
  closing(connection, () => {
    const controlGroup = scopeControlGroup(connection, unit);
    if (controlGroup !== undefined && isOurs(cgroups, controlGroup)) forget(connection, unit);
  });
}

/** New resources for the unit of a running container. */
export interface ScopeChange {
  /** @throws Failure when systemd refuses, or does not answer in time */
  make(): void;
  /** Gives the unit back what it had, when `make` may have changed it. */
  takeBack(): void;
}

/**
 * Reads what a unit has of what `resources` change. Systemd's version is asked for when one of them depends on it.
 *
 * @throws Failure with the pointer of a value that is none; or what systemd says
 */
export function planScopeChange(
  native: Native,
  cgroups: Cgroups,
  { unit, endpoints }: SystemdUnit,
  resources: LinuxResources,
): ScopeChange {
  const connected = <T>(use: (connection: Connection) => T) => closing(requireConnection(native, endpoints), use);
  const [properties, before] = connected((connection) => {
    const version = () => parseVersion(managerProperty(connection, 'Version'));
    const asked = resourceProperties(cgroups.mode, resources, version);
    // of two with a name systemd takes the later
    const wanted = [...asked, ...decidedByFile(native, cgroups, asked)];
    return [wanted, wanted.length === 0 ? [] : scopeProperties(connection, unit, wanted)];
  });
  let touched = false;
  return {
    make: () => {
      if (properties.length === 0) return;
      touched = true;
      try {
        connected((connection) => setUnitProperties(connection, unit, properties));
      } catch (error) {
        if (!(error instanceof BusError)) throw error;
        // it takes all of them or none
        touched = false;
        throw refused(error, properties);
      }
    },
    takeBack: () => {
      if (touched) connected((connection) => setUnitProperties(connection, unit, before));
    },
  };
}
