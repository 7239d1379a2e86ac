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
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
} from './mount-attributes.ts';

/** Names of a set of bits, in the order in which they are printed. */
export type Flags = Readonly<Record<string, number>>;

/** The names of the bits of `value`, and what has none in hexadecimal; of two that overlap the first that is there in full. */
export function bitNames(flags: Flags, value: number): string[] {
  let rest = value;
  const found = Object.entries(flags).filter(([, bits]) => {
    const whole = (rest & bits) === bits;
    if (whole) rest &= ~bits;
    return whole;
  });
  const unknown = rest === 0 ? [] : [`0x${(rest >>> 0).toString(16)}`];
  return [...found.map(([name]) => name), ...unknown];
}

/** `A|B`, as the manual pages write it; '0' when nothing is set. */
export function flagNames(flags: Flags, value: number): string {
  return bitNames(flags, value).join('|') || '0';
}

/** mount_setattr(2); the field of the access time is first, as its modes are parts of it. */
export const MOUNT_ATTRIBUTES: Flags = {
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_STRICTATIME,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOSYMFOLLOW,
};

/** mount_namespaces(7) */
export const PROPAGATION: Flags = { MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED };

/** clone(2), setns(2), unshare(2) */
export const NAMESPACE_FLAGS: Flags = {
  CLONE_NEWTIME: 0x00000080,
  CLONE_NEWNS: 0x00020000,
  CLONE_NEWCGROUP: 0x02000000,
  CLONE_NEWUTS: 0x04000000,
  CLONE_NEWIPC: 0x08000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
};

/** seccomp(2) */
export const SECCOMP_FLAGS: Flags = {
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_NEW_LISTENER: 8,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
};
