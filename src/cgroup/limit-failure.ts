import type { Fd, Native } from '../native/contract.ts';
import { Failure, isErrno, isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { ControlWrite } from '../plan/plan.ts';
import { openCgroup, readControl, withCgroup } from './directory.ts';

/** One cgroup: its open directory and its path. */
export interface OpenCgroup {
  readonly directory: Fd;
  readonly path: string;
}

/** The controller of a file, "memory" of memory.max. v1's files of cpuset, blkio and so on begin the same. */
function controllerOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}

/** cgroup.controllers of a v2 cgroup; undefined for v1, which has no such file. */
function controllers(native: Native, { directory }: OpenCgroup): readonly string[] | undefined {
  return readControl(native, directory, 'cgroup.controllers')?.split(/\s/);
}

/** What a file that is not there is missing for: the kernel's configuration, in the words of an administrator. */
const kernelNeeds: Readonly<Record<string, string>> = {
  'memory.memsw.limit_in_bytes': 'the kernel does not count swap; boot it with swapaccount=1',
  'memory.swap.max': 'the kernel does not count swap; boot it with swapaccount=1',
  'cpu.rt_period_us': 'the kernel is built without CONFIG_RT_GROUP_SCHED',
  'cpu.rt_runtime_us': 'the kernel is built without CONFIG_RT_GROUP_SCHED',
  'cpu.idle': 'idle cgroups need Linux 5.15',
  'cpu.cfs_burst_us': 'bursts need Linux 5.14',
  'cpu.max.burst': 'bursts need Linux 5.14',
  'blkio.leaf_weight': 'it went with the scheduler CFQ in Linux 5.0',
  'blkio.leaf_weight_device': 'it went with the scheduler CFQ in Linux 5.0',
  'blkio.bfq.weight': 'no i/o scheduler has weights; load the kernel module bfq',
  'blkio.bfq.weight_device': 'no i/o scheduler has weights; load the kernel module bfq',
  'io.weight': 'no i/o scheduler has weights; load the kernel module bfq',
};

/** Of a cgroup at `path`; none when there is no such cgroup. */
function controllersAt(native: Native, path: string): readonly string[] {
  return withCgroup(native, path, (directory) => controllers(native, { directory, path })) ?? [];
}

/** How it is enabled: by a word to each cgroup from the lowest that has it down to the one above, as cgroups(7) § subtree_control has it. */
function enabling(native: Native, path: string, controller: string): string {
  const files: string[] = [];
  let above = path.slice(0, path.lastIndexOf('/'));
  while (above.lastIndexOf('/') > 0) {
    files.unshift(`${above}/cgroup.subtree_control`);
    if (controllersAt(native, above).includes(controller)) break;
    above = above.slice(0, above.lastIndexOf('/'));
  }
  if (!controllersAt(native, above).includes(controller))
    return 'no cgroup above has it: it is with cgroup v1 here, or the kernel is booted or built without it';
  const enable = `echo +${controller} | tee ${files.join(' ')}`;
  const euid = native.geteuid();
  if (euid === 0 || native.stat(AT_FDCWD, files[0] ?? '', 0)?.uid === euid) return `enable it by ${enable}`;
  return (
    `it is not delegated to this user: root does that by ${enable}, or for every login by ` +
    'Delegate=cpu cpuset io memory pids in /etc/systemd/system/user@.service.d/delegate.conf'
  );
}

/** Not "no such file or directory": engines read that as a command that was not found. */
function absence(native: Native, cgroup: OpenCgroup, name: string): string {
  const enabled = controllers(native, cgroup);
  const controller = controllerOf(name);
  if (enabled !== undefined && controller !== 'cgroup' && !enabled.includes(controller))
    return `controller "${controller}" is not enabled for ${cgroup.path}; ${enabling(native, cgroup.path, controller)}`;
  return kernelNeeds[name] ?? 'this kernel does not have it';
}

function absent(native: Native, cgroup: OpenCgroup, name: string, write: ControlWrite, cause: Error): Failure {
  const why = absence(native, cgroup, name);
  return new Failure(`cgroup file ${name} is not available: ${why}`, write.pointer, { cause });
}

/** runc's texts, for whom a file that is not there and one that is not to be opened are the same. */
function unifiedFailure(native: Native, cgroup: OpenCgroup, name: string, write: ControlWrite, cause: Error): Failure {
  const enabled = controllers(native, cgroup) ?? [];
  const controller = controllerOf(name);
  const known = controller === 'cgroup' || enabled.includes(controller);
  const missing = isErrno(cause, 'ENOENT', 'EPERM', 'EACCES');
  const text =
    missing && !known
      ? `unified resource "${name}" can't be set: controller "${controller}" not available`
      : `unable to set unified resource "${name}" to "${write.value.trim()}": ${words(cause)}`;
  return new Failure(text, write.pointer, { cause });
}

/** "no such file or directory" and "permission denied" in other words: engines take them for what happened to the command. */
function words(error: Error): string {
  if (isErrno(error, 'ENOENT')) return 'this kernel does not have the file';
  if (isErrno(error, 'EACCES')) return 'access refused (EACCES)';
  if (isErrno(error, 'EPERM')) return 'not permitted (EPERM)';
  return error.message;
}

function read(native: Native, directory: Fd, name: string): string {
  return readControl(native, directory, name)?.trim() ?? 'unknown';
}

/** A limit below the usage, which the kernel could not lower. cgroup-v1/memory.rst § 2.4; runc's text */
function busyMemory(native: Native, { directory }: OpenCgroup, name: string, write: ControlWrite): string | undefined {
  const prefix = ['memory.memsw.', 'memory.'].find((one) => name === `${one}limit_in_bytes`);
  if (prefix === undefined) return undefined;
  const usage = read(native, directory, `${prefix}usage_in_bytes`);
  const peak = read(native, directory, `${prefix}max_usage_in_bytes`);
  const what = prefix === 'memory.' ? 'memory limit' : 'memory+swap limit';
  return `unable to set ${what} to ${write.value} (current usage: ${usage}, peak usage: ${peak})`;
}

/** The same file of the cgroup above, which bounds this one. */
function above(native: Native, { path }: OpenCgroup, name: string): string {
  const parent = openCgroup(native, path.slice(0, path.lastIndexOf('/')));
  if (parent === undefined) return 'unknown';
  try {
    return read(native, parent, name);
  } finally {
    native.close(parent);
  }
}

/** What usually is behind a refusal that the kernel does not explain. */
function hint(native: Native, cgroup: OpenCgroup, name: string, error: Error): string {
  if (name === 'cpuset.cpus' || name === 'cpuset.mems') {
    return isErrno(error, 'EACCES', 'EINVAL', 'ERANGE')
      ? ` (the cgroup above has ${above(native, cgroup, name) || 'no limit'})`
      : '';
  }
  if (name.startsWith('cpu.rt_') && isErrno(error, 'EINVAL'))
    return ` (the cgroup above has a cpu.rt_runtime_us of ${above(native, cgroup, 'cpu.rt_runtime_us')})`;
  if (isErrno(error, 'ENODEV', 'ENXIO') && /^(blkio|io)\./.test(name)) return ' (there is no such block device)';
  if (isErrno(error, 'EOPNOTSUPP') && /^(blkio|io)\./.test(name))
    return ' (the i/o scheduler of the device has no weights; choose bfq in queue/scheduler of its folder in /sys/block)';
  if (isErrno(error, 'ENODEV') && name === 'net_prio.ifpriomap') return ' (there is no such interface)';
  return '';
}

/** Why a limit could not be written, with its place; never in words that engines take for a missing or forbidden command. */
export function limitFailure(
  native: Native,
  cgroup: OpenCgroup,
  name: string,
  write: ControlWrite,
  error: unknown,
): Failure {
  if (!isNativeError(error)) return new Failure(String(error), write.pointer, { cause: error });
  if (write.pointer.startsWith('/linux/resources/unified/')) return unifiedFailure(native, cgroup, name, write, error);
  if (isErrno(error, 'ENOENT')) return absent(native, cgroup, name, write, error);
  const busy = isErrno(error, 'EBUSY') ? busyMemory(native, cgroup, name, write) : undefined;
  const text =
    busy ??
    `unable to write "${write.value}" to cgroup file ${name}: ${words(error)}${hint(native, cgroup, name, error)}`;
  return new Failure(text, write.pointer, { cause: error });
}
