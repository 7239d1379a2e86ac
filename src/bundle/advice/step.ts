import { mountinfoLines } from '../../host/mountinfo.ts';
import type { Native } from '../../native/contract.ts';
import { isNativeError } from '../../native/failure.ts';
import { AT_FDCWD } from '../../native/open-flags.ts';
import type { Config } from '../../oci/types.ts';
import { hasNamespace, NAMESPACES } from '../../plan/namespaces.ts';
import type { Bundle } from '../bundle.ts';

/** What went wrong in a step, so far as it matters here. */
export interface StepFailure {
  /** its name, and the type of filesystem of a mount */
  readonly step: string;
  readonly type?: string;
  readonly code: string;
}

interface Reason {
  readonly holds: (failure: StepFailure, config: Config) => boolean;
  readonly say: (native: Native, config: Config, rootfs: string) => string;
}

const refusedMount =
  (type: string) =>
  (failure: StepFailure): boolean =>
    failure.step === 'mount' && failure.type === type && failure.code === 'EPERM';

/** Steps that make mounts. A tmpfs that is full is not among them: copying has a step's own words. */
const mounting: ReadonlySet<string> = new Set([
  'mount',
  'bind',
  'root_attach',
  'device',
  'masked_path',
  'readonly_path',
]);

/** Places below /proc that a mount of the host hides. A filesystem of the kernel's own there, such as binfmt_misc, hides nothing. */
function coveredPlaces(native: Native): string[] {
  const places = mountinfoLines(native)
    .filter(({ mountpoint, type }) => mountpoint.startsWith('/proc/') && type !== 'binfmt_misc' && type !== 'autofs')
    .map(({ mountpoint }) => mountpoint);
  return [...new Set(places)];
}

function few(places: readonly string[]): string {
  return places.length <= 3 ? places.join(', ') : `${places.slice(0, 3).join(', ')} and ${places.length - 3} more`;
}

const bindProc = '{ "destination": "/proc", "type": "bind", "source": "/proc", "options": ["rbind"] }';
const bindSys = '{ "destination": "/sys", "type": "bind", "source": "/sys", "options": ["rbind", "rro"] }';

/** mount_too_revealing of fs/namespace.c: nobody gets by a user namespace what is hidden from them. */
function procReason(native: Native): string {
  const covered = coveredPlaces(native);
  const what =
    covered.length === 0 ? 'the /proc here is not wholly visible' : `these are covered here: ${few(covered)}`;
  return (
    `a user namespace gets a new procfs only where all of one is visible, and ${what}; start the container around this one with ` +
    '--security-opt systempaths=unconfined (docker) or --security-opt unmask=ALL (podman), or bind the /proc that is here: put ' +
    `${bindProc} in place of this entry`
  );
}

function sysReason(): string {
  return `a user namespace gets a new sysfs only where all of one is visible; bind the /sys that is here: put ${bindSys} in place of this entry`;
}

/** Root of the container is somebody else's id on the host, who gets to the root filesystem as others do. path_resolution(7) */
function passageReason(native: Native, { linux = {} }: Config, rootfs: string): string {
  const ids = linux.uidMappings?.find(({ containerID }) => Number(containerID) === 0);
  if (ids === undefined) return '';
  const names = rootfs.split('/').slice(1);
  const closed = names
    .map((_, index) => `/${names.slice(0, index + 1).join('/')}`)
    .find((path) => {
      const found = native.stat(AT_FDCWD, path, 0);
      return found !== undefined && found.uid !== Number(ids.hostID) && (found.mode & 0o001) === 0;
    });
  if (closed === undefined) return '';
  return `root of the container is uid ${ids.hostID} of the host, and ${closed} lets only some users pass: chmod o+x ${closed}`;
}

function sysctl(native: Native, name: string): string {
  try {
    return native.readText(AT_FDCWD, `/proc/sys/${name.replaceAll('.', '/')}`, 64).trim();
  } catch (error) {
    if (isNativeError(error)) return '';
    throw error;
  }
}

/** The usual value of fs.mount-max; fs/namespace.c */
const usualMounts = 100_000;

/** sysctl fs.mount-max; Documentation/admin-guide/sysctl/fs.rst */
function mountReason(native: Native): string {
  const most = Number(sysctl(native, 'fs.mount-max'));
  if (!(most > 0)) return '';
  const there = mountinfoLines(native).length;
  const more = Math.max(usualMounts, 2 * most);
  return `a mount namespace may have ${most} mounts here, and the host's has ${there} already: root allows more by sysctl -w fs.mount-max=${more}`;
}

/** THE TABLE: the first that holds is told. */
const reasons: readonly Reason[] = [
  { holds: refusedMount('proc'), say: procReason },
  { holds: refusedMount('sysfs'), say: sysReason },
  {
    holds: ({ step, code }, { linux = {} }) =>
      code === 'EACCES' && (step === 'parent_private' || step.startsWith('root_')) && hasNamespace(linux, 'user'),
    say: passageReason,
  },
  { holds: ({ step, code }) => code === 'ENOSPC' && mounting.has(step), say: mountReason },
];

/** What is behind the failure of a step, and its cure; '' where the failure says all that is known. */
export function stepAdvice(native: Native, failure: StepFailure, { config, rootfs }: Bundle): string {
  return reasons.find(({ holds }) => holds(failure, config))?.say(native, config, rootfs) ?? '';
}

/** The sysctl that counts namespaces of a type; namespaces(7) § The /proc/sys/user directory */
const counted: Readonly<Record<string, keyof typeof NAMESPACES>> = {
  'user.max_pid_namespaces': 'pid',
  'user.max_net_namespaces': 'network',
  'user.max_mnt_namespaces': 'mount',
  'user.max_ipc_namespaces': 'ipc',
  'user.max_uts_namespaces': 'uts',
  'user.max_cgroup_namespaces': 'cgroup',
  'user.max_time_namespaces': 'time',
};

const enough = 15_000;

/**
 * Why clone3(2) or unshare(2) has no room for new namespaces: ENOSPC is also what a copy of the mounts ends with.
 *
 * @param flags CLONE_NEW*
 */
export function cloneAdvice(native: Native, code: string, flags: number): string {
  if (code !== 'ENOSPC') return '';
  const none = Object.entries(counted).find(
    ([name, type]) => (flags & NAMESPACES[type]) !== 0 && sysctl(native, name) === '0',
  );
  if (none === undefined) return mountReason(native);
  return `the sysctl ${none[0]} is 0; root allows it by sysctl -w ${none[0]}=${enough}`;
}
