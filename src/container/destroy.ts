import { destroyCgroups } from '../cgroup/driver.ts';
import { killProcesses } from '../cgroup/processes.ts';
import type { Native } from '../native/contract.ts';
import { removeGroup } from '../resctrl/group.ts';
import { type ContainerDirectory, removeDirectory } from '../state/directory.ts';
import type { ProcessIdentity, Remains } from '../state/record.ts';
import { stateFile } from '../state/store.ts';
import { runPoststopHooks } from './hooks.ts';
import { isOfThisBoot } from './process-identity.ts';
import type { Report } from './report.ts';

/** With its init, as far as there was one. */
type RemainsOfInit = Remains & { readonly init?: ProcessIdentity };

/**
 * Removes every trace of a container whose init has ended: what is left of its processes, its cgroups, its state; then the
 * poststop hooks run. runtime.md § Lifecycle, steps 11 to 13. The state goes after everything that it names, so that a delete
 * that was killed can be repeated.
 */
export function destroy(native: Native, directory: ContainerDirectory, remains: RemainsOfInit, report: Report): void {
  if (remains.privatePidNamespace) destroyCgroups(native, remains.cgroup);
  else if (isOfThisBoot(native, remains.init)) {
    killProcesses(native, remains.cgroup);
    destroyCgroups(native, remains.cgroup);
  }
  if (remains.resctrl !== undefined) removeGroup(native, remains.resctrl);
  removeDirectory(native, directory, stateFile);
  runPoststopHooks(native, remains, report);
}
