import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';

/** The text of a file of /proc or /sys without the space around it; undefined when it is not there or not for this user. */
export function readKernelFile(native: Native, path: string): string | undefined {
  try {
    return native.readText(AT_FDCWD, path, 1 << 20).trim();
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

/** The value of a sysctl by its name, e.g. user.max_user_namespaces. */
export function readSysctl(native: Native, name: string): string | undefined {
  return readKernelFile(native, `/proc/sys/${name.replaceAll('.', '/')}`);
}
