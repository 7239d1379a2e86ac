import { ownsDev } from './devices.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';
import { hasMounts } from './rootfs.ts';

/** A standard stream that is the host's /dev/null becomes the container's, which its device rules are about. A terminal replaces all. */
export const stdioNull: Planner = (input) =>
  ownsDev(input) && !input.process.terminal ? [planned({ step: 'stdio_null' })] : [];

/** The same for a process of `exec`, which finds a /dev that is there already. */
export const stdioNullInside: Planner = (input) =>
  hasMounts(input) && !input.process.terminal ? [planned({ step: 'stdio_null' })] : [];

/** The process may reopen its streams (/dev/stdout is /proc/self/fd/1) only when they are its own. */
export const stdioOwner: Planner = ({ process }) => [
  planned({ step: 'stdio_owner', uid: process.user?.uid ?? 0 }, '/process/user/uid'),
];
