import type { MountEntry } from './mount-entry.ts';
import type { PlanInput } from './planner.ts';

/** Filesystems that SELinux labels by itself: they take no context of a mount. As in runc */
const labelledByKernel: ReadonlySet<string> = new Set(['proc', 'sysfs', 'mqueue']);

/** A new filesystem with `linux.mountLabel`. mount(8) § FILESYSTEM-INDEPENDENT MOUNT OPTIONS, context= */
export function withMountLabel(
  entry: MountEntry,
  { linux: { mountLabel = '' } }: Pick<PlanInput, 'linux'>,
): MountEntry {
  if (mountLabel === '' || labelledByKernel.has(entry.type)) return entry;
  const { options } = entry;
  return { ...entry, options: { ...options, data: [...options.data, `context=${mountLabel}`] } };
}
