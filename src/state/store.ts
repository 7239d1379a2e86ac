import type { Native } from '../native/contract.ts';
import { Failure, isErrno, isNativeError } from '../native/failure.ts';
import { AT_SYMLINK_NOFOLLOW, O_CLOEXEC, O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } from '../native/open-flags.ts';
import { plainJson } from '../oci/json.ts';
import type { ResctrlGroup } from '../plan/plan.ts';
import { hideBytes, showBytes } from './bytes-in-text.ts';
import type { ContainerDirectory } from './directory.ts';
import { type CgroupRecord, type ContainerRecord, type Intent, type Remains, recordVersion } from './record.ts';

export const stateFile = 'state.json';
export const intentFile = 'creating.json';

/** More than any record can need: hooks and annotations are what grows. */
const largest = 16 << 20;

/** Reads `state.json`. undefined when the container does not exist (yet). Throws a Failure when what is there is no record. */
export function loadRecord(native: Native, directory: ContainerDirectory): ContainerRecord | undefined {
  return load(native, directory, stateFile) as ContainerRecord | undefined;
}

/** Whether there is a `state.json`: a delete that was killed removes it first. */
export function hasRecord(native: Native, { fd }: ContainerDirectory): boolean {
  return native.stat(fd, stateFile, AT_SYMLINK_NOFOLLOW) !== undefined;
}

/** Whether there is a `creating.json`: beside a `state.json` the create was killed that wrote both. */
export function hasIntent(native: Native, { fd }: ContainerDirectory): boolean {
  return native.stat(fd, intentFile, AT_SYMLINK_NOFOLLOW) !== undefined;
}

/** Reads `creating.json`. undefined when there is none. */
export function loadIntent(native: Native, directory: ContainerDirectory): Intent | undefined {
  return load(native, directory, intentFile) as Intent | undefined;
}

/** Writes the record of a container that is about to exist; nobody reads it before {@link publishRecord}. */
export function stageRecord(native: Native, directory: ContainerDirectory, record: ContainerRecord): void {
  stage(native, directory, stateFile, record);
}

/** Makes the container exist for other commands: from here `state` knows it. The intent has done its work then. */
export function publishRecord(native: Native, directory: ContainerDirectory): void {
  publish(native, directory, stateFile);
  native.unlink(directory.fd, intentFile, 0);
}

/** Replaces the record of a container that exists. The caller holds its lock. */
export function replaceRecord(native: Native, directory: ContainerDirectory, record: ContainerRecord): void {
  save(native, directory, stateFile, record);
}

/** Writes or replaces the record of what a create is about to make. */
export function saveIntent(native: Native, directory: ContainerDirectory, intent: Intent): void {
  save(native, directory, intentFile, intent);
}

/**
 * All or nothing, also when the machine loses power: a reader sees the old file or the new one. The temporary name is fixed,
 * because whoever writes holds the container's lock; a stale one is overwritten. 0600: annotations and hooks may hold secrets.
 */
function save(native: Native, directory: ContainerDirectory, name: string, content: Intent | ContainerRecord): void {
  stage(native, directory, name, content);
  publish(native, directory, name);
}

function temporary(name: string): string {
  return `${name}.new`;
}

function stage(native: Native, { fd }: ContainerDirectory, name: string, content: Intent | ContainerRecord): void {
  const file = native.open(fd, temporary(name), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600);
  try {
    // whatever the umask is
    native.fchmod(file, 0o600);
    native.write(file, hideBytes(plainJson(content)));
    native.fsync(file);
  } finally {
    native.close(file);
  }
}

function publish(native: Native, { fd }: ContainerDirectory, name: string): void {
  native.rename(fd, temporary(name), fd, name);
  native.fsync(fd);
}

function load(native: Native, { id, fd }: ContainerDirectory, name: string): unknown {
  let text: string;
  try {
    text = native.readText(fd, name, largest);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw isErrno(error, 'EFBIG') ? corrupt(id, name, 'is too large') : error;
  }
  return check(parse(native, text, id, name), id, name);
}

function parse(native: Native, text: string, id: string, name: string): unknown {
  try {
    return showBytes(native.parseJson(text), text);
  } catch (error) {
    throw corrupt(id, name, isNativeError(error) || !(error instanceof Error) ? 'is not readable' : error.message);
  }
}

/** What is obeyed with the runtime's rights is looked at before: pids to kill and directories to remove. */
function check(content: unknown, id: string, name: string): unknown {
  const record = content as Partial<ContainerRecord & Intent> | null;
  if (typeof record !== 'object' || record === null) throw corrupt(id, name, 'is not an object');
  if (record.version !== recordVersion) throw corrupt(id, name, `has version ${record.version}, not ${recordVersion}`);
  if (record.id !== id) throw corrupt(id, name, 'belongs to another container');
  if ((record.init !== undefined || name === stateFile) && !isPid(record.init?.pid))
    throw corrupt(id, name, 'has no valid pid');
  // without it a process of exec would run in the host's namespaces
  if (name === stateFile && !Number.isSafeInteger(record.namespaces))
    throw corrupt(id, name, 'has no valid namespaces');
  if (!isBelowMounts(record.cgroup)) throw corrupt(id, name, 'has no valid cgroup');
  if (!isUnit(record.cgroup?.systemd)) throw corrupt(id, name, 'has no valid systemd unit');
  if (!isGroup(record.resctrl)) throw corrupt(id, name, 'has no valid resctrl group');
  return record;
}

/** One process: neither a group of them nor everybody (kill(2)), nor the host's init. The kernel's PID_MAX_LIMIT is 2^22. */
function isPid(pid: unknown): boolean {
  return Number.isInteger(pid) && (pid as number) > 1 && (pid as number) <= 2 ** 22;
}

function isBelowMounts(cgroup: CgroupRecord | undefined): boolean {
  return cgroup?.directories.every(({ path, mountpoint }) => isBelow(path, mountpoint)) === true;
}

/** Whether what was saved of cgroups is obeyed, wherever it stands. */
export function isCgroup(cgroup: CgroupRecord | undefined): boolean {
  return Array.isArray(cgroup?.directories) && isBelowMounts(cgroup) && isUnit(cgroup.systemd);
}

/** A scope, and sockets by their whole path. */
function isUnit(systemd: CgroupRecord['systemd']): boolean {
  if (systemd === undefined) return true;
  const { unit, endpoints } = systemd as Partial<NonNullable<CgroupRecord['systemd']>>;
  const isSocket = (endpoint: { readonly path?: unknown } | null) => String(endpoint?.path).startsWith('/');
  return String(unit).endsWith('.scope') && Array.isArray(endpoints) && endpoints.every(isSocket);
}

/** Directories of resctrl: its own, and those below it. */
function isGroup(group: Remains['resctrl']): boolean {
  if (group === undefined) return true;
  const { root, directory, monitoring } = group as { readonly [key in keyof ResctrlGroup]: unknown };
  const inside = (path: unknown) => typeof path === 'string' && isBelow(path, String(root));
  return (
    String(root).startsWith('/') &&
    (directory === root || inside(directory)) &&
    (monitoring === '' || inside(monitoring))
  );
}

function isBelow(path: string, mountpoint: string): boolean {
  return path.startsWith(`${mountpoint}/`) && !path.split('/').includes('..');
}

function corrupt(id: string, name: string, problem: string): Failure {
  return new Failure(`state of container ${id}: ${name} ${problem}`);
}
