import { Failure } from '../../native/failure.ts';

/** The unit that a cgroupsPath of the form slice:prefix:name asks for. */
export interface Unit {
  /** prefix-name.scope */
  readonly unit: string;
  /** name, for the unit's description */
  readonly name: string;
  readonly slice: string;
  /** names of the cgroups from the root of the slices down to the unit's own */
  readonly names: readonly string[];
}

const pointer = '/linux/cgroupsPath';

/** UNIT_NAME_MAX of systemd, which counts the NUL */
const longest = 255;

/**
 * What systemd.unit(5) allows in a name, without "@", which would be an instance of a template; a backslash only where it is one of systemd's own
 * escapes. No "/", no "%" (a specifier), no "..".
 */
const valid = /^(?:[\w:.-]|\\x[0-9a-f]{2})+$/;

function check(name: string, what: string): void {
  if (!valid.test(name) || name.length > longest || name.includes('..'))
    throw new Failure(`invalid ${what} name: ${JSON.stringify(name)}`, pointer);
}

/** A dash is a level: a-b.slice is /a.slice/a-b.slice, and -.slice is the root of all. systemd.slice(5) */
export function sliceNames(slice: string): string[] {
  check(slice, 'slice');
  const levels = slice.slice(0, -'.slice'.length).split('-');
  if (slice === '-.slice') return [];
  if (!slice.endsWith('.slice') || levels.includes('')) throw new Failure(`invalid slice name: "${slice}"`, pointer);
  return levels.map((_, index) => `${levels.slice(0, index + 1).join('-')}.slice`);
}

/** Names that the kernel has in every cgroup, or could have. */
const reserved = /^(?:[_.]|(?:notify_on_release|release_agent|tasks)$|cgroup\.)/;

/** With a dot after a controller's name it could be a control file. */
const controllerFile =
  /^(?:cpu|cpuacct|cpuset|io|blkio|memory|devices|pids|hugetlb|rdma|misc|freezer|net_cls|net_prio|perf_event|bpf-firewall|bpf-devices|bpf-foreign|bpf-socket-bind|bpf-restrict-network-interfaces)\./;

/** The directory of a unit's cgroup: systemd puts "_" before what could be a control file. */
export function directoryName(unit: string): string {
  return reserved.test(unit) || controllerFile.test(unit) ? `_${unit}` : unit;
}

/**
 * Reads linux.cgroupsPath for the systemd driver; an empty one is ":runc:<id>", as callers of runc know it, and an empty slice `slice`.
 *
 * @throws Failure with the pointer of cgroupsPath
 */
export function parseUnit(cgroupsPath: string, id: string, slice: string): Unit {
  const fields = (cgroupsPath === '' ? `:runc:${id}` : cgroupsPath).split(':');
  const [parent, prefix, name] = fields;
  if (parent === undefined || prefix === undefined || name === undefined || fields.length !== 3) {
    const text = `expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "${cgroupsPath}" instead; the path is that of the other driver: call without --systemd-cgroup, or write "system.slice:noci:NAME"`;
    throw new Failure(text, pointer);
  }
  if (name.endsWith('.slice')) {
    throw new Failure(`unit "${name}" is a slice, which holds no process; a container needs a scope`, pointer);
  }
  if (name === '') throw new Failure(`cgroupsPath "${cgroupsPath}" names no unit`, pointer);
  const unit = `${prefix}-${name}.scope`;
  check(unit, 'unit');
  const chosen = parent === '' ? slice : parent;
  return { unit, name, slice: chosen, names: [...sliceNames(chosen), unit].map(directoryName) };
}
