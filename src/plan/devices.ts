import type { LinuxDevice } from '../oci/types.ts';
import { clean, parent } from './path.ts';
import type { PlannedStep } from './plan.ts';
import type { PlanInput, Planner } from './planner.ts';
import { planned } from './planner.ts';
import { hasMounts, sourcePropagation } from './rootfs.ts';
import { isInUserNamespace } from './user-namespace.ts';

/** `type` of a device and the file type it stands for. mknod(2), inode(7) */
export const DEVICE_TYPES: Readonly<Record<string, number>> = { c: 0o020000, u: 0o020000, b: 0o060000, p: 0o010000 };

/** config-linux.md § Default Devices; console and ptmx are not nodes of ours. */
export const DEFAULT_DEVICES: readonly Required<Omit<LinuxDevice, 'fileMode' | 'uid' | 'gid'>>[] = [
  { path: '/dev/null', type: 'c', major: 1, minor: 3 },
  { path: '/dev/random', type: 'c', major: 1, minor: 8 },
  { path: '/dev/full', type: 'c', major: 1, minor: 7 },
  { path: '/dev/tty', type: 'c', major: 5, minor: 0 },
  { path: '/dev/zero', type: 'c', major: 1, minor: 5 },
  { path: '/dev/urandom', type: 'c', major: 1, minor: 9 },
];

/** config-linux.md § Dev symbolic links */
const LINKS: readonly (readonly [path: string, target: string])[] = [
  ['/dev/fd', '/proc/self/fd'],
  ['/dev/stdin', '/proc/self/fd/0'],
  ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'],
];

interface PlannedDevice {
  readonly pointer: string;
  readonly path: string;
  readonly device: LinuxDevice;
}

/** /dev is the container's own to fill: there are mounts, and none of them binds the host's there. */
export function ownsDev(input: PlanInput): boolean {
  return hasMounts(input) && !input.mounts.some(({ kind, target }) => kind === 'bind' && target === '/dev');
}

/** The configured devices after the default ones that they do not replace. */
function devicesOf({ linux }: PlanInput): PlannedDevice[] {
  const configured = (linux.devices ?? []).map((device, index) => ({
    pointer: `/linux/devices/${index}`,
    path: clean(`/${device.path}`),
    device,
  }));
  const paths = new Set(configured.map(({ path }) => path));
  const defaults = DEFAULT_DEVICES.filter(({ path }) => !paths.has(path));
  // ptmx is the symlink that `pseudoterminals` makes: a node would be the host's instance of devpts
  const wanted = configured.filter(({ path }) => path !== '/dev/ptmx');
  return [...defaults.map((device) => ({ pointer: '', path: device.path, device })), ...wanted];
}

/** S_IFIFO: no device, and no right is needed to make one */
const fifo = 0o010000;

/** The host's own node, where nobody may make one: mknod(2) needs CAP_MKNOD in the initial user namespace. */
function boundDevice({ path, device, pointer }: PlannedDevice, type: number, input: PlanInput): PlannedStep {
  const { major = 0, minor = 0 } = device;
  const tree = { open: 'device', path, type, major: Number(major), minor: Number(minor) } as const;
  const unchanged = { origin: '', recursive: 0, set: 0, clear: 0, recursiveSet: 0, recursiveClear: 0, propagation: [] };
  const from = sourcePropagation(input);
  return planned({ step: 'bind', tree, source: path, target: path, ...unchanged, sourcePropagation: from }, pointer);
}

function deviceStep(entry: PlannedDevice, input: PlanInput): PlannedStep {
  const { path, device, pointer } = entry;
  const { fileMode = 0o666, uid = 0, gid = 0, major = 0, minor = 0 } = device;
  const type = DEVICE_TYPES[device.type] ?? 0;
  if (type !== fifo && isInUserNamespace(input)) return boundDevice(entry, type, input);
  // some engines copy st_mode with the file type into fileMode
  const mode = fileMode & 0o7777;
  return planned({ step: 'device', path, type, major: Number(major), minor: Number(minor), mode, uid, gid }, pointer);
}

/** The directories of the devices; of those, a mount at /dev is there already. */
function directories(devices: readonly PlannedDevice[], input: PlanInput): readonly PlannedStep[] {
  const made = new Set(['/']);
  if (input.mounts.some(({ target }) => target === '/dev')) made.add('/dev');
  return devices.flatMap(({ path, pointer }) => {
    const directory = parent(path);
    if (made.has(directory)) return [];
    made.add(directory);
    return [planned({ step: 'mkdir', path: directory, mode: 0o755 }, pointer)];
  });
}

/** Default and configured devices. */
export const devices: Planner = (input) => {
  if (!ownsDev(input)) return [];
  const all = devicesOf(input);
  return [...directories(all, input), ...all.map((device) => deviceStep(device, input))];
};

/** /dev/ptmx leads to the container's own instance of devpts, whatever the image has there. pts(4) */
export const pseudoterminals: Planner = (input) =>
  ownsDev(input) ? [planned({ step: 'symlink', target: 'pts/ptmx', path: '/dev/ptmx', replace: 1 })] : [];

/** The symbolic links of /dev; what exists stays. */
export const devSymlinks: Planner = (input) => {
  if (!ownsDev(input)) return [];
  const links = input.facts.kcore ? [...LINKS, ['/dev/core', '/proc/kcore'] as const] : LINKS;
  return links.map(([path, target]) => planned({ step: 'symlink', target, path, replace: 0 }));
};
