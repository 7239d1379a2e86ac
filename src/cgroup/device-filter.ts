import type { Native } from '../native/contract.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import type { LinuxDeviceCgroup } from '../oci/types.ts';
import type { CgroupPlan, DeviceFilter } from '../plan/plan.ts';
import { allowsEverything, deviceList } from './device-list.ts';
import { deviceProgram } from './device-program.ts';
import { deviceRules } from './device-rules.ts';
import { openCgroup } from './directory.ts';

type Directories = CgroupPlan['directories'];

/** The filter of a v2 cgroup; none where a v1 controller keeps the rules. A v2 hierarchy has no controller for devices. cgroup-v2.rst § Device controller */
export function planDeviceFilter(
  directories: Directories,
  rules: readonly LinuxDeviceCgroup[],
): DeviceFilter | undefined {
  if (directories.some(({ controllers }) => controllers.includes('devices'))) return undefined;
  const unified = directories.find(({ version }) => version === 2);
  if (unified === undefined) return undefined;
  const list = deviceList(deviceRules(rules));
  return {
    path: unified.path,
    program: deviceProgram(list),
    optional: allowsEverything(list),
    pointer: rules.length === 0 ? '' : '/linux/resources/devices',
  };
}

/**
 * Puts the filter on the cgroup, before any process is in it. A container whose rules deny something does not start without it.
 *
 * @throws Failure with the pointer of the rules
 */
export function attachDeviceFilter(native: Native, { devices }: CgroupPlan): void {
  if (devices === undefined) return;
  const directory = openCgroup(native, devices.path);
  if (directory === undefined) throw new Failure(`cgroup ${devices.path} is gone`, '/linux/cgroupsPath');
  try {
    native.attachDeviceProgram(directory, devices.program);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    if (!devices.optional) throw filterFailure(devices, error.path, error);
  } finally {
    native.close(directory);
  }
}

function filterFailure({ path, pointer }: DeviceFilter, command: string, cause: Error): Failure {
  const text = `unable to restrict devices of cgroup ${path}: ${command}: ${cause.message}`;
  return new Failure(text, pointer, { cause });
}
