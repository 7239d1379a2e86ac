import type { Native, NativeError } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { inUserNamespace } from '../native/user-namespace.ts';
import type { LinuxDeviceCgroup } from '../oci/types.ts';
import type { CgroupPlan, DeviceFilter } from '../plan/plan.ts';
import { allowsEverything, deviceList } from './device-list.ts';
import { deviceProgram } from './device-program.ts';
import { deviceRules } from './device-rules.ts';
import { openCgroup, unifiedDirectory } from './directory.ts';

type Directories = CgroupPlan['directories'];

/** The v2 cgroup whose filter decides on devices; none where a v1 controller does. v2 has no controller for them. cgroup-v2.rst § Device controller */
export function filteredDirectory(directories: Directories): Directories[number] | undefined {
  if (directories.some(({ controllers }) => controllers.includes('devices'))) return undefined;
  return unifiedDirectory(directories);
}

/** The filter of a v2 cgroup. */
export function planDeviceFilter(
  directories: Directories,
  rules: readonly LinuxDeviceCgroup[],
): DeviceFilter | undefined {
  const unified = filteredDirectory(directories);
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
 * Puts the filter on the cgroup, before any process is in it. A container whose rules deny something does not start without it, except
 * in a user namespace, and so for an ordinary user, who has no other containers: nobody may load it there, and nobody in there can make
 * a device node, or open one in a mount of the namespace's own. user_namespaces(7)
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
    if (!devices.optional && native.geteuid() === 0 && !inUserNamespace(native))
      throw filterFailure(devices, error.path, error);
  } finally {
    native.close(directory);
  }
}

function filterFailure({ path, pointer }: DeviceFilter, command: string, cause: NativeError): Failure {
  const text = `unable to restrict devices of cgroup ${path}: ${command}: ${setupWords(cause.code)}`;
  return new Failure(text, pointer, { cause });
}
