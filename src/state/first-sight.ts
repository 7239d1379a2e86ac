import type { Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { O_CLOEXEC, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../native/open-flags.ts';
import type { ContainerDirectory } from './directory.ts';

/** When a container was first seen to have stopped: nothing else says when it did. Nanoseconds since 1970, in decimal digits. */
const file = 'stopped-since';

/** Of an earlier sight; undefined when there was none. */
export function firstSight(native: Native, { fd }: ContainerDirectory): bigint | undefined {
  try {
    const text = native.readText(fd, file, 32);
    return /^\d+$/.test(text) ? BigInt(text) : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EFBIG')) return undefined;
    throw error;
  }
}

/** The caller holds the lock. */
export function noteFirstSight(native: Native, { fd }: ContainerDirectory, moment: bigint): void {
  const made = native.open(fd, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600);
  try {
    native.write(made, String(moment));
  } finally {
    native.close(made);
  }
}
