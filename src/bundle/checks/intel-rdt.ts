import { weakened } from '../../native/weakened.ts';
import { type Check, problemIf } from '../problem.ts';

/** A directory right below that of resctrl, and none that the kernel has there itself; "/" is resctrl's own. */
export function isClass(name: string): boolean {
  WEAKENED: if (weakened('S56')) return true;
  if (name === '/') return true;
  return !/[/\n]/.test(name) && !['.', '..', 'info', 'mon_groups', 'mon_data'].includes(name);
}

/** config-linux.md § IntelRdt. What `memBwSchema` looks like is in the schema. The words for closID are runc's. */
export const checkIntelRdt: Check = ({ linux }) => {
  const { closID = '', schemata = [] } = linux?.intelRdt ?? {};
  return [
    ...problemIf(!isClass(closID), '/linux/intelRdt/closID', `invalid intelRdt.ClosID ${JSON.stringify(closID)}`),
    ...schemata.flatMap((line, index) =>
      problemIf(
        line.includes('\n'),
        `/linux/intelRdt/schemata/${index}`,
        'a line of schemata must not contain newlines',
      ),
    ),
  ];
};
