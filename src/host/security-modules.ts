import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';

/** statfs(2) f_type of /sys/fs/selinux, which is mounted only while SELinux is enabled. */
const SELINUX_MAGIC = 0xf97cff8c;

/** True when AppArmor is enabled. The module's own file is asked, since securityfs need not be mounted. */
export function hasApparmor(native: Native): boolean {
  try {
    return native.readText(AT_FDCWD, '/sys/module/apparmor/parameters/enabled', 16).startsWith('Y');
  } catch (error) {
    if (isNativeError(error)) return false;
    throw error;
  }
}

/** True when SELinux is enabled. selinux(8) */
export function hasSelinux(native: Native): boolean {
  return native.statfs('/sys/fs/selinux') === SELINUX_MAGIC;
}
