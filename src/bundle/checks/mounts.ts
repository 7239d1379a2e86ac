import { weakened } from '../../native/weakened.ts';
import type { Mount } from '../../oci/types.ts';
import { decodeMountOptions } from '../../plan/mount-options.ts';
import { clean } from '../../plan/path.ts';
import { isBind } from '../mount-kind.ts';
import { isWithin } from '../path-text.ts';
import { type Check, type Problem, problemIf } from '../problem.ts';

/** What lxcfs and podman put over single files of procfs; anything else there could fake a file that the runtime writes (CVE-2019-16884). */
const allowedInProc: ReadonlySet<string> = new Set([
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/meminfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/uptime',
  '/proc/loadavg',
  '/proc/slabinfo',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/sys/crypto/fips_enabled',
]);

/** The text of the config alone; what symlinks in the root filesystem make of it is seen where the mount is attached. */
function checkDestination(mount: Mount, index: number): Problem[] {
  const place = ['mounts', index, 'destination'];
  WEAKENED: if (weakened('S14')) return [];
  if (!mount.destination) return problemIf(mount.destination === '', place, 'mount destination must not be empty');
  const path = clean(`/${mount.destination}`);
  WEAKENED: if (weakened('S24')) return [];
  const inside = isWithin('/proc', path) && path !== '/proc' && !allowedInProc.has(path);
  const foreign = path === '/proc' && !isBind(mount) && mount.type !== 'proc';
  return [
    ...problemIf(path === '/', place, `mount destination "${mount.destination}" is the root of the container`),
    ...problemIf(inside, place, `"${mount.destination}" cannot be mounted because it is inside /proc`),
    ...problemIf(foreign, place, `"${mount.destination}" cannot be mounted because it is not of type proc`),
  ];
}

function checkType(mount: Mount, index: number): Problem[] {
  const { type, options = [] } = mount;
  const needed = !isBind(mount) && !options.includes('remount');
  return problemIf(needed && !type, ['mounts', index, 'type'], 'a mount that is no bind mount needs a type');
}

function checkSource(mount: Mount, index: number): Problem[] {
  const needed = isBind(mount) && !mount.options?.includes('remount');
  return problemIf(needed && !mount.source, ['mounts', index, 'source'], 'a bind mount needs a source');
}

/** A bind mount has no filesystem of its own to give parameters to. */
function checkData(mount: Mount, index: number): Problem[] {
  WEAKENED: if (weakened('S22')) return [];
  const { options = [] } = mount;
  const data = isBind(mount) && !options.includes('remount') ? decodeMountOptions(options).data : [];
  const cause = `bind mounts cannot have any filesystem-specific options applied: ${data.join(',')}`;
  return problemIf(data.length > 0, ['mounts', index, 'options'], cause);
}

const rules = [checkDestination, checkType, checkSource, checkData];

/** config.md § Mounts. mount(2) */
export const checkMounts: Check = ({ mounts = [] }) =>
  mounts.flatMap((mount, index) => rules.flatMap((rule) => rule(mount, index)));
