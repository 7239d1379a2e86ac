import type { LinuxNamespaceType } from '../oci/types.ts';
import { cgroupMount } from './cgroup-mount.ts';
import type { MountEntry } from './mount-entry.ts';
import { readonlyAtTheEnd } from './mount-entry.ts';
import { withMountLabel } from './mount-label.ts';
import { bindStep, mountStep, readonlyStep, remountStep } from './mount-steps.ts';
import { hasNamespace } from './namespaces.ts';
import type { PlannedStep } from './plan.ts';
import type { PlanInput, Planner } from './planner.ts';
import { hasMounts } from './rootfs.ts';
import { isInUserNamespace } from './user-namespace.ts';

/** Filesystems that show a namespace, and may be mounted only by whom that belongs to; and where the host has them. */
const ofNamespace: Readonly<Record<string, { readonly namespace: LinuxNamespaceType; readonly host: string }>> = {
  sysfs: { namespace: 'network', host: '/sys' },
  mqueue: { namespace: 'ipc', host: '/dev/mqueue' },
  proc: { namespace: 'pid', host: '/proc' },
};

/** A new filesystem, or the host's, which shows the same where the namespace is the host's and so no user namespace's. */
function newMount(entry: MountEntry, input: PlanInput): PlannedStep {
  const shared = ofNamespace[entry.type];
  const possible = shared === undefined || hasNamespace(input.linux, shared.namespace) || !isInUserNamespace(input);
  // parameters (hidepid=2) would be the host's too
  if (possible || entry.options.data.length > 0) return mountStep(withMountLabel(entry, input));
  const options = { ...entry.options, bind: { recursive: true } };
  return bindStep({ ...entry, kind: 'bind', source: shared.host, options }, input);
}

function mountSteps(entry: MountEntry, input: PlanInput): readonly PlannedStep[] {
  if (entry.kind === 'bind') return [bindStep(entry, input)];
  if (entry.kind === 'new') return [newMount(entry, input)];
  if (entry.kind === 'remount') return [remountStep(entry)];
  return cgroupMount(entry, input);
}

/** `mounts`, in listed order (config.md § Mounts). */
export const mounts: Planner = (input) =>
  hasMounts(input) ? input.mounts.flatMap((entry) => mountSteps(entry, input)) : [];

/** Read-only for the mounts that had to stay writable until everything was made in them. */
export const readonlyMounts: Planner = (input) =>
  hasMounts(input) ? input.mounts.filter(readonlyAtTheEnd).map(readonlyStep) : [];
