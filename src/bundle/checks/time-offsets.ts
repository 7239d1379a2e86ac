import { namespaceEntry } from '../../plan/namespaces.ts';
import { type Check, problemIf } from '../problem.ts';

/** time_namespaces(7): the clocks that a time namespace has offsets for. */
const clocks: readonly string[] = ['monotonic', 'boottime'];

const nanosecondsPerSecond = 1_000_000_000;

/** config-linux.md § Offset for Time Namespace. Offsets can be written only before a process is in the namespace. */
export const checkTimeOffsets: Check = ({ linux = {} }) => {
  const offsets = Object.entries(linux.timeOffsets ?? {});
  if (offsets.length === 0) return [];
  const time = namespaceEntry(linux, 'time');
  return [
    ...problemIf(
      time === undefined,
      '/linux/timeOffsets',
      "time namespace offsets specified, but time namespace isn't enabled in the config",
    ),
    ...problemIf(
      (time?.path ?? '') !== '',
      '/linux/timeOffsets',
      'time namespace enabled, but both namespace path and time offsets specified -- you may only provide one',
    ),
    ...offsets.flatMap(([clock, { nanosecs }]) => [
      ...problemIf(!clocks.includes(clock), ['linux', 'timeOffsets', clock], `clock "${clock}" has no offset`),
      ...problemIf(
        nanosecs >= nanosecondsPerSecond,
        ['linux', 'timeOffsets', clock, 'nanosecs'],
        `must be less than ${nanosecondsPerSecond}, is ${nanosecs}`,
      ),
    ]),
  ];
};
