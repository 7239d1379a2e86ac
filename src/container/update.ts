import { resourceProblems } from '../bundle/checks/resources.ts';
import type { Problem } from '../bundle/problem.ts';
import { updateLimits } from '../cgroup/update.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { checkResources } from '../oci/schema.ts';
import type { LinuxIntelRdt, LinuxResources } from '../oci/types.ts';
import type { ResctrlGroup } from '../plan/plan.ts';
import { checkSchemas, heldSchemata, writeSchemata } from '../resctrl/group.ts';
import { schemataLines } from '../resctrl/schemata.ts';
import { closeDirectory } from '../state/directory.ts';
import type { ContainerRecord } from '../state/record.ts';
import { replaceRecord } from '../state/store.ts';
import { type Found, lockContainer } from './find.ts';
import { mergeResources } from './paired-limits.ts';
import { currentStatus, guard } from './status.ts';
import { addUpdate } from './updated-resources.ts';

/** What update is asked for. */
export interface UpdateRequest {
  /** linux.resources, not yet checked */
  readonly resources: unknown;
  /** lines for the file schemata of the container's class of service in resctrl */
  readonly schemata: Pick<LinuxIntelRdt, 'l3CacheSchema' | 'memBwSchema'>;
  /** what the caller knows a place by: "--memory" or "/memory/limit" for the pointer "/memory/limit" */
  readonly placeOf: (pointer: string) => string;
}

/** Where the properties of an update are in a whole config.json, which is what checks and plans speak of. */
const inConfig = '/linux/resources';

/**
 * Changes the limits of a container: config-linux.md § Control groups. All or nothing, in the kernel and in the record. Throws a
 * Failure with the contract's text, or naming the value that is wrong by the caller's place.
 */
export function updateContainer(native: Native, root: string, id: string, request: UpdateRequest): void {
  const found = lockContainer(native, root, id);
  guard('update', currentStatus(native, found.directory, found.record), id);
  refuse(checkResources(request.resources), request.placeOf);
  try {
    update(native, found, request);
  } catch (error) {
    // it may have ended meanwhile, and systemd has taken away its unit and its cgroup
    guard('update', currentStatus(native, found.directory, found.record), id);
    throw error instanceof Failure && error.pointer !== ''
      ? placed(error.message, error.pointer, request.placeOf)
      : error;
  }
  closeDirectory(native, found.directory);
}

function update(native: Native, { directory, record }: Found, { resources, schemata, placeOf }: UpdateRequest): void {
  const lines = schemataLines(schemata);
  const { resctrl } = record;
  if (lines.length > 0 && resctrl === undefined)
    throw new Failure('updating a non-existent Intel RDT configuration is not supported');
  if (resctrl !== undefined) checkSchemas(native, resctrl.root, schemata);
  const { cgroup, limits: saved = {} } = record;
  const { changes, limits } = mergeResources(saved, resources as LinuxResources);
  refuse(resourceProblems(changes), placeOf);
  const { limits: _before, ...rest } = record;
  const updated = addUpdate(record.updated, changes);
  const next: ContainerRecord = { ...rest, updated, ...(limits === undefined ? {} : { limits }) };
  const replace = () => replaceRecord(native, directory, next);
  updateLimits(native, cgroup, changes, () =>
    resctrl === undefined ? replace() : writeThen(native, resctrl, lines, replace),
  );
}

/** Writes schemata, and what they were before when `commit` fails. */
function writeThen(native: Native, group: ResctrlGroup, lines: readonly string[], commit: () => void): void {
  const before = lines.length === 0 ? [] : heldSchemata(native, group, lines);
  if (lines.length > 0) writeSchemata(native, group, lines);
  try {
    commit();
  } catch (error) {
    if (before.length > 0) writeSchemata(native, group, before);
    throw error;
  }
}

function refuse(problems: readonly Problem[], placeOf: UpdateRequest['placeOf']): void {
  const [first] = problems;
  if (first === undefined) return;
  if (problems.length === 1) throw placed(first.message, first.pointer, placeOf);
  throw new Failure(problems.map(({ message, pointer }) => placed(message, pointer, placeOf).message).join('; '), '', {
    code: 'INVALID',
  });
}

/** The pointer goes into the text: it is none into config.json. */
function placed(message: string, pointer: string, placeOf: UpdateRequest['placeOf']): Failure {
  const own = pointer.startsWith(inConfig) ? pointer.slice(inConfig.length) : pointer;
  return new Failure(own === '' ? message : `${message} (${placeOf(own)})`, '', { code: 'INVALID' });
}
