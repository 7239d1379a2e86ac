import type { LinuxTimeOffset } from '../oci/types.ts';
import { newNamespace } from './namespaces.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** One line of /proc/PID/timens_offsets. time_namespaces(7) */
function line(clock: string, offset: LinuxTimeOffset | undefined): string {
  return offset ? `${clock} ${offset.secs ?? 0} ${offset.nanosecs ?? 0}\n` : '';
}

/** A new time namespace, with `linux.timeOffsets` written before anything enters it: afterwards the kernel refuses. */
export const newTimeNamespace: Planner = ({ linux }) => {
  const entry = newNamespace(linux, 'time');
  if (entry === undefined) return [];
  const { timeOffsets } = linux;
  const offsets = line('monotonic', timeOffsets?.monotonic) + line('boottime', timeOffsets?.boottime);
  return [planned({ step: 'time_namespace', offsets }, timeOffsets ? '/linux/timeOffsets' : entry.pointer)];
};
