import { cgroupMount } from './cgroup-mount.ts';
import type { MountEntry } from './mount-entry.ts';
import { readonlyAtTheEnd } from './mount-entry.ts';
import { bindStep, mountStep, readonlyStep, remountStep } from './mount-steps.ts';
import type { PlannedStep } from './plan.ts';
import type { PlanInput, Planner } from './planner.ts';
import { hasMounts } from './rootfs.ts';

function mountSteps(entry: MountEntry, input: PlanInput): readonly PlannedStep[] {
  if (entry.kind === 'bind') return [bindStep(entry, input)];
  if (entry.kind === 'remount') return [remountStep(entry)];
  return entry.kind === 'cgroup' ? cgroupMount(entry, input) : [mountStep(entry)];
}

/** `mounts`, in listed order (config.md § Mounts). */
export const mounts: Planner = (input) =>
  hasMounts(input) ? input.mounts.flatMap((entry) => mountSteps(entry, input)) : [];

/** Read-only for the mounts that had to stay writable until everything was made in them. */
export const readonlyMounts: Planner = (input) =>
  hasMounts(input) ? input.mounts.filter(readonlyAtTheEnd).map(readonlyStep) : [];
