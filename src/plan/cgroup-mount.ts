import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from './mount-attributes.ts';
import type { MountEntry } from './mount-entry.ts';
import { decodeMountOptions } from './mount-options.ts';
import { bindStep, mountStep, readonlyStep } from './mount-steps.ts';
import { hasNamespace } from './namespaces.ts';
import { name } from './path.ts';
import type { CgroupPlan, PlannedStep } from './plan.ts';
import type { PlanInput } from './planner.ts';
import { planned } from './planner.ts';

type CgroupDirectory = CgroupPlan['directories'][number];

const noOptions = decodeMountOptions([]);

/** cgroupfs has no use for programs, devices or set-user-ID files, whatever the config says. */
const hardened = MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

function readonlyAttribute({ options }: MountEntry): number {
  return options.attributes.set & MOUNT_ATTR_RDONLY;
}

/**
 * v2 with a cgroup namespace: a mount of cgroup2 made inside it shows the container's cgroup as the root. Without one, a
 * fresh mount would show the same as the host's, but also reset the host's own options (nsdelegate, memory_recursiveprot:
 * the kernel takes them from any mount made in the initial namespace), so the host's mount is bound.
 */
function unified(entry: MountEntry, input: PlanInput): PlannedStep {
  const host = input.facts.cgroup.hierarchies.find(({ version }) => version === 2);
  if (hasNamespace(input.linux, 'cgroup') || host === undefined) {
    return mountStep({ ...entry, kind: 'new', type: 'cgroup2', source: 'cgroup' });
  }
  const options = { ...entry.options, bind: { recursive: false } };
  return bindStep({ ...entry, kind: 'bind', source: host.mountpoint, options }, input);
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
  const options = { ...entry.options, bind: { recursive: true } };
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

/**
 * v1 and hybrid: a tmpfs with one directory for each v1 hierarchy. The v2 hierarchy of a hybrid host holds no controllers
 * and is left out, as runc does. The tmpfs becomes read-only when all is in it.
 */
function perHierarchy(entry: MountEntry, input: PlanInput): readonly PlannedStep[] {
  const v1 = input.cgroup.directories.filter(({ version }) => version === 1);
  const namespaced = hasNamespace(input.linux, 'cgroup');
  const { propagation } = entry.options;
  const options = { ...noOptions, attributes: { set: hardened, clear: 0 }, propagation, data: ['mode=755'] };
  return [
    mountStep({ ...entry, kind: 'new', type: 'tmpfs', source: 'tmpfs', options }),
    ...v1.map((directory) => (namespaced ? hierarchyMount(entry, directory) : hierarchyBind(entry, directory, input))),
    ...v1.flatMap((directory) => links(entry, directory)),
    ...(readonlyAttribute(entry) ? [readonlyStep(entry)] : []),
  ];
}

/** A mount of type cgroup (cgroups(7), cgroup_namespaces(7)): what it is depends on what the host has mounted. */
export function cgroupMount(entry: MountEntry, input: PlanInput): readonly PlannedStep[] {
  return input.cgroup.mode === 'v2' ? [unified(entry, input)] : perHierarchy(entry, input);
}
