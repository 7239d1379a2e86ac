import { isErrno } from '../../native/failure.ts';
import { type Problem, problem } from '../problem.ts';
import type { HostCheck } from './host-check.ts';

/** open(2): O_PATH | O_CLOEXEC; openat2(2): RESOLVE_NO_SYMLINKS */
const O_PATH = 0x200000 | 0x80000;
const RESOLVE_NO_SYMLINKS = 0x04;

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'is missing',
  ENOTDIR: 'is no directory',
  ELOOP: 'is or contains a symlink',
};

/** config.md § Root: a directory must exist at the path. A symlink in it could be pointed elsewhere between this check and its use. */
export const checkRootfs: HostCheck = (native, { rootfs }): Problem[] => {
  try {
    // "/." refuses what is no directory; O_DIRECTORY has another value on every architecture.
    native.close(native.openat2(-100, `${rootfs}/.`, O_PATH, 0, RESOLVE_NO_SYMLINKS));
    return [];
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
    return [problem('/root/path', `invalid rootfs: ${rootfs} ${causes[error.code]}`)];
  }
};
