import type { Linux, LinuxNamespace, LinuxNamespaceType } from '../oci/types.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/**
 * Namespace types and their CLONE_NEW* flags (namespaces(7)), in the order in which existing ones are joined: user first,
 * because it gives the rights over the others; mnt late, because with it the host's paths go; cgroup and time have no
 * bearing on the others. `features` lists the names.
 */
export const NAMESPACES: Readonly<Record<LinuxNamespaceType, number>> = {
  user: 0x10000000,
  ipc: 0x08000000,
  uts: 0x04000000,
  network: 0x40000000,
  pid: 0x20000000,
  mount: 0x00020000,
  cgroup: 0x02000000,
  time: 0x00000080,
};

/** What the kernel calls the types: in /proc/PID/ns and in the sysctls user.max_*_namespaces. namespaces(7) */
export const NAMESPACE_NAMES: Readonly<Record<LinuxNamespaceType, string>> = {
  user: 'user',
  ipc: 'ipc',
  uts: 'uts',
  network: 'net',
  pid: 'pid',
  mount: 'mnt',
  cgroup: 'cgroup',
  time: 'time',
};

const types = Object.keys(NAMESPACES) as LinuxNamespaceType[];

/** What the config says of one namespace: its index in /linux/namespaces and its path, '' for a new one. */
export interface NamespaceEntry {
  readonly type: LinuxNamespaceType;
  readonly path: string;
  readonly pointer: string;
}

/** The entry for `type`; undefined when the container stays in the runtime's namespace. */
export function namespaceEntry(linux: Linux, type: LinuxNamespaceType): NamespaceEntry | undefined {
  const index = indexOf(linux, type);
  const entry = linux.namespaces?.[index];
  return entry && { type, path: entry.path ?? '', pointer: `/linux/namespaces/${index}` };
}

/** Of the entry for `type` in /linux/namespaces, or -1. */
function indexOf({ namespaces = [] }: Linux, type: LinuxNamespaceType): number {
  return namespaces.findIndex((entry) => entry.type === type);
}

/** The container has a namespace of this type that is not simply the runtime's: a new one or one joined by path. */
export function hasNamespace(linux: Linux, type: LinuxNamespaceType): boolean {
  return indexOf(linux, type) >= 0;
}

/** The entry of a namespace that is made for the container; undefined when it is joined or the runtime's. */
export function newNamespace(linux: Linux, type: LinuxNamespaceType): NamespaceEntry | undefined {
  const entry = namespaceEntry(linux, type);
  return entry?.path === '' ? entry : undefined;
}

/** Made or joined in the order that their rights need, see {@link cloneFlags} and {@link unshareOwned}. */
const madeLater: ReadonlySet<string> = new Set(['cgroup', 'time']);

/** The entries of the namespaces that are made for the container. */
function made({ namespaces = [] }: Linux): readonly LinuxNamespace[] {
  return namespaces.filter(({ type, path = '' }) => path === '' && !madeLater.has(type));
}

function mask(entries: readonly LinuxNamespace[]): number {
  return entries.reduce((flags, { type }) => flags | NAMESPACES[type], 0);
}

/**
 * The flags for clone3(2). A cgroup namespace is not among them: its root is the cgroup that the process is in when it is
 * made, and on v1 init joins only later. A time namespace is not either: it must get its offsets before anything enters it.
 * With a user namespace only that and the pid namespace are: what else is made while nobody is mapped in it belongs to nobody, as
 * the root directory of a new mqueue does, and nobody in the container could write there.
 */
export function cloneFlags(linux: Linux): number {
  const own = made(linux);
  return mask(hasNamespace(linux, 'user') ? own.filter(({ type }) => type === 'user' || type === 'pid') : own);
}

/** What the root of the container's user namespace makes itself, so that all of it is its own. */
export const unshareOwned: Planner = ({ linux }) => {
  const flags = hasNamespace(linux, 'user') ? mask(made(linux)) & ~(NAMESPACES.user | NAMESPACES.pid) : 0;
  return flags === 0 ? [] : [planned({ step: 'unshare', flags }, '/linux/namespaces')];
};

/**
 * What init is born in where there is a user namespace, which is the last: from inside it init could join only what belongs to that, and
 * a new pid namespace is to belong to it too. A time namespace it joins itself: setns(2) wants a process with memory of its own.
 */
export function joinedBefore(linux: Linux): NamespaceEntry[] {
  if (!hasNamespace(linux, 'user')) return [];
  const entries = types.map((type) => namespaceEntry(linux, type));
  const joined = entries.flatMap((entry) => (entry && entry.path !== '' && entry.type !== 'time' ? [entry] : []));
  const isUser = ({ type }: NamespaceEntry) => type === 'user';
  return [...joined.filter((entry) => !isUser(entry)), ...joined.filter(isUser)];
}

/** Host path of the pid namespace to start in. setns(2) moves only later children, so this is no step of init. */
export function pidNamespace(linux: Linux): string | undefined {
  if (hasNamespace(linux, 'user')) return undefined;
  return linux.namespaces?.[indexOf(linux, 'pid')]?.path || undefined;
}

/** setns(2) into every namespace that has a path, but for those of {@link joinedBefore}. */
export const joinNamespaces: Planner = ({ linux }) =>
  (hasNamespace(linux, 'user') ? (['time'] as const) : types).flatMap((type) => {
    const index = indexOf(linux, type);
    const path = linux.namespaces?.[index]?.path ?? '';
    if (path === '' || type === 'pid') return [];
    const namespace = { open: 'namespace', path, type: NAMESPACES[type] } as const;
    return [planned({ step: 'setns', namespace, type: NAMESPACES[type], path }, `/linux/namespaces/${index}`)];
  });

/** A new cgroup namespace, made by the process that has joined the container's cgroup. cgroup_namespaces(7) */
export const unshareCgroup: Planner = ({ linux }) => {
  const entry = newNamespace(linux, 'cgroup');
  return entry ? [planned({ step: 'unshare', flags: NAMESPACES.cgroup }, entry.pointer)] : [];
};

/** `lo` is down in a network namespace that was just made; in a joined one it is its owner's business. */
export const loopback: Planner = ({ linux }) => {
  const entry = newNamespace(linux, 'network');
  return entry ? [planned({ step: 'loopback_up' }, entry.pointer)] : [];
};

/** The namespaces that are not simply the runtime's, new or joined by path, as one mask of CLONE_NEW*. */
export function namespaceMask({ namespaces = [] }: Linux): number {
  return mask(namespaces);
}
