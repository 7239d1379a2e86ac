import type { AttributeChange } from './mount-attributes.ts';
import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_PRIVATE,
  MS_REC,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
  thenChange,
  wholeAtime,
} from './mount-attributes.ts';

/** What one option string of a mount means. */
export type MountOption =
  /** attributes of this mount */
  | { readonly on: 'mount'; readonly change: AttributeChange }
  /** attributes of this mount and every mount below it (mount_setattr AT_RECURSIVE, Linux 5.12) */
  | { readonly on: 'tree'; readonly change: AttributeChange }
  /** a flag of the filesystem itself; fsconfig(2) knows it by the option's own name */
  | { readonly on: 'superblock' }
  | { readonly on: 'propagation'; readonly flags: number }
  | { readonly on: 'source'; readonly recursive: boolean }
  | { readonly on: 'remount' }
  | { readonly on: 'copyUp' }
  /** ids of the mount are mapped; recursive: of every mount below it too (mount_setattr(2), Linux 5.12) */
  | { readonly on: 'idmap'; readonly recursive: boolean }
  /** accepted, without effect on a new mount */
  | { readonly on: 'nothing' };

const set = (bits: number): AttributeChange => ({ set: bits, clear: 0 });
const clear = (bits: number): AttributeChange => ({ set: 0, clear: bits });
const atime = (mode: number): AttributeChange => ({ set: mode, clear: MOUNT_ATTR__ATIME });

const nothing = { on: 'nothing' } as const;
const superblock = { on: 'superblock' } as const;
const mount = (change: AttributeChange): MountOption => ({ on: 'mount', change });
const tree = (change: AttributeChange): MountOption => ({ on: 'tree', change });
const propagation = (flags: number): MountOption => ({ on: 'propagation', flags });

/**
 * THE table of mount options (config-linux.md § Linux mount options, mount(8)); `features` lists its keys. A string that is
 * not in it is data for the filesystem.
 */
export const MOUNT_OPTIONS: Readonly<Record<string, MountOption>> = {
  defaults: nothing,

  ro: mount(set(MOUNT_ATTR_RDONLY)),
  rw: mount(clear(MOUNT_ATTR_RDONLY)),
  nosuid: mount(set(MOUNT_ATTR_NOSUID)),
  suid: mount(clear(MOUNT_ATTR_NOSUID)),
  nodev: mount(set(MOUNT_ATTR_NODEV)),
  dev: mount(clear(MOUNT_ATTR_NODEV)),
  noexec: mount(set(MOUNT_ATTR_NOEXEC)),
  exec: mount(clear(MOUNT_ATTR_NOEXEC)),
  nosymfollow: mount(set(MOUNT_ATTR_NOSYMFOLLOW)),
  symfollow: mount(clear(MOUNT_ATTR_NOSYMFOLLOW)),
  nodiratime: mount(set(MOUNT_ATTR_NODIRATIME)),
  diratime: mount(clear(MOUNT_ATTR_NODIRATIME)),
  noatime: mount(atime(MOUNT_ATTR_NOATIME)),
  atime: mount(clear(MOUNT_ATTR_NOATIME)),
  strictatime: mount(atime(MOUNT_ATTR_STRICTATIME)),
  nostrictatime: mount(clear(MOUNT_ATTR_STRICTATIME)),
  relatime: mount(atime(0)),
  // relatime is what the kernel does unless another mode is asked for (since 2.6.30): there is nothing to clear
  norelatime: nothing,

  rro: tree(set(MOUNT_ATTR_RDONLY)),
  rrw: tree(clear(MOUNT_ATTR_RDONLY)),
  rnosuid: tree(set(MOUNT_ATTR_NOSUID)),
  rsuid: tree(clear(MOUNT_ATTR_NOSUID)),
  rnodev: tree(set(MOUNT_ATTR_NODEV)),
  rdev: tree(clear(MOUNT_ATTR_NODEV)),
  rnoexec: tree(set(MOUNT_ATTR_NOEXEC)),
  rexec: tree(clear(MOUNT_ATTR_NOEXEC)),
  rnosymfollow: tree(set(MOUNT_ATTR_NOSYMFOLLOW)),
  rsymfollow: tree(clear(MOUNT_ATTR_NOSYMFOLLOW)),
  rnodiratime: tree(set(MOUNT_ATTR_NODIRATIME)),
  rdiratime: tree(clear(MOUNT_ATTR_NODIRATIME)),
  rnoatime: tree(atime(MOUNT_ATTR_NOATIME)),
  ratime: tree(clear(MOUNT_ATTR_NOATIME)),
  rstrictatime: tree(atime(MOUNT_ATTR_STRICTATIME)),
  rnostrictatime: tree(clear(MOUNT_ATTR_STRICTATIME)),
  rrelatime: tree(atime(0)),
  rnorelatime: nothing,

  sync: superblock,
  async: superblock,
  dirsync: superblock,
  mand: superblock,
  nomand: superblock,
  lazytime: superblock,
  nolazytime: superblock,
  // i_version is the filesystem's own decision since Linux 2.6; silent and loud are about the kernel's log
  iversion: nothing,
  noiversion: nothing,
  silent: nothing,
  loud: nothing,

  shared: propagation(MS_SHARED),
  rshared: propagation(MS_SHARED | MS_REC),
  slave: propagation(MS_SLAVE),
  rslave: propagation(MS_SLAVE | MS_REC),
  private: propagation(MS_PRIVATE),
  rprivate: propagation(MS_PRIVATE | MS_REC),
  unbindable: propagation(MS_UNBINDABLE),
  runbindable: propagation(MS_UNBINDABLE | MS_REC),

  bind: { on: 'source', recursive: false },
  rbind: { on: 'source', recursive: true },
  remount: { on: 'remount' },
  tmpcopyup: { on: 'copyUp' },
  idmap: { on: 'idmap', recursive: false },
  ridmap: { on: 'idmap', recursive: true },
};

/** The options of one mount, decoded. */
export interface MountOptions {
  /** attributes of the mount; all 0 when no option names one */
  readonly attributes: AttributeChange;
  /** attributes of the mount and everything below */
  readonly treeAttributes: AttributeChange;
  /** MS_* propagation types in the order given */
  readonly propagation: readonly number[];
  /** flags of the filesystem by name, in the order given */
  readonly superblock: readonly string[];
  /** parameters of the filesystem: "name=value" or "name" */
  readonly data: readonly string[];
  /** bind or rbind, undefined when neither is given */
  readonly bind: { readonly recursive: boolean } | undefined;
  readonly remount: boolean;
  readonly copyUp: boolean;
  /** idmap or ridmap, undefined when neither is given */
  readonly idmap: { readonly recursive: boolean } | undefined;
}

/**
 * One parameter each from "size=64k,mode=755", as mount(2) would split its data: not at a comma in double quotes (labels of
 * SELinux) nor at an escaped one (layers of overlayfs).
 */
export function splitData(text: string): string[] {
  if (!text.includes(',')) return text === '' ? [] : [withoutQuotes(text)];
  return (text.match(/(?:\\.|"[^"]*"|[^,])+/gs) ?? []).filter((part) => part !== '').map(withoutQuotes);
}

/** Quotes around a label are for the commas in it: mount(2) takes them away, fsconfig(2) gets one parameter anyway. */
function withoutQuotes(parameter: string): string {
  return parameter.replace(/^((?:fs|def|root)?context=)"([^"]*)"$/, '$1$2');
}

/** Sums of the options met so far. */
type Decoding = {
  -readonly [key in keyof MountOptions]: MountOptions[key] extends readonly (infer item)[] ? item[] : MountOptions[key];
};

function take(text: string, option: MountOption, sum: Decoding): void {
  switch (option.on) {
    case 'mount':
      sum.attributes = thenChange(sum.attributes, option.change);
      break;
    case 'tree':
      sum.treeAttributes = thenChange(sum.treeAttributes, option.change);
      break;
    case 'superblock':
      sum.superblock.push(text);
      break;
    case 'propagation':
      sum.propagation.push(option.flags);
      break;
    case 'source':
      sum.bind = { recursive: option.recursive || sum.bind?.recursive === true };
      break;
    case 'idmap':
      sum.idmap = { recursive: option.recursive };
      break;
    case 'remount':
    case 'copyUp':
      sum[option.on] = true;
  }
}

/** Decodes the option strings of one mount by {@link MOUNT_OPTIONS}; where two contradict, the later one wins. */
export function decodeMountOptions(options: readonly string[]): MountOptions {
  const none = { set: 0, clear: 0 };
  const flags = { bind: undefined, remount: false, copyUp: false, idmap: undefined };
  const sum: Decoding = { attributes: none, treeAttributes: none, propagation: [], superblock: [], data: [], ...flags };
  for (const text of options) {
    const option = Object.hasOwn(MOUNT_OPTIONS, text) ? MOUNT_OPTIONS[text] : undefined;
    if (option) take(text, option, sum);
    else sum.data.push(...splitData(text));
  }
  return { ...sum, attributes: wholeAtime(sum.attributes), treeAttributes: wholeAtime(sum.treeAttributes) };
}
