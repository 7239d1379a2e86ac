import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from '../native/open-flags.ts';

/** DT_DIR of readdir(3) */
const directory = 4;

/** The containers in a state root, for completion; none when it cannot be read. */
export function containerIds(native: Native, root: string): string[] {
  try {
    const fd = native.open(AT_FDCWD, root, O_RDONLY | O_CLOEXEC, 0);
    const entries = native.readdir(fd);
    native.close(fd);
    return entries.filter(({ type }) => type === directory).map(({ name }) => name);
  } catch (error) {
    if (isNativeError(error)) return [];
    throw error;
  }
}
