import { components } from '../../cgroup/path.ts';
import { byteLength } from '../path-text.ts';
import { type Check, problemIf } from '../problem.ts';

/** NAME_MAX, PATH_MAX; limits.h */
const longestName = 255;
const longestPath = 4095;

/**
 * config-linux.md § Cgroups Path: a runtime may consider values invalid. A ".." could leave the place that was meant, and the root of
 * a hierarchy can be neither limited nor removed.
 */
export const checkCgroupsPath: Check = ({ linux }) => {
  const path = linux?.cgroupsPath ?? '';
  const names = components(path);
  const tooLong = byteLength(path) > longestPath || names.some((name) => byteLength(name) > longestName);
  return [
    ...problemIf(names.includes('..'), '/linux/cgroupsPath', `cgroupsPath "${path}" must not contain ".."`),
    ...problemIf(path !== '' && names.length === 0, '/linux/cgroupsPath', `cgroupsPath "${path}" names no cgroup`),
    ...problemIf(path.includes('\n'), '/linux/cgroupsPath', 'cgroupsPath must not contain a newline'),
    ...problemIf(tooLong, '/linux/cgroupsPath', 'cgroupsPath is too long'),
  ];
};
