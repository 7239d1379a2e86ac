import { openAuditLog } from '../host/audit.ts';
import type { Native } from '../native/contract.ts';
import { POLLIN } from '../native/poll-events.ts';
import { callLog, endingOfDead, watchDeath } from './death-watch.ts';
import type { Ending } from './ending.ts';
import { findContainer } from './find.ts';

/**
 * Waits until the init of a container has ended, and tells how. Nothing is changed and nothing is locked, so that any number may wait,
 * and the container may be deleted meanwhile. Throws a Failure when there is no such container.
 */
export function waitForContainer(native: Native, root: string, id: string): Ending {
  const { record, directory } = findContainer(native, root, id);
  // before the process is looked at: what is heard later than it ends would be missed
  const audit = record.seccomp === undefined ? undefined : openAuditLog(native);
  const calls = callLog(native, audit);
  const death = watchDeath(native, record, directory);
  if (death === undefined) return endingOfDead(native, record, calls);
  for (;;) {
    const others = audit === undefined ? [] : [{ fd: audit.fd, events: POLLIN }];
    const [ended] = native.poll([...death.polls(), ...others], -1);
    if (ended !== 0) return death.ending(calls);
    death.oomHappened();
    calls.take();
  }
}
