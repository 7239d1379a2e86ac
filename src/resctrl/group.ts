import type { Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isErrno, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, AT_REMOVEDIR } from '../native/open-flags.ts';
import type { LinuxIntelRdt } from '../oci/types.ts';
import type { ResctrlGroup } from '../plan/plan.ts';
import { matches, schemataLines } from './schemata.ts';

/** What a container asks of resctrl, and its group. */
export interface ResctrlPlan {
  readonly group: ResctrlGroup;
  /** lines of the file schemata; none: it is left alone */
  readonly lines: readonly string[];
}

const place = '/linux/intelRdt';
/** schemata of a machine with many caches */
const largest = 1 << 20;

function exists(native: Native, path: string): boolean {
  return native.stat(AT_FDCWD, path, 0) !== undefined;
}

/** Whether the kernel divides this up here; with code and data apart it has another name. */
function divides(native: Native, root: string, resource: 'L3' | 'MB'): boolean {
  return ['', 'CODE'].some((part) => exists(native, `${root}/info/${resource}${part}`));
}

/** What the kernel says itself of an error; '' when it says nothing. */
function lastStatus(native: Native, root: string): string {
  try {
    return `, last_cmd_status: ${native.readText(AT_FDCWD, `${root}/info/last_cmd_status`, largest).trim()}`;
  } catch (error) {
    if (isNativeError(error)) return '';
    throw error;
  }
}

function attempt<T>(native: Native, { root }: ResctrlGroup, what: string, pointer: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const cause = `${error.syscall}: ${setupWords(error.code)}${lastStatus(native, root)}`;
    throw new Failure(`unable to apply Intel RDT configuration: ${what}: ${cause}`, pointer, { cause: error });
  }
}

/**
 * Looks at what there is and changes nothing. `root`: where resctrl is mounted; `id`: of the container. Throws a Failure for what
 * config-linux.md § IntelRdt does not allow, in runc's words.
 */
export function planResctrl(native: Native, rdt: LinuxIntelRdt, root: string | undefined, id: string): ResctrlPlan {
  if (root === undefined)
    throw new Failure('intelRdt is specified in config, but Intel RDT is not enabled: no resctrl is mounted', place);
  const { closID = '', l3CacheSchema = '', memBwSchema = '', enableMonitoring = false } = rdt;
  checkSchemas(native, root, { l3CacheSchema, memBwSchema });
  const directory = closID === '/' ? root : `${root}/${closID === '' ? id : closID}`;
  const present = exists(native, directory);
  const group: ResctrlGroup = {
    root,
    directory,
    made: closID === '' && !present,
    monitoring: enableMonitoring ? `${directory}/mon_groups/${id}` : '',
  };
  const lines = schemataLines(rdt);
  if (closID !== '') checkClass(native, group, present, lines, [l3CacheSchema, memBwSchema]);
  return { group, lines };
}

/** Only what this machine can divide up. */
export function checkSchemas(
  native: Native,
  root: string,
  { l3CacheSchema = '', memBwSchema = '' }: Pick<LinuxIntelRdt, 'l3CacheSchema' | 'memBwSchema'>,
): void {
  const text = (property: string, what: string) =>
    `intelRdt.${property} is specified in config, but Intel RDT/${what} is not enabled`;
  if (l3CacheSchema !== '' && !divides(native, root, 'L3'))
    throw new Failure(text('l3CacheSchema', 'CAT'), `${place}/l3CacheSchema`);
  if (memBwSchema !== '' && !divides(native, root, 'MB'))
    throw new Failure(text('memBwSchema', 'MBA'), `${place}/memBwSchema`);
}

/** A class of service that others may be in: it is there already, or it is as it is wanted, or it is made. */
function checkClass(
  native: Native,
  group: ResctrlGroup,
  present: boolean,
  lines: readonly string[],
  schemas: readonly string[],
): void {
  const { directory } = group;
  const pointer = `${place}/closID`;
  if (!present && lines.length === 0) {
    const text = 'clos dir not accessible (must be pre-created when schemata, l3CacheSchema and memBwSchema are empty)';
    throw new Failure(`${text}: ${directory} is missing`, pointer);
  }
  const given = schemas.filter((line) => line !== '');
  if (!present || given.length === 0) return;
  const existing = native.readText(AT_FDCWD, `${directory}/schemata`, largest);
  if (matches(given, existing)) return;
  const text = `${directory} exists and has other schemata than ${given.join(' ')}: ${existing.trim().replace(/\s*\n\s*/g, ' ')}`;
  throw new Failure(text, pointer);
}

/** Makes the group, with its schemata, before anything is in it. */
export function makeGroup(native: Native, { group, lines }: ResctrlPlan): void {
  const { directory, monitoring } = group;
  attempt(native, group, `mkdir ${directory}`, `${place}/closID`, () => {
    if (!exists(native, directory)) native.mkdir(AT_FDCWD, directory, 0o755);
  });
  if (lines.length > 0) writeSchemata(native, group, lines);
  if (monitoring === '') return;
  attempt(native, group, `mkdir ${monitoring}`, `${place}/enableMonitoring`, () =>
    native.mkdir(AT_FDCWD, monitoring, 0o755),
  );
}

/** One write for all lines: the kernel takes all of them or says what is wrong. */
export function writeSchemata(native: Native, group: ResctrlGroup, lines: readonly string[]): void {
  const text = `${lines.join('\n')}\n`;
  attempt(native, group, `write ${JSON.stringify(lines.join('\n'))}`, `${place}/schemata`, () =>
    native.writeControl(AT_FDCWD, `${group.directory}/schemata`, text),
  );
}

/** What the file says of the resources of `lines`, to be written back. */
export function heldSchemata(native: Native, { directory }: ResctrlGroup, lines: readonly string[]): string[] {
  const resource = (line: string) => line.trim().split(':')[0];
  const wanted = new Set(lines.flatMap((line) => line.split('\n')).map(resource));
  return native
    .readText(AT_FDCWD, `${directory}/schemata`, largest)
    .split('\n')
    .filter((line) => line.trim() !== '' && wanted.has(resource(line)))
    .map((line) => line.trim());
}

/** The process, and what it starts from then on. A monitoring group takes only what is in the class above it. */
export function joinGroup(native: Native, group: ResctrlGroup, pid: number): void {
  for (const directory of [group.directory, group.monitoring].filter((path) => path !== '')) {
    attempt(native, group, `write ${pid} to ${directory}/tasks`, place, () =>
      native.writeControl(AT_FDCWD, `${directory}/tasks`, String(pid)),
    );
  }
}

/** Removes what was made for the container; what is still in it goes to the class above. A group that is gone is no error. */
export function removeGroup(native: Native, { directory, made, monitoring }: ResctrlGroup): void {
  for (const path of [monitoring, made ? directory : ''].filter((one) => one !== '')) {
    try {
      native.unlink(AT_FDCWD, path, AT_REMOVEDIR);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}
