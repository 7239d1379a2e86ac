import { isFreezing, thaw } from '../cgroup/freezer.ts';
import type { Native } from '../native/contract.ts';
import { closeDirectory } from '../state/directory.ts';
import { lockContainer } from './find.ts';
import { currentStatus, guard } from './status.ts';

/**
 * Lets the processes of a paused container run on. Throws a Failure with the contract's text when it is not paused. A pause that
 * was killed half-way is taken back too.
 */
export function resumeContainer(native: Native, root: string, id: string): void {
  const { directory, record } = lockContainer(native, root, id);
  const status = currentStatus(native, directory, record);
  if (!isFreezing(native, record.cgroup)) guard('resume', status, id);
  thaw(native, record.cgroup);
  closeDirectory(native, directory);
}
