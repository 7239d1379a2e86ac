import type { Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import type { ControlWrite } from '../plan/plan.ts';
import { readControl } from './directory.ts';
import { limitFailure, type OpenCgroup } from './limit-failure.ts';

/** What one write came to: 'again' when the kernel compares it with a value that is yet to be written. */
type Result = 'done' | 'again';

/** The name of a control file, by its path. */
export function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** config-linux.md § Memory, checkBeforeUpdate. A usage that cannot be read bounds nothing. runc's texts */
function checkUsage(native: Native, { directory }: OpenCgroup, { usage, pointer }: ControlWrite): void {
  if (usage === undefined) return;
  const text = readControl(native, directory, usage.file)?.trim() ?? '';
  if (!/^\d+$/.test(text)) return;
  const exceeded = usage.bounds.find(({ limit }) => limit <= BigInt(text));
  if (exceeded !== undefined)
    throw new Failure(`rejecting ${exceeded.name} ${exceeded.limit} <= usage ${text}`, pointer);
}

function attempt(native: Native, cgroup: OpenCgroup, write: ControlWrite): Result {
  const name = nameOf(write.file);
  try {
    native.writeControl(cgroup.directory, name, write.value);
    return 'done';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      const { otherwise, ...rest } = write;
      if (otherwise !== undefined) return attempt(native, cgroup, { ...rest, ...otherwise });
      if (write.optional) return 'done';
    }
    if (write.tolerated !== undefined && isErrno(error, write.tolerated)) return 'done';
    if (write.retried && isErrno(error, 'EINVAL')) return 'again';
    throw limitFailure(native, cgroup, name, write, error);
  }
}

/**
 * Writes the limits of one cgroup, in their order.
 *
 * @throws Failure with the pointer of the limit; what was written before stays
 */
export function writeControls(native: Native, cgroup: OpenCgroup, limits: readonly ControlWrite[]): void {
  for (const write of limits) checkUsage(native, cgroup, write);
  const refused = limits.filter((write) => attempt(native, cgroup, write) === 'again');
  for (const { retried: _, ...write } of refused) attempt(native, cgroup, write);
}
