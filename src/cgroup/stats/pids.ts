import type { Native } from '../../native/contract.ts';
import { type Counter, nonZero, readCounter, unlimited } from './counter.ts';
import type { ControllerDirectory } from './directories.ts';

export interface PidsStats {
  readonly current: Counter | undefined;
  /** absent: no limit */
  readonly limit: Counter | undefined;
}

/** cgroup-v1/pids.rst; v2 has the same files. */
export function readPids(native: Native, pids: ControllerDirectory | undefined): PidsStats {
  const read = (file: string) => (pids === undefined ? 0n : (readCounter(native, pids.fd, file) ?? 0n));
  const limit = read('pids.max');
  return { current: nonZero(read('pids.current')), limit: nonZero(limit === unlimited ? 0n : limit) };
}
