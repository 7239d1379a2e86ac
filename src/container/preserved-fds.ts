import type { Fd, Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { weakened } from '../native/weakened.ts';

/** The fds that become 3, 4, … of the container's process: those of socket activation first. */
export interface PreservedFds {
  readonly fds: readonly Fd[];
  /** how many of them come from socket activation, for LISTEN_FDS */
  readonly listen: number;
  /** what the caller calls those, `LISTEN_FDNAMES`; '' when it does not say */
  readonly names: string;
}

const first = 3;

/**
 * What the caller passes on: `LISTEN_FDS` when `LISTEN_PID` is this process (sd_listen_fds(3)), then `count` more. Only what
 * was open when the runtime was called counts: an fd of its own must never reach a container (CVE-2024-21626).
 */
export function preservedFds(native: Native, count: number): PreservedFds {
  const listen = activated(native);
  const names = listen === 0 ? '' : (native.getenv('LISTEN_FDNAMES') ?? '');
  return { fds: collect(native, count, listen), listen, names };
}

/** The same for `exec`, which is no activation of the container. */
export function execPreservedFds(native: Native, count: number): readonly Fd[] {
  return collect(native, count, 0);
}

function collect(native: Native, count: number, listen: number): Fd[] {
  const fds: Fd[] = [];
  // the usual case, and the question costs a look into /proc
  if (listen + count === 0) return fds;
  const inherited = new Set(native.inheritedFds());
  WEAKENED: if (weakened('S06')) for (let fd = first; fd < first + listen + count; fd++) inherited.add(fd);
  for (let fd = first; fd < first + listen + count; fd++) {
    if (!inherited.has(fd)) throw new Failure(missing(fd, fd - first - listen, count));
    fds.push(fd);
  }
  return fds;
}

function activated(native: Native): number {
  if (native.getenv('LISTEN_PID') !== String(native.getpid())) return 0;
  const text = native.getenv('LISTEN_FDS') ?? '';
  return /^[1-9][0-9]{0,5}$/.test(text) ? Number(text) : 0;
}

function missing(fd: Fd, index: number, count: number): string {
  const cause = `stat /proc/self/fd/${fd}: no such file or directory`;
  return index < 0 ? `LISTEN_FDS: ${cause}` : `unable to stat preserved-fd ${index} (of ${count}): ${cause}`;
}
