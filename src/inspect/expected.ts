import { readConfig } from '../bundle/load.ts';
import { validateConfig } from '../bundle/validate.ts';
import { effectiveResources } from '../cgroup/driver.ts';
import { planLimits } from '../cgroup/settings.ts';
import type { Found } from '../container/find.ts';
import { probeHost } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../native/open-flags.ts';
import type { Config, LinuxResources } from '../oci/types.ts';
import { planContainer } from '../plan/container-plan.ts';
import type { CgroupPlan, ControlWrite, PlannedStep } from '../plan/plan.ts';

/** What the bundle's config.json is now. Whose inode was changed after the container was made may be another one than it was made from. */
export type ConfigState = 'as created' | 'changed since' | 'not readable';

/** What the container was asked to be, as far as it is known still. */
export interface Expected {
  readonly configState: ConfigState;
  /** absent when config.json is not readable */
  readonly config?: Config;
  /** why it is not */
  readonly problem?: string;
}

/** "2026-11-20T21:00:00.123456789Z" as nanoseconds since 1970 */
export function nanoseconds(timestamp: string): bigint {
  const [, seconds = '', fraction = ''] = /^([^.Z]+)(?:\.(\d+))?Z$/.exec(timestamp) ?? [];
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function configOf(native: Native, bundle: string): Config | string {
  const path = `${bundle}/config.json`;
  try {
    const value = readConfig(native, path);
    const [problem] = validateConfig(value);
    return problem === undefined ? (value as Config) : `${path}: ${problem.pointer} ${problem.message}`;
  } catch (error) {
    if (error instanceof Failure) return `${path}: ${error.message}`;
    if (isNativeError(error)) return `${path}: ${error.code}`;
    throw error;
  }
}

/** Reads the config that the container was made from, or what is there in its place. */
export function readExpected(native: Native, { record }: Found): Expected {
  const config = configOf(native, record.bundle);
  if (typeof config === 'string') return { configState: 'not readable', problem: config };
  const changed = native.changeTime(AT_FDCWD, `${record.bundle}/config.json`) > nanoseconds(record.created);
  return { configState: changed ? 'changed since' : 'as created', config };
}

/** A write and who asked for it. */
export interface Limit extends ControlWrite {
  readonly updated: boolean;
}

/** What of a file one write is about: a device, a name, or all of it. */
function subject({ file, value }: ControlWrite): string {
  return /^(\d+:\d+|[a-zA-Z][\w.-]*) /.exec(value) ? `${file} ${value.split(' ')[0]}` : file;
}

/** Those that can be read back, the last one of each. */
function latest(limits: readonly Limit[]): Limit[] {
  const readable = limits.filter(({ file }) => !/\/devices\.(allow|deny)$/.test(file));
  return [...new Map(readable.map((limit) => [subject(limit), limit])).values()];
}

/** What create and updates have written to cgroups, by the code that wrote it. @throws Failure when it cannot be told any more */
export function expectedLimits(native: Native, { record }: Found, config: Config | undefined): Limit[] {
  const { cgroup, updated: changes } = record;
  const writes = (resources: LinuxResources, updated: boolean): Limit[] =>
    planLimits(cgroup.directories, effectiveResources(native, cgroup, resources)).map((write) => ({
      ...write,
      updated,
    }));
  return latest([
    ...writes(config?.linux?.resources ?? {}, false),
    ...(changes === undefined ? [] : writes(changes, true)),
  ]);
}

/** The steps that create has executed: the plan is pure, and nothing of it is opened. */
export function expectedSteps(native: Native, { directory, record }: Found, config: Config): readonly PlannedStep[] {
  const { id, bundle: path, rootfs, noNewKeyring } = record;
  const cgroup: CgroupPlan = { ...record.cgroup, limits: [] };
  const options = {
    id,
    noPivot: false,
    noNewKeyring,
    start: 'fifo',
    trace: false,
    listenFds: 0,
    listenFdNames: '',
    // its directory is made when the caller had NOTIFY_SOCKET
    notify: native.stat(directory.fd, 'notify', AT_SYMLINK_NOFOLLOW) !== undefined,
  } as const;
  return planContainer({ path, config, rootfs }, probeHost(native), options, cgroup).steps;
}
