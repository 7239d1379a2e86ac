import { freeze, thaw } from '../cgroup/freezer.ts';
import { hasPendingKill } from '../host/proc.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { closeDirectory } from '../state/directory.ts';
import type { ProcessIdentity } from '../state/record.ts';
import { lockContainer } from './find.ts';
import { openProcess } from './process-identity.ts';
import { currentStatus, guard } from './status.ts';

/**
 * Stops all processes of a container where they are, and returns when they stand still. Throws a Failure with the contract's text
 * when the container has stopped or is paused already. Under the container's lock, so that of two commands that use its
 * freezer neither takes back what the other has done.
 */
export function pauseContainer(native: Native, root: string, id: string): void {
  const { directory, record } = lockContainer(native, root, id);
  guard('pause', currentStatus(native, directory, record), id);
  const frozen = freeze(native, record.cgroup);
  // before what freezing came to: systemd takes away the cgroup of a container that has ended
  if (isBeingKilled(native, record.init)) {
    thaw(native, record.cgroup);
    throw new Failure('container not running', '', { code: 'STATUS' });
  }
  if (!frozen) throw new Failure('unable to freeze the container: its cgroup has no freezer');
  closeDirectory(native, directory);
}

/**
 * `kill` takes no lock: it sends SIGKILL and then thaws, this freezes and then looks. Whichever comes last sees the other, so that init
 * does not stay frozen with a SIGKILL that it cannot act on (v1: a frozen process does not die).
 */
function isBeingKilled(native: Native, identity: ProcessIdentity): boolean {
  const init = openProcess(native, identity);
  if (init === undefined) return true;
  native.close(init);
  return hasPendingKill(native, identity.pid);
}
