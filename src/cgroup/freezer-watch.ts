import { addWatch, IN_MODIFY, removeWatch } from '../host/inotify.ts';
import type { Fd, Native } from '../native/contract.ts';
import { followFile } from './changing-file.ts';
import { type Cgroups, openCgroup, unifiedDirectory } from './directory.ts';
import { isFrozen } from './freezer.ts';
import { waitUntil } from './wait.ts';

/** Tells when a container is paused, or goes on. */
export interface FreezerWatch {
  /** what poll(2) is to wait for; undefined on v1 */
  poll(): { readonly fd: Fd; readonly events: number } | undefined;
  /** the watch of the shared inotify, on v1 */
  readonly watch: number | undefined;
  /** Whether it is frozen now. To be asked when one of the two has told. */
  frozen(): boolean;
  close(): void;
}

/** v1: how long what somebody has just written may take, in milliseconds */
const settling = 50;

/**
 * Watches the freezer of a container. v2 tells of changes in cgroup.events; of v1's freezer.state only who writes it is seen, by
 * `inotify`: a runtime that pauses writes until it is frozen. The caller closes it.
 */
export function watchFreezer(native: Native, inotify: Fd, cgroups: Cgroups): FreezerWatch {
  const own = cgroups.directories.find(({ version, controllers }) => version === 1 && controllers.includes('freezer'));
  return own === undefined ? watchVersion2(native, cgroups) : watchVersion1(native, inotify, cgroups, own.path);
}

function watchVersion1(native: Native, inotify: Fd, cgroups: Cgroups, path: string): FreezerWatch {
  const watch = addWatch(native, inotify, `${path}/freezer.state`, IN_MODIFY);
  let before = isFrozen(native, cgroups);
  return {
    poll: () => undefined,
    watch,
    frozen: () => {
      if (waitUntil(native, settling, () => isFrozen(native, cgroups) !== before)) before = !before;
      return before;
    },
    close: () => {
      if (watch !== undefined) removeWatch(native, inotify, watch);
    },
  };
}

function watchVersion2(native: Native, cgroups: Cgroups): FreezerWatch {
  const path = unifiedDirectory(cgroups.directories)?.path;
  const directory = path === undefined ? undefined : openCgroup(native, path);
  const events = directory === undefined ? undefined : followFile(native, directory, 'cgroup.events');
  events?.read();
  return {
    poll: () => events?.poll(),
    watch: undefined,
    frozen: () => events?.read()?.includes('frozen 1') ?? false,
    close: () => {
      events?.close();
      if (directory !== undefined) native.close(directory);
    },
  };
}
