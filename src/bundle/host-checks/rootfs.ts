import { isNativeError } from '../../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, RESOLVE_NO_SYMLINKS } from '../../native/open-flags.ts';
import { weakened } from '../../native/weakened.ts';
import { type Problem, problem } from '../problem.ts';
import type { HostCheck } from './host-check.ts';

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'is missing',
  ENOTDIR: 'is no directory',
  ELOOP: 'is or contains a symlink',
};

/** config.md § Root: a directory must exist at the path. A symlink in it could be pointed elsewhere between this check and its use. */
export const checkRootfs: HostCheck = (native, { rootfs }): Problem[] => {
  WEAKENED: if (weakened('S25')) return [];
  try {
    native.close(native.openat2(AT_FDCWD, rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS));
    return [];
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const cause = causes[error.code] ?? `cannot be looked at: ${error.syscall}: ${error.code}`;
    return [problem('/root/path', `invalid rootfs: ${rootfs} ${cause}`)];
  }
};
