import type { Fd, Native } from '../native/contract.ts';
import { AT_EMPTY_PATH, AT_FDCWD } from '../native/open-flags.ts';
import { deviceNumber } from './device-number.ts';
import { mountinfoLines } from './mountinfo.ts';

/** Of the filesystem that `fd` is on, and with `below` of every other that is mounted below it, e.g. ['ext4', 'proc']. For errors */
export function filesystemTypes(native: Native, fd: Fd, below: boolean): string[] {
  const device = native.stat(fd, '', AT_EMPTY_PATH)?.dev;
  const path = native.readlink(AT_FDCWD, `/proc/self/fd/${fd}`);
  const found = mountinfoLines(native).filter(({ mountpoint, major, minor }) => {
    if (below && mountpoint.startsWith(path === '/' ? '/' : `${path}/`)) return true;
    return deviceNumber(major, minor) === device;
  });
  return [...new Set(found.map(({ type }) => type))];
}
