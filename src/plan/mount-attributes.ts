/** Per-mount attributes of mount_setattr(2) and fsmount(2). */
export const MOUNT_ATTR_RDONLY = 0x1;
export const MOUNT_ATTR_NOSUID = 0x2;
export const MOUNT_ATTR_NODEV = 0x4;
export const MOUNT_ATTR_NOEXEC = 0x8;
/** the three access-time modes are values in this field, not bits: whoever changes one clears them all; 0 is relatime */
export const MOUNT_ATTR__ATIME = 0x70;
export const MOUNT_ATTR_NOATIME = 0x10;
export const MOUNT_ATTR_STRICTATIME = 0x20;
export const MOUNT_ATTR_NODIRATIME = 0x80;
export const MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

/** Propagation types of mount(2), which mount_setattr(2) takes too. */
export const MS_REC = 0x4000;
export const MS_UNBINDABLE = 0x20000;
export const MS_PRIVATE = 0x40000;
export const MS_SLAVE = 0x80000;
export const MS_SHARED = 0x100000;

/** Attributes to change: `clear` goes off first, then `set` goes on. */
export interface AttributeChange {
  readonly set: number;
  readonly clear: number;
}

/** `second` after `first`, as one change: the later one wins where they contradict. */
export function thenChange(first: AttributeChange, second: AttributeChange): AttributeChange {
  return {
    set: (first.set & ~second.clear) | second.set,
    clear: (first.clear & ~second.set) | second.clear,
  };
}

/** The change as the kernel wants it: EINVAL unless attr_clr holds the whole access-time field when any part of it changes. */
export function wholeAtime({ set, clear }: AttributeChange): AttributeChange {
  return (set | clear) & MOUNT_ATTR__ATIME ? { set, clear: clear | MOUNT_ATTR__ATIME } : { set, clear };
}
