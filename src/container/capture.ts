import type { Fd, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';

/** The end of what a program wrote is kept, because that is where the reason of its failure stands. */
const kept = 4096;

/** The reading end of a program's output. */
export interface Capture {
  /** undefined after the end of the output */
  readonly fd: Fd | undefined;
  /** Reads once; call it when poll(2) says that there is something. */
  take(native: Native): void;
  /** Reads what is there without waiting for more. */
  drain(native: Native): void;
  close(native: Native): void;
  /** what was written last, as text */
  text(): string;
}

export function capture(end: Fd): Capture {
  let fd: Fd | undefined = end;
  let bytes: number[] = [];
  const close = (native: Native) => {
    if (fd !== undefined) native.close(fd);
    fd = undefined;
  };
  const take = (native: Native) => {
    if (fd === undefined) return;
    const piece = native.read(fd, kept);
    if (piece.length === 0) close(native);
    bytes = [...bytes, ...piece].slice(-kept);
  };
  return {
    get fd() {
      return fd;
    },
    take,
    drain: (native) => {
      if (fd !== undefined) native.setNonblocking(fd, true);
      // bounded: a grandchild may write for ever
      for (let pieces = 0; fd !== undefined && pieces < 16 && takeIfReady(native, take); pieces++);
    },
    close,
    text: () => decode(bytes),
  };
}

function takeIfReady(native: Native, take: (native: Native) => void): boolean {
  try {
    take(native);
    return true;
  } catch (error) {
    if (isErrno(error, 'EAGAIN')) return false;
    throw error;
  }
}

/** UTF-8 where it is valid; else each byte as a character of its own. */
function decode(bytes: readonly number[]): string {
  const start = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
  const whole = start === -1 ? [] : bytes.slice(start);
  try {
    return decodeURIComponent(whole.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return String.fromCharCode(...bytes);
  }
}
