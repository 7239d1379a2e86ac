import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import type { LinuxResources } from '../oci/types.ts';
import type { ControlWrite } from '../plan/plan.ts';
import { applyLimits } from './create.ts';
import { type Cgroups, readControl, withCgroup } from './directory.ts';
import { effectiveResources, tellSystemd } from './driver.ts';
import { previousWrites } from './previous-limits.ts';
import { planLimits } from './settings.ts';

/** The rules of devices are not touched: some are set by others (a GPU's plugin), and engines send a rule that denies all. */
function isOfDevices({ file }: ControlWrite): boolean {
  return file.includes('/devices.', file.lastIndexOf('/'));
}

/** The writes that put back what the files hold now, in their order. */
function writesBack(native: Native, writes: readonly ControlWrite[]): ControlWrite[] {
  const alternatives = writes.flatMap((write) =>
    write.otherwise === undefined ? [write] : [write, { ...write, ...write.otherwise }],
  );
  const previous = alternatives.map((write) => {
    const path = write.file.slice(0, write.file.lastIndexOf('/'));
    return previousWrites(write, (name) =>
      withCgroup(native, path, (directory) => readControl(native, directory, name)),
    );
  });
  // what has to fit together does so in the reverse order, or when it is tried again after the others
  return previous
    .reverse()
    .flat()
    .map((write) => ({ ...write, retried: true }));
}

/** What cannot be put back is told with the failure that was the reason. */
function restore(native: Native, cgroups: Cgroups, limits: readonly ControlWrite[], reason: unknown): unknown {
  try {
    applyLimits(native, { ...cgroups, limits });
    return reason;
  } catch (error) {
    if (!(error instanceof Failure) || !(reason instanceof Error)) return reason;
    const pointer = reason instanceof Failure ? reason.pointer : '';
    return new Failure(`${reason.message}; unable to restore the limits before: ${error.message}`, pointer);
  }
}

/**
 * Changes limits of cgroups, all or none: what the files held before is read first, and written back when a write, systemd or `commit`,
 * which comes last, fails.
 *
 * @throws Failure with the pointer of the limit, below /linux/resources
 */
export function updateLimits(native: Native, cgroups: Cgroups, changes: LinuxResources, commit: () => void): void {
  const planned = planLimits(cgroups.directories, effectiveResources(cgroups, changes));
  const limits = planned.filter((write) => !isOfDevices(write));
  const before = writesBack(native, limits);
  try {
    applyLimits(native, { ...cgroups, limits });
    tellSystemd(native, cgroups, changes);
    commit();
  } catch (error) {
    throw restore(native, cgroups, before, error);
  }
}
