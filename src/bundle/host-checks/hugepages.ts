import type { Native } from '../../native/contract.ts';
import { isErrno } from '../../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from '../../native/open-flags.ts';
import { problemIf } from '../problem.ts';
import type { HostCheck } from './host-check.ts';

const folder = '/sys/kernel/mm/hugepages';

/** 2048 → "2MB", as the kernel names the files of a cgroup. */
function sizeName(kilobytes: number): string {
  const megabytes = kilobytes / 1024;
  if (megabytes < 1) return `${kilobytes}KB`;
  return megabytes < 1024 ? `${megabytes}MB` : `${megabytes / 1024}GB`;
}

/** The sizes that the kernel has, "hugepages-2048kB" each; none when it is built without huge pages. */
function hostSizes(native: Native): readonly string[] {
  try {
    const directory = native.open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    try {
      return native
        .readdir(directory)
        .flatMap(({ name }) => /^hugepages-(\d+)kB$/.exec(name)?.[1] ?? [])
        .map((kilobytes) => sizeName(Number(kilobytes)));
    } finally {
      native.close(directory);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** config-linux.md § Huge page limits: pages of a size that this host does not have cannot be limited. */
export const checkHugepageSizes: HostCheck = (native, { config }) => {
  const limits = config.linux?.resources?.hugepageLimits ?? [];
  if (limits.length === 0) return [];
  const sizes = hostSizes(native);
  const known = sizes.length === 0 ? 'none of any size' : `those of ${sizes.join(', ')}`;
  return limits.flatMap(({ pageSize }, index) =>
    problemIf(
      !sizes.includes(pageSize),
      `/linux/resources/hugepageLimits/${index}/pageSize`,
      `this host has no huge pages of ${pageSize}; it has ${known}`,
    ),
  );
};
