import { type CgroupDirectory, openCgroup, openSubCgroup, walkCgroups } from '../cgroup/directory.ts';
import { listProcesses } from '../cgroup/processes.ts';
import { type HostFacts, probeHost } from '../host/facts.ts';
import type { Fd, Native, Stat } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { AT_EMPTY_PATH } from '../native/open-flags.ts';
import { showBytes } from '../state/bytes-in-text.ts';
import { isId } from '../state/id.ts';
import { type CgroupRecord, recordVersion } from '../state/record.ts';
import { isCgroup } from '../state/store.ts';
import { type CgroupMark, markedDirectory, markName } from './cgroup-mark.ts';

/** A cgroup that says for which container it was made. */
export interface Marked {
  /** of its directory */
  readonly path: string;
  readonly mark: CgroupMark;
}

/** XATTR_SIZE_MAX of linux/limits.h */
const longest = 65536;

function isMark(mark: Partial<CgroupMark>): mark is CgroupMark {
  const { version, root, device, inode, id, cgroup } = mark;
  const texts = [root, device, inode, id].every((text) => typeof text === 'string');
  return version === recordVersion && texts && isId(id as string) && isCgroup(cgroup);
}

/** undefined for what is no mark, whatever its shape is. */
function parse(native: Native, text: string): CgroupMark | undefined {
  try {
    const mark = showBytes(native.parseJson(text), text) as Partial<CgroupMark>;
    return isMark(mark) ? mark : undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** What whoever has the cgroup from its maker may have written: it is believed of the cgroup itself, and of no other. */
function restricted({ mode, directories }: CgroupRecord, path: string): CgroupRecord {
  return { mode, directories: directories.filter((directory) => directory.path === path) };
}

interface Search {
  readonly native: Native;
  readonly attribute: ReturnType<typeof markName>;
  readonly euid: number;
  readonly found: Marked[];
}

function readMark({ native, attribute, euid }: Search, directory: Fd, pathOf: () => string): Marked | undefined {
  const text = native.fgetxattr(directory, attribute, longest);
  const mark = text === undefined ? undefined : parse(native, text);
  if (mark === undefined) return undefined;
  const path = pathOf();
  // a cgroup that was renamed since (version 1 lets it) is not the one that was marked
  if (markedDirectory(mark.cgroup)?.path !== path) return undefined;
  if (attribute === 'trusted.noci') return { path, mark };
  if ((native.stat(directory, '', AT_EMPTY_PATH) as Stat).uid !== euid) return undefined;
  return { path, mark: { ...mark, cgroup: restricted(mark.cgroup, path) } };
}

function visit(search: Search, top: Fd, mountpoint: string): void {
  const { native, found } = search;
  walkCgroups(native, top, {
    open: (parent, name) => openReadable(native, parent, name),
    arrive: (directory, names) => {
      const marked = readMark(search, directory, () => [mountpoint, ...names].join('/'));
      if (marked !== undefined) found.push(marked);
    },
  });
}

function openReadable(native: Native, directory: Fd, name: string): Fd | undefined {
  try {
    return openSubCgroup(native, directory, name);
  } catch (error) {
    if (isErrno(error, 'EACCES')) return undefined;
    throw error;
  }
}

/** All cgroups of the host that are marked, those below others first. */
export function findMarked(native: Native, facts: HostFacts = probeHost(native)): Marked[] {
  const search: Search = { native, attribute: markName(facts), euid: facts.euid, found: [] };
  for (const { mountpoint } of facts.cgroup.hierarchies) {
    const directory = openCgroup(native, mountpoint);
    if (directory === undefined) continue;
    try {
      visit(search, directory, mountpoint);
    } finally {
      native.close(directory);
    }
  }
  return search.found.sort((a, b) => b.path.length - a.path.length);
}

/** Whether a mark is about a container of the state root that is open at `root`. */
export function isOfRoot(native: Native, root: Fd, { mark }: Marked): boolean {
  const { dev, ino } = native.stat(root, '', AT_EMPTY_PATH) as Stat;
  return mark.device === String(dev) && mark.inode === String(ino);
}

function isBelow({ path }: Marked, directories: readonly CgroupDirectory[]): boolean {
  return directories.some((directory) => path.startsWith(`${directory.path}/`));
}

/** Why the cgroups of a container without a record are left alone; '' when they can go. `others`: those that are marked and stay. */
export function inUse(native: Native, { mark }: Marked, others: readonly Marked[]): string {
  const [user] = listProcesses(native, mark.cgroup);
  if (user !== undefined) return `it has no record, and process ${user} is in its cgroup`;
  const below = others.find((other) => isBelow(other, mark.cgroup.directories));
  return below === undefined ? '' : `container ${below.mark.id} of ${below.mark.root} has its cgroup below it`;
}
