import type { LinuxRootfsPropagation } from '../oci/types.ts';
import { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE, MS_UNBINDABLE } from './mount-attributes.ts';
import { hasNamespace } from './namespaces.ts';
import type { PlanInput, Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `linux.rootfsPropagation`: the MS_* type and whether it is for everything below too. */
export const ROOTFS_PROPAGATION: Readonly<Record<LinuxRootfsPropagation, number>> = {
  private: MS_PRIVATE,
  rprivate: MS_PRIVATE | MS_REC,
  shared: MS_SHARED,
  rshared: MS_SHARED | MS_REC,
  slave: MS_SLAVE,
  rslave: MS_SLAVE | MS_REC,
  unbindable: MS_UNBINDABLE,
  runbindable: MS_UNBINDABLE | MS_REC,
};

const configured = '/linux/rootfsPropagation';

function rootfsPropagation({ linux }: PlanInput): number {
  return linux.rootfsPropagation ? ROOTFS_PROPAGATION[linux.rootfsPropagation] : 0;
}

/** Without a mount namespace the container's root is entered by chroot(2), and what is mounted in it is seen from inside only. */
export function hasMountNamespace({ linux }: PlanInput): boolean {
  return hasNamespace(linux, 'mount');
}

/** The container has mounts of its own: in its namespace, or in a tree that is in none. */
export function hasMounts(input: PlanInput): boolean {
  return hasMountNamespace(input) || input.mounts.length > 0;
}

/**
 * What the mounts of a bind's source become before they are attached. They are cloned in the runtime's namespace, where they
 * may be shared with the host: by default they are made slaves of it, so that nothing mounted on them shows up on the host.
 * `shared` keeps them as they are, which is what it is asked for; `private` cuts them off.
 */
export function sourcePropagation(input: PlanInput): number {
  const type = rootfsPropagation(input) & ~MS_REC;
  if (type === MS_SHARED) return 0;
  return type === MS_PRIVATE || type === MS_UNBINDABLE ? MS_PRIVATE : MS_SLAVE;
}

/**
 * The root filesystem's mount becomes part of the namespace, and the namespace is cut off from the host's.
 * - The parent is private first: attaching to a shared mount would attach on the host too, and pivot_root(2) refuses it.
 * - The cut comes after the root is attached, so that it covers the root's own mounts: they were cloned from the host's and
 *   would otherwise carry /proc, /dev, … of the container there. Nothing is mounted in between.
 * - `shared` is no exception: it makes a new peer group (config-linux.md § Rootfs Mount Propagation), see `rootPropagation`.
 */
export const attachRoot: Planner = (input) => {
  const { rootfs: path } = input.bundle;
  if (!hasMounts(input)) return [planned({ step: 'root_open', directory: { open: 'directory', path } }, '/root/path')];
  if (!hasMountNamespace(input))
    return [planned({ step: 'root_detached', tree: { open: 'rootfs', path }, origin: '' }, '/root/path')];
  const flags = sourcePropagation(input) === MS_PRIVATE ? MS_PRIVATE : MS_SLAVE;
  return [
    planned({ step: 'parent_private', path }, '/root/path'),
    planned({ step: 'root_attach', tree: { open: 'rootfs', path }, path, origin: '' }, '/root/path'),
    planned({ step: 'propagation', flags, recursive: 1 }, input.linux.rootfsPropagation ? configured : ''),
  ];
};

/** From here to {@link leaveRoot} no path can name a file of the host, whatever symlinks the image holds. */
export const enterRoot: Planner = (input) => (hasMounts(input) ? [planned({ step: 'root_enter' })] : []);

/** Back to the host's root: hooks want its paths, and pivot_root(2) refuses a process that is chrooted. */
export const leaveRoot: Planner = (input) => (hasMounts(input) ? [planned({ step: 'root_leave' })] : []);

/** The root filesystem becomes "/". */
export const switchRoot: Planner = (input) => {
  if (!hasMountNamespace(input)) return [planned({ step: 'chroot' }, '/root/path')];
  const { rootfs: path } = input.bundle;
  return [planned(input.options.noPivot ? { step: 'move_root', path } : { step: 'pivot_root' }, '/root/path')];
};

/** `linux.rootfsPropagation` of the container's "/"; private it is already. */
export const rootPropagation: Planner = (input) => {
  const flags = rootfsPropagation(input);
  if (!hasMountNamespace(input) || flags === 0 || flags & MS_PRIVATE) return [];
  return [planned({ step: 'root_propagation', flags: flags & ~MS_REC, recursive: flags & MS_REC ? 1 : 0 }, configured)];
};

/** `root.readonly` */
export const rootReadonly: Planner = (input) =>
  hasMountNamespace(input) && input.config.root?.readonly ? [planned({ step: 'root_readonly' }, '/root/readonly')] : [];
