import { Failure } from '../native/failure.ts';
import type { LinuxResources } from '../oci/types.ts';
import type { CgroupPlan, ControlWrite } from '../plan/plan.ts';
import { filteredDirectory } from './device-filter.ts';
import { blockIO } from './settings/block-io.ts';
import { cpu } from './settings/cpu.ts';
import { cpuset } from './settings/cpuset.ts';
import { devices } from './settings/devices.ts';
import { hugetlb } from './settings/hugetlb.ts';
import { memory } from './settings/memory.ts';
import { networkClass, networkPriority } from './settings/network.ts';
import { pids } from './settings/pids.ts';
import { rdma } from './settings/rdma.ts';
import type { Controller, Setting, Version } from './settings/setting.ts';
import { unifiedWrites } from './settings/unified.ts';

type Directory = CgroupPlan['directories'][number];

/** In the order in which runc writes them on v2. On v1, where each has a hierarchy of its own, none of them minds the others. */
const controllers: readonly Controller[] = [
  devices,
  pids,
  memory,
  blockIO,
  cpu,
  cpuset,
  hugetlb,
  networkClass,
  networkPriority,
  rdma,
];

interface Place {
  readonly version: Version;
  /** undefined: the host does not have the controller */
  readonly directory: Directory | undefined;
}

/**
 * Each controller is in one hierarchy only, and that one's version says how its files are named. A controller that is in none is missed
 * in the version that the host has; undefined when that one never had it.
 */
function placeOf(directories: readonly Directory[], { version1, version2 }: Controller): Place | undefined {
  const find = (version: 1 | 2, name: string | undefined) =>
    directories.find((one) => one.version === version && name !== undefined && one.controllers.includes(name));
  const unified = find(2, version2?.controller);
  if (version2 !== undefined && unified !== undefined) return { version: version2, directory: unified };
  const version = isUnified(directories) ? version2 : version1;
  return version === undefined ? undefined : { version, directory: find(1, version1?.controller) };
}

/** Only v2 is mounted. */
function isUnified(directories: readonly Directory[]): boolean {
  return directories.length > 0 && directories.every(({ version }) => version === 2);
}

function missing({ controller }: Version, { file, property }: Setting, unified: boolean): Failure {
  const cure = unified
    ? 'boot the host with it, or enable it in cgroup.subtree_control of the cgroups above'
    : 'mount its hierarchy';
  return new Failure(
    `cgroup file ${file} cannot be written: controller "${controller}" is not available on this host; ${cure}, or leave the limit out`,
    `/linux/resources/${property}`,
  );
}

/** What comes from config.json is one name below the cgroup, whatever was checked before (GHSA-5g49-rx9x-qfc6). */
function fileIn({ path }: Directory, file: string, pointer: string): string {
  if (file.includes('/')) throw new Failure(`"${file}" is not the name of a cgroup file`, pointer);
  return `${path}/${file}`;
}

/** The write for a setting, or none when there is no value or, for a dispensable one, no controller. */
function controlWrite({ version, directory }: Place, setting: Setting, unified: boolean): ControlWrite[] {
  const { file, value, property, otherwise, dispensable, ...rest } = setting;
  if (value === undefined || (directory === undefined && dispensable)) return [];
  if (directory === undefined) throw missing(version, setting, unified);
  const pointer = property === '' ? '' : `/linux/resources/${property}`;
  const inDirectory = (name: string) => fileIn(directory, name, pointer);
  const other = otherwise && { otherwise: { ...otherwise, file: inDirectory(otherwise.file) } };
  return [{ file: inDirectory(file), value, pointer, ...other, ...rest }];
}

/**
 * The writes that give cgroups the limits of linux.resources, in the order in which they are to be made. Devices of v2 are none of them: a
 * program decides on those.
 *
 * @throws Failure for a limit whose controller the host does not have; with the pointer
 */
export function planLimits(directories: readonly Directory[], resources: LinuxResources): ControlWrite[] {
  const unified = isUnified(directories);
  const filtered = filteredDirectory(directories) !== undefined;
  const writes = controllers.flatMap((controller) => {
    const place = controller === devices && filtered ? undefined : placeOf(directories, controller);
    if (place === undefined) return [];
    return place.version.settings(resources).flatMap((setting) => controlWrite(place, setting, unified));
  });
  return [...writes, ...unifiedWrites(directories, resources.unified)];
}
