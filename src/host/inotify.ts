import type { Fd, Native } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';

/** Masks of inotify(7). */
export const IN_MODIFY = 0x2;
export const IN_MOVED_FROM = 0x40;
export const IN_MOVED_TO = 0x80;
export const IN_CREATE = 0x100;
export const IN_DELETE = 0x200;
export const IN_DELETE_SELF = 0x400;
export const IN_MOVE_SELF = 0x800;
export const IN_Q_OVERFLOW = 0x4000;
export const IN_IGNORED = 0x8000;
export const IN_ONLYDIR = 0x1000000;
export const IN_DONT_FOLLOW = 0x2000000;

/** What has happened to what is watched. */
export interface Notification {
  /** -1: more has happened than was kept (IN_Q_OVERFLOW) */
  readonly watch: number;
  readonly mask: number;
  /** of what in a directory, '' for itself */
  readonly name: string;
}

/** struct inotify_event without the name */
const headerSize = 16;

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Every notification that has come. Does not wait. */
export function takeNotifications(native: Native, inotify: Fd): Notification[] {
  const found: Notification[] = [];
  for (;;) {
    try {
      found.push(...parseNotifications(native.read(inotify, 65_536)));
    } catch (error) {
      if (isErrno(error, 'EAGAIN')) return found;
      throw error;
    }
  }
}

export function parseNotifications(bytes: Uint8Array): Notification[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Notification[] = [];
  for (let at = 0; at + headerSize <= bytes.length; ) {
    const length = view.getUint32(at + 12, littleEndian);
    const name = bytes.subarray(at + headerSize, at + headerSize + length);
    found.push({
      watch: view.getInt32(at, littleEndian),
      mask: view.getUint32(at + 4, littleEndian),
      // padded with NUL; what the runtime makes has names of ASCII
      name: String.fromCharCode(...name).replace(/\0+$/, ''),
    });
    at += headerSize + length;
  }
  return found;
}

/** Watches what `path` names; undefined when there is nothing of that kind. */
export function addWatch(native: Native, inotify: Fd, path: string, mask: number): number | undefined {
  try {
    return native.inotifyAdd(inotify, path, mask);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENODEV')) return undefined;
    throw error;
  }
}

/** A watch that went by itself, with what it was on, is none any more. */
export function removeWatch(native: Native, inotify: Fd, watch: number): void {
  try {
    native.inotifyRemove(inotify, watch);
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error;
  }
}
