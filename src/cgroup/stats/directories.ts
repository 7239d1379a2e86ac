import type { Fd, Native } from '../../native/contract.ts';
import { type Cgroups, openCgroup, unifiedDirectory } from '../directory.ts';

/** The open cgroup of a container that a controller is in. */
export interface ControllerDirectory {
  readonly version: 1 | 2;
  readonly fd: Fd;
}

/** The cgroups of a container, open. */
export interface OpenCgroups {
  /** undefined when no hierarchy has the controller, or the cgroup is gone */
  controller(name: string): ControllerDirectory | undefined;
  /** the cgroup in the v2 hierarchy, which has some files whatever controllers are in it */
  readonly unified: Fd | undefined;
}

/** Opens each cgroup of a container once for `use`, and closes them all. */
export function withCgroups<T>(native: Native, { directories }: Cgroups, use: (open: OpenCgroups) => T): T {
  const opened: { readonly version: 1 | 2; readonly controllers: readonly string[]; readonly fd: Fd }[] = [];
  try {
    for (const { version, controllers, path } of directories) {
      const fd = openCgroup(native, path);
      if (fd !== undefined) opened.push({ version, controllers, fd });
    }
    return use({
      controller: (name) => opened.find(({ controllers }) => controllers.includes(name)),
      unified: unifiedDirectory(opened)?.fd,
    });
  } finally {
    for (const { fd } of opened) native.close(fd);
  }
}
