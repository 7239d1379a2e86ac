import { Failure } from '../native/failure.ts';
import type { LinuxResources } from '../oci/types.ts';
import type { CgroupPlan, ControlWrite } from '../plan/plan.ts';
import { filteredDirectory } from './device-filter.ts';
import { deviceWrites } from './device-rules.ts';
import * as limits from './limits.ts';

type Directory = CgroupPlan['directories'][number];

/** A value for a file of a controller, before it is known where that is. */
interface Setting {
  readonly controller: string;
  readonly file: string;
  readonly value: string | undefined;
  /** below /linux/resources, '' for what the runtime does on its own */
  readonly property: string;
  /** what a host without the controller may leave out */
  readonly optional?: boolean;
}

/** Controllers by their order in the lists below; the memory limit comes before memory and swap, which cannot be less. */
function version1Settings({ memory, cpu, pids, devices = [] }: LinuxResources): Setting[] {
  const ofDevices = deviceWrites(devices).map(({ file, value, rule }): Setting => {
    const property = rule === undefined ? '' : `devices/${rule}`;
    return { controller: 'devices', file, value, property, optional: rule === undefined };
  });
  return [
    ...ofDevices,
    {
      controller: 'memory',
      file: 'memory.limit_in_bytes',
      value: limits.memoryBytes(memory?.limit),
      property: 'memory/limit',
    },
    {
      controller: 'memory',
      file: 'memory.memsw.limit_in_bytes',
      value: limits.memoryBytes(memory?.swap),
      property: 'memory/swap',
    },
    {
      controller: 'memory',
      file: 'memory.soft_limit_in_bytes',
      value: limits.memoryBytes(memory?.reservation),
      property: 'memory/reservation',
    },
    { controller: 'cpu', file: 'cpu.shares', value: limits.cpuShares(cpu?.shares), property: 'cpu/shares' },
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: limits.cfsPeriod(cpu?.period), property: 'cpu/period' },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: limits.cfsQuota(cpu?.quota), property: 'cpu/quota' },
    { controller: 'pids', file: 'pids.max', value: limits.pidsMax(pids?.limit), property: 'pids/limit' },
  ];
}

/** cgroup v2: swap before memory, so that no moment has the memory limit without the swap limit. */
function version2Settings({ memory, cpu, pids }: LinuxResources): Setting[] {
  const cpuProperty = cpu?.quota === undefined ? 'cpu/period' : 'cpu/quota';
  return [
    { controller: 'pids', file: 'pids.max', value: limits.pidsMax(pids?.limit), property: 'pids/limit' },
    {
      controller: 'memory',
      file: 'memory.swap.max',
      value: limits.memorySwapMax(memory?.limit, memory?.swap),
      property: 'memory/swap',
    },
    { controller: 'memory', file: 'memory.max', value: limits.memoryMax(memory?.limit), property: 'memory/limit' },
    {
      controller: 'memory',
      file: 'memory.low',
      value: limits.memoryMax(memory?.reservation),
      property: 'memory/reservation',
    },
    { controller: 'cpu', file: 'cpu.weight', value: limits.cpuWeight(cpu?.shares), property: 'cpu/shares' },
    { controller: 'cpu', file: 'cpu.max', value: limits.cpuMax(cpu?.quota, cpu?.period), property: cpuProperty },
  ];
}

function directoryOf(directories: readonly Directory[], controller: string): Directory | undefined {
  return directories.find(({ controllers }) => controllers.includes(controller));
}

/** Each controller is in one hierarchy only, and that one's version says how its files are named. */
function settingsOf(directories: readonly Directory[], resources: LinuxResources): Setting[] {
  const isVersion2 = ({ controller }: Setting) => directoryOf(directories, controller)?.version === 2;
  const isFiltered = ({ controller }: Setting) =>
    controller === 'devices' && filteredDirectory(directories) !== undefined;
  return [
    ...version1Settings(resources).filter((setting) => !isVersion2(setting) && !isFiltered(setting)),
    ...version2Settings(resources).filter(isVersion2),
  ];
}

/** The write for a setting, or none when there is no value or, for an optional one, no controller. */
function controlWrite(directories: readonly Directory[], setting: Setting): ControlWrite[] {
  const { controller, file, value, property, optional } = setting;
  if (value === undefined) return [];
  const pointer = property === '' ? '' : `/linux/resources/${property}`;
  const directory = directoryOf(directories, controller);
  if (directory !== undefined) return [{ file: `${directory.path}/${file}`, value, pointer }];
  if (optional) return [];
  throw new Failure(`cgroup controller "${controller}" is not available on this host`, pointer);
}

/**
 * The writes that give cgroups the limits of linux.resources, in the order in which they are to be made. Devices of v2 are none of them: a
 * program decides on those.
 *
 * @throws Failure for a limit whose controller the host does not have; with the pointer
 */
export function planLimits(directories: readonly Directory[], resources: LinuxResources): ControlWrite[] {
  return settingsOf(directories, resources).flatMap((setting) => controlWrite(directories, setting));
}
