import type { Native } from '../native/contract.ts';
import { AT_FDCWD } from '../native/open-flags.ts';

/** One line of mountinfo, the fields that somebody reads. proc_pid_mountinfo(5) */
export interface MountinfoEntry {
  /** the directory of the filesystem that forms the root of this mount, e.g. / or /docker/ID */
  readonly root: string;
  readonly mountpoint: string;
  /** filesystem type, e.g. proc, cgroup2 */
  readonly type: string;
  /** options of the filesystem (of the superblock), e.g. ['rw', 'cpu', 'cpuacct'] */
  readonly superOptions: readonly string[];
  /** st_dev of the files in it. stat(2) */
  readonly major: number;
  readonly minor: number;
}

/** One mount with its place in the tree of mounts, and its own options, e.g. ['ro', 'nosuid'], which are not those of the filesystem. */
export interface MountEntry extends MountinfoEntry {
  readonly id: number;
  readonly parent: number;
  readonly options: readonly string[];
}

/** mountinfo grows with every mount of the host: 64 MiB are some 400,000 mounts. */
const maximum = 64 * 1024 * 1024;

/** Space, tab, newline and backslash are written as three octal digits. proc_pid_mountinfo(5) */
function unescapeField(field: string): string {
  return field.includes('\\')
    ? field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
    : field;
}

function parseLine(line: string): MountinfoEntry | undefined {
  // Optional fields end with a lone hyphen; paths hold no spaces, so the first " - " is that hyphen.
  const separator = line.indexOf(' - ');
  if (separator < 0) return undefined;
  const [, , device = '', root, mountpoint] = line.slice(0, separator).split(' ');
  const [type, , superOptions] = line.slice(separator + 3).split(' ');
  if (root === undefined || mountpoint === undefined || type === undefined) return undefined;
  const [major = 0, minor = 0] = device.split(':').map(Number);
  return {
    root: unescapeField(root),
    mountpoint: unescapeField(mountpoint),
    type: unescapeField(type),
    superOptions: superOptions === undefined ? [] : unescapeField(superOptions).split(','),
    major,
    minor,
  };
}

/**
 * The mounts of the given filesystem types, in the order of mountinfo: of two on one mountpoint the later one is visible.
 * Lines of other types are not taken apart, for a host with many containers has thousands.
 */
export function parseMountinfo(text: string, types: readonly string[]): MountinfoEntry[] {
  const entries: MountinfoEntry[] = [];
  for (const line of text.split('\n')) {
    if (!types.some((type) => line.includes(` - ${type} `))) continue;
    const entry = parseLine(line);
    if (entry !== undefined && types.includes(entry.type)) entries.push(entry);
  }
  return entries;
}

/** All mounts of a text of mountinfo, whosever it is. */
export function parseMounts(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const entry = parseLine(line);
    const [id, parent, , , , options = ''] = line.split(' ', 6);
    return entry === undefined
      ? []
      : [{ ...entry, id: Number(id), parent: Number(parent), options: options.split(',') }];
  });
}

/** The mounts of the given types that the runtime sees. Errors: those of open(2), when /proc is not mounted. */
export function readMountinfo(native: Native, types: readonly string[]): MountinfoEntry[] {
  return parseMountinfo(readText(native), types);
}

/** All mounts that the runtime sees: for errors. */
export function mountinfoLines(native: Native): MountinfoEntry[] {
  return readText(native)
    .split('\n')
    .flatMap((line) => parseLine(line) ?? []);
}

function readText(native: Native): string {
  return native.readText(AT_FDCWD, '/proc/self/mountinfo', maximum);
}
