import { type MountEntry, type MountinfoEntry, mountinfoLines, parseMounts } from '../host/mountinfo.ts';
import type { Fd, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { isErrno } from '../native/failure.ts';
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from '../native/open-flags.ts';
import {
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
} from '../plan/mount-attributes.ts';
import { clean } from '../plan/path.ts';
import type { PlannedStep } from '../plan/plan.ts';
import type { ContainerRecord } from '../state/record.ts';
import { type InitProcess, lookAt, readOf } from './init-process.ts';
import { legible, notReadable, type Row, type Unreadable } from './row.ts';

/** Attributes that mountinfo names, and how. */
const named: readonly (readonly [bit: number, option: string])[] = [
  [MOUNT_ATTR_RDONLY, 'ro'],
  [MOUNT_ATTR_NOSUID, 'nosuid'],
  [MOUNT_ATTR_NODEV, 'nodev'],
  [MOUNT_ATTR_NOEXEC, 'noexec'],
  [MOUNT_ATTR_NOSYMFOLLOW, 'nosymfollow'],
];

const all = named.reduce((sum, [bit]) => sum | bit, 0);

/** One mount that the plan has made. */
interface Expectation {
  readonly target: string;
  readonly pointer: string;
  /** '' for a bind, which has that of its source */
  readonly type: string;
  /** what it binds, '' for none */
  readonly source: string;
  /** attributes that are there, and that are not; others are as the source has them */
  readonly set: number;
  readonly clear: number;
  /** with what is mounted below the source */
  readonly recursive: boolean;
  /** a path that an image need not have */
  readonly optional: boolean;
}

const plain = { type: '', source: '', set: 0, clear: 0, recursive: false, optional: false } as const;

/** The mount that a step makes; undefined when it makes none. */
function madeBy({ run, pointer }: PlannedStep): Expectation | undefined {
  switch (run.step) {
    case 'root_attach':
      return { ...plain, target: '/', pointer, source: run.path, recursive: true };
    case 'mount': {
      const set = run.attributes | run.recursiveSet;
      return { ...plain, target: run.target, pointer, type: run.type, set, clear: all & ~set };
    }
    case 'bind': {
      const { target, source, recursive } = run;
      const set = (run.set & ~run.recursiveClear) | run.recursiveSet;
      return {
        ...plain,
        target,
        pointer,
        source,
        recursive: recursive === 1,
        set,
        clear: (run.clear | run.recursiveClear) & ~set,
      };
    }
    case 'readonly_path':
      return { ...plain, target: clean(run.path), pointer, set: MOUNT_ATTR_RDONLY, recursive: true, optional: true };
    case 'masked_path':
      return { ...plain, target: clean(run.path), pointer, optional: true };
    case 'terminal':
      return run.console === 1 ? { ...plain, target: '/dev/console', pointer } : undefined;
    default:
      return undefined;
  }
}

/** The change of attributes that a step makes to what is at a target already. */
function changedBy({
  run,
}: PlannedStep): { readonly target: string; readonly set: number; readonly clear: number } | undefined {
  if (run.step === 'remount' || run.step === 'mount_setattr') return run;
  return run.step === 'root_readonly' ? { target: '/', set: MOUNT_ATTR_RDONLY, clear: 0 } : undefined;
}

function changed(mount: Expectation, { set, clear }: { readonly set: number; readonly clear: number }): Expectation {
  return { ...mount, set: (mount.set & ~clear) | set, clear: (mount.clear & ~set) | clear };
}

/** The mounts that a plan makes, in its order, as they are at its end. */
export function expectedMounts(steps: readonly PlannedStep[]): Expectation[] {
  const mounts: Expectation[] = [];
  for (const step of steps) {
    const made = madeBy(step);
    if (made !== undefined) mounts.push(made);
    const change = changedBy(step);
    const at = change === undefined ? -1 : mounts.findLastIndex(({ target }) => target === change.target);
    if (change !== undefined && at >= 0) mounts[at] = changed(mounts[at] as Expectation, change);
  }
  return mounts;
}

/** The path of what `path` leads to inside the container, by its symlinks; undefined when there is nothing. */
function resolved({ native, root }: View, path: string): string | Unreadable | undefined {
  if (typeof root === 'object') return root;
  return legible(() => {
    let fd: Fd;
    try {
      fd = native.openat2(root, path, O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
    try {
      return native.readlink(AT_FDCWD, `/proc/self/fd/${fd}`);
    } finally {
      native.close(fd);
    }
  });
}

function describe({ type, options, mountpoint }: MountEntry, at: string): string {
  const shown = options.filter((option) => option === 'rw' || named.some(([, name]) => name === option));
  return `${mountpoint === at ? '' : `${mountpoint} `}${type} ${shown.join(',')}`;
}

function wanted({ type, source, set }: Expectation): string {
  const options = named.filter(([bit]) => set & bit).map(([, option]) => option);
  const what = type !== '' ? type : source !== '' ? `bind of ${source}` : 'covered';
  return options.length === 0 ? what : `${what} ${options.join(',')}`;
}

/** What of a mount is not as the plan has made it; '' when all is. */
function difference({ type, set, clear }: Expectation, entry: MountEntry): string {
  if (type !== '' && entry.type !== type) return `another filesystem is mounted over it`;
  const missing = named
    .filter(([bit, option]) => set & bit && !entry.options.includes(option))
    .map(([, option]) => option);
  const added = named
    .filter(([bit, option]) => clear & bit && entry.options.includes(option))
    .map(([, option]) => option);
  return [...missing.map((option) => `${option} was taken away`), ...added.map((option) => `${option} was added`)].join(
    ', ',
  );
}

interface View {
  readonly native: Native;
  readonly root: Fd | Unreadable;
  /** of the container, those that belong to no expectation yet */
  readonly left: MountEntry[];
}

/** Takes the lowest mount at a mountpoint out of those that are left: what somebody else mounts there comes on top. */
function take({ left }: View, mountpoint: string): MountEntry | undefined {
  const here = left.filter((entry) => entry.mountpoint === mountpoint);
  const lowest = here.find(({ parent }) => !here.some(({ id }) => id === parent));
  if (lowest !== undefined) left.splice(left.indexOf(lowest), 1);
  return lowest;
}

/** The path on the host of what a recursive bind brings to `target`; undefined when it is not below it. */
function broughtFrom({ recursive, source, target: at }: Expectation, target: string): string | undefined {
  const prefix = at === '/' ? '' : at;
  return recursive && source !== '' && target.startsWith(`${prefix}/`) && target !== at
    ? source + target.slice(prefix.length)
    : undefined;
}

/**
 * What is mounted below the source of a recursive bind comes along with it: where the plan mounts over it, that is not what it has mounted.
 * The host's /sys, bound by an ordinary user, has all cgroups in it.
 */
function leaveOutBrought(view: View, expected: readonly Expectation[], host: readonly MountinfoEntry[]): void {
  for (const target of new Set(expected.map((mount) => mount.target))) {
    const index = expected.findIndex((mount) => mount.target === target);
    const sources = expected.slice(0, index).map((mount) => broughtFrom(mount, target));
    const above = host.filter(({ mountpoint }) => sources.includes(mountpoint));
    for (const { major, minor, root } of above) {
      const lowest = take(view, target);
      if (lowest === undefined) break;
      const isBrought = lowest.major === major && lowest.minor === minor && lowest.root === root;
      if (!isBrought) view.left.unshift(lowest);
    }
  }
}

/** Where a target's symlinks lead is looked for only when nothing is mounted at its name. */
function find(view: View, target: string): MountEntry | Unreadable | 'nowhere' | undefined {
  const entry = take(view, target);
  if (entry !== undefined) return entry;
  const real = resolved(view, target);
  if (real === undefined) return 'nowhere';
  return typeof real === 'object' ? real : take(view, real);
}

function rowOf(view: View, mount: Expectation): Row {
  const { target, pointer, optional } = mount;
  const row = { section: 'mounts', name: target, pointer, configured: wanted(mount) } as const;
  const found = find(view, target);
  if (typeof found === 'object' && 'unreadable' in found) return { ...row, ...notReadable(found) };
  if (typeof found === 'object') {
    const note = difference(mount, found);
    return {
      ...row,
      now: describe(found, target),
      ...(note === '' ? { verdict: 'same' } : { verdict: 'drift', note }),
    };
  }
  if (optional && found === 'nowhere')
    return { ...row, verdict: 'same', note: 'there is no such path in the container' };
  return { ...row, verdict: 'drift', note: 'it was unmounted' };
}

/** Mounts below the root filesystem on the host came along with it, or come later where it is a slave of the host's. */
function hostMounts(host: readonly MountinfoEntry[], rootfs: string): ReadonlySet<string> {
  return new Set(
    host
      .filter(({ mountpoint }) => mountpoint.startsWith(`${rootfs}/`))
      .map(({ mountpoint }) => mountpoint.slice(rootfs.length)),
  );
}

function extraRow(entry: MountEntry, expected: readonly Expectation[], ofHost: ReadonlySet<string>): Row[] {
  const bind = expected.find(
    ({ recursive, target }) => recursive && target !== '/' && entry.mountpoint.startsWith(`${target}/`),
  );
  // what was mounted below the source
  if (bind !== undefined) return [];
  const row = {
    section: 'mounts',
    name: entry.mountpoint,
    pointer: '',
    now: describe(entry, entry.mountpoint),
  } as const;
  if (ofHost.has(entry.mountpoint))
    return [{ ...row, verdict: 'noted', note: 'the root filesystem has it on the host' }];
  const isOver = expected.some(({ target }) => target === entry.mountpoint);
  return [
    { ...row, verdict: 'drift', note: isOver ? 'it was added, over the one that was configured' : 'it was added' },
  ];
}

function openRoot({ native, directory }: InitProcess): Fd | Unreadable {
  return legible(() => native.open(directory, 'root', O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
}

/** Where the place of one that was configured is not known, it may be any of these. */
function unlessUnsure(row: Row, isUnsure: boolean): Row {
  if (!isUnsure || row.verdict !== 'drift') return row;
  return { ...row, verdict: 'unknown', note: 'it was added, or is one of those that could not be looked for' };
}

/** The mounts of the container beside those of the plan. */
export function mountRows(init: InitProcess, record: ContainerRecord, steps: readonly PlannedStep[]): Row[] {
  const text = readOf(init, 'mountinfo');
  if (typeof text !== 'string')
    return [
      {
        section: 'mounts',
        name: 'mountinfo',
        pointer: '',
        ...notReadable(text ?? { unreadable: setupWords('ENOENT') }),
      },
    ];
  const { native } = init;
  const expected = expectedMounts(steps);
  const root = lookAt(init, () => openRoot(init));
  try {
    const view: View = { native, root, left: parseMounts(text) };
    const host = mountinfoLines(native);
    leaveOutBrought(view, expected, host);
    const rows = expected.map((mount) => rowOf(view, mount));
    const ofHost = hostMounts(host, record.rootfs);
    const isUnsure = rows.some(({ verdict }) => verdict === 'unknown');
    const extra = view.left.flatMap((entry) => extraRow(entry, expected, ofHost));
    return [...rows, ...extra.map((row) => unlessUnsure(row, isUnsure))];
  } finally {
    if (typeof root !== 'object') native.close(root);
  }
}
