import type { Fd, Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { weakened } from '../native/weakened.ts';
import {
  type CgroupDirectory,
  type Cgroups,
  readControl,
  unifiedDirectory,
  withCgroup,
  writeControl,
} from './directory.ts';
import { waitUntil } from './wait.ts';

/** How the freezer of one cgroup version is read and written. The kernel's cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst */
interface Freezer {
  readonly freeze: (native: Native, directory: Fd) => boolean;
  readonly thaw: (native: Native, directory: Fd) => boolean;
  readonly isFrozen: (native: Native, directory: Fd) => boolean;
  /** whether this very cgroup is to be frozen, be it so yet or not; that of a cgroup above it does not count */
  readonly isFreezing: (native: Native, directory: Fd) => boolean;
}

const version1: Freezer = {
  freeze: (native, directory) => writeControl(native, directory, 'freezer.state', 'FROZEN'),
  thaw: (native, directory) => writeControl(native, directory, 'freezer.state', 'THAWED'),
  isFrozen: (native, directory) => readControl(native, directory, 'freezer.state') === 'FROZEN\n',
  isFreezing: (native, directory) => readControl(native, directory, 'freezer.self_freezing') === '1\n',
};

const version2: Freezer = {
  freeze: (native, directory) => writeControl(native, directory, 'cgroup.freeze', '1'),
  thaw: (native, directory) => writeControl(native, directory, 'cgroup.freeze', '0'),
  isFrozen: (native, directory) => readControl(native, directory, 'cgroup.events')?.includes('frozen 1') ?? false,
  isFreezing: (native, directory) => readControl(native, directory, 'cgroup.freeze') === '1\n',
};

/** How long freezing may take: a process in an uninterruptible system call freezes when that ends. */
const freezeTimeout = 2_000;

/** The cgroup that freezes a container: v1 has a controller for it, which a hybrid host uses too; in v2 every cgroup can. */
function freezerOf({
  directories,
}: Cgroups): { readonly directory: CgroupDirectory; readonly freezer: Freezer } | undefined {
  const own = directories.find(({ version, controllers }) => version === 1 && controllers.includes('freezer'));
  if (own !== undefined) return { directory: own, freezer: version1 };
  const unified = unifiedDirectory(directories);
  return unified === undefined ? undefined : { directory: unified, freezer: version2 };
}

function withFreezer(native: Native, cgroups: Cgroups, use: (freezer: Freezer, directory: Fd) => boolean): boolean {
  const found = freezerOf(cgroups);
  if (found === undefined) return false;
  return withCgroup(native, found.directory.path, (directory) => use(found.freezer, directory)) ?? false;
}

/** True when all processes of the container are frozen. A cgroup or a file that is not there freezes nothing. */
export function isFrozen(native: Native, cgroups: Cgroups): boolean {
  return withFreezer(native, cgroups, (freezer, directory) => freezer.isFrozen(native, directory));
}

/** True when somebody has asked to freeze the container, whether or not all of its processes have stopped already. */
export function isFreezing(native: Native, cgroups: Cgroups): boolean {
  return withFreezer(native, cgroups, (freezer, directory) => freezer.isFreezing(native, directory));
}

/** Lets all processes of the container run on; false when there is no cgroup to thaw. */
export function thaw(native: Native, cgroups: Cgroups): boolean {
  WEAKENED: if (weakened('S51')) return true;
  return withFreezer(native, cgroups, (freezer, directory) => freezer.thaw(native, directory));
}

/**
 * Stops all processes of the container and waits until they are; false when there is no freezer.
 *
 * @throws Failure when they do not freeze in time; they are thawed again then, so that none hangs half frozen
 */
export function freeze(native: Native, cgroups: Cgroups): boolean {
  return withFreezer(native, cgroups, (freezer, directory) => {
    // v1 can stay FREEZING when a process forks meanwhile: writing the state once more freezes the child too.
    const frozen = waitUntil(native, freezeTimeout, () => {
      if (!freezer.freeze(native, directory)) return true;
      return freezer.isFrozen(native, directory);
    });
    if (frozen) return freezer.isFrozen(native, directory);
    freezer.thaw(native, directory);
    throw new Failure('unable to freeze the container: its processes did not stop in time');
  });
}
