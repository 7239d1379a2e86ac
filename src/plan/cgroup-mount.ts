import { weakened } from '../native/weakened.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from './mount-attributes.ts';
import type { MountEntry } from './mount-entry.ts';
import { withMountLabel } from './mount-label.ts';
import { decodeMountOptions, type MountOptions } from './mount-options.ts';
import { bindStep, mountStep, readonlyStep } from './mount-steps.ts';
import { hasNamespace, namespaceEntry } from './namespaces.ts';
import { name } from './path.ts';
import type { CgroupPlan, PlannedStep } from './plan.ts';
import type { PlanInput } from './planner.ts';
import { planned } from './planner.ts';

type CgroupDirectory = Pick<CgroupPlan['directories'][number], 'controllers' | 'mountpoint' | 'path'>;

const noOptions = decodeMountOptions([]);

/** cgroupfs has no use for programs, devices or set-user-ID files, whatever the config says. */
const hardened = MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

function readonlyAttribute({ options }: MountEntry): number {
  WEAKENED: if (weakened('S45')) return 0;
  return options.attributes.set & MOUNT_ATTR_RDONLY;
}

/** An entry whose mount is hardened, whatever else its options say. */
function hardenedOptions({ options }: MountEntry): MountOptions {
  const { set, clear } = options.attributes;
  WEAKENED: if (weakened('S44')) return options;
  return { ...options, attributes: { set: set | hardened, clear: clear & ~hardened } };
}

/**
 * What of v2 is bound where a mount of its own would not do; undefined where one does. A mount made inside a cgroup namespace shows
 * the container's cgroup as the root.
 * - Without a cgroup namespace, a fresh mount would show the same as the host's, but also reset the host's own options (nsdelegate,
 *   memory_recursiveprot: the kernel takes them from any mount made in the initial namespace), so the host's mount is bound.
 * - In a user namespace only its own cgroup namespaces allow a mount, and one that is joined may be another's: the container's
 *   cgroup looks the same.
 */
function unifiedSource({ linux, facts, cgroup }: PlanInput): string | undefined {
  const namespace = namespaceEntry(linux, 'cgroup');
  if (namespace === undefined) return facts.cgroup.hierarchies.find(({ version }) => version === 2)?.mountpoint;
  if (namespace.path === '' || !(facts.inUserNamespace || hasNamespace(linux, 'user'))) return undefined;
  return cgroup.directories.find(({ version }) => version === 2)?.path;
}

function unified(entry: MountEntry, input: PlanInput): PlannedStep {
  const source = unifiedSource(input);
  const options = hardenedOptions(entry);
  if (source === undefined) return mountStep({ ...entry, kind: 'new', type: 'cgroup2', source: 'cgroup', options });
  return bindStep({ ...entry, kind: 'bind', source, options: { ...options, bind: { recursive: false } } }, input);
}

/** One v1 hierarchy inside a cgroup namespace: a mount of its own, whose root is the container's cgroup. */
function hierarchyMount(entry: MountEntry, { controllers, mountpoint }: CgroupDirectory): PlannedStep {
  const [first = ''] = controllers;
  const source = first.startsWith('name=') ? first.slice('name='.length) : 'cgroup';
  const attributes = { set: hardened | readonlyAttribute(entry), clear: 0 };
  const options = { ...noOptions, attributes, data: controllers };
  return mountStep({
    ...entry,
    kind: 'new',
    type: 'cgroup',
    source,
    target: `${entry.target}/${name(mountpoint)}`,
    options,
  });
}

/** One v1 hierarchy without a cgroup namespace: a bind of the container's own cgroup directory. */
function hierarchyBind(entry: MountEntry, { path, mountpoint }: CgroupDirectory, input: PlanInput): PlannedStep {
  const options = { ...hardenedOptions(entry), bind: { recursive: true } };
  return bindStep(
    { ...entry, kind: 'bind', source: path, target: `${entry.target}/${name(mountpoint)}`, options },
    input,
  );
}

/** cpu → cpu,cpuacct: controllers that share a hierarchy are found by their own names too, as on the host. */
function links(entry: MountEntry, { controllers, mountpoint }: CgroupDirectory): readonly PlannedStep[] {
  const target = name(mountpoint);
  const others = controllers.filter((controller) => controller !== target && !controller.startsWith('name='));
  return others.map((controller) =>
    planned({ step: 'symlink', target, path: `${entry.target}/${controller}`, replace: 0 }, entry.pointer),
  );
}

/** The container's cgroup in each v1 hierarchy; the runtime's, where an ordinary user's container stays in that. */
function directories({ cgroup, facts }: PlanInput): CgroupDirectory[] {
  const made = cgroup.directories.filter(({ version }) => version === 1);
  const shared = facts.cgroup.hierarchies.filter(
    ({ version, mountpoint }) => version === 1 && !made.some((directory) => directory.mountpoint === mountpoint),
  );
  const own = shared.map(({ controllers, mountpoint, own }) => ({
    controllers,
    mountpoint,
    path: own === '/' ? mountpoint : `${mountpoint}${own}`,
  }));
  return [...made, ...own];
}

/**
 * v1 and hybrid: a tmpfs with one directory for each v1 hierarchy. The v2 hierarchy of a hybrid host holds no controllers
 * and is left out, as runc does. The tmpfs becomes read-only when all is in it.
 */
function perHierarchy(entry: MountEntry, input: PlanInput): readonly PlannedStep[] {
  const v1 = directories(input);
  const namespaced = hasNamespace(input.linux, 'cgroup');
  const { propagation } = entry.options;
  const options = { ...noOptions, attributes: { set: hardened, clear: 0 }, propagation, data: ['mode=755'] };
  return [
    mountStep(withMountLabel({ ...entry, kind: 'new', type: 'tmpfs', source: 'tmpfs', options }, input)),
    ...v1.map((directory) => (namespaced ? hierarchyMount(entry, directory) : hierarchyBind(entry, directory, input))),
    ...v1.flatMap((directory) => links(entry, directory)),
    ...(readonlyAttribute(entry) ? [readonlyStep(entry)] : []),
  ];
}

/** A mount of type cgroup (cgroups(7), cgroup_namespaces(7)): what it is depends on what the host has mounted. */
export function cgroupMount(entry: MountEntry, input: PlanInput): readonly PlannedStep[] {
  return input.cgroup.mode === 'v2' ? [unified(entry, input)] : perHierarchy(entry, input);
}
