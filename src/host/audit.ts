import type { Fd, Native } from '../native/contract.ts';
import { isErrno, isNativeError } from '../native/failure.ts';
import { POLLIN } from '../native/poll-events.ts';

/** AUDIT_SECCOMP of linux/audit.h */
const seccompRecord = 1326;

/** struct nlmsghdr of linux/netlink.h */
const headerSize = 16;

/** MAX_AUDIT_MESSAGE_LENGTH of linux/audit.h, and the header */
const longest = 8970 + headerSize;

/** A process that the kernel killed for a system call. */
export interface KilledCall {
  /** of the thread group, in the initial pid namespace */
  readonly pid: number;
  /** AUDIT_ARCH_* */
  readonly audit: number;
  readonly number: number;
}

/** Hears which system calls processes are killed for. */
export interface AuditLog {
  readonly fd: Fd;
  /** The records that have come since the last time. Does not wait. */
  take(): KilledCall[];
  close(): void;
}

/** The actions that kill, of those that the kernel tells of. */
const kills: readonly number[] = [0x80000000, 0x00000000];

/**
 * Of a record's text "audit(…): auid=… pid=9040 comm="sh" … sig=31 arch=c000003e syscall=83 compat=0 ip=0x… code=0x80000000". The name
 * of the command is the process's own, but blanks and quotes stand in it as hexadecimal digits; what counts is before it and at the end.
 */
export function killedCall(text: string): KilledCall | undefined {
  const pid = /^audit\([\d.:]+\): auid=\d+ uid=\d+ gid=\d+ ses=\d+ (?:subj=\S* )?pid=(\d+) /.exec(text)?.[1];
  const call = / sig=\d+ arch=([\da-f]+) syscall=(-?\d+) compat=\d+ ip=0x[\da-f]+ code=0x([\da-f]+)$/.exec(text);
  if (pid === undefined || call === null || !kills.includes(Number.parseInt(call[3] as string, 16))) return undefined;
  return { pid: Number(pid), audit: Number.parseInt(call[1] as string, 16), number: Number(call[2]) >>> 0 };
}

/**
 * Listens to the kernel's audit log, as many may beside auditd(8). undefined where it may not be heard: without CAP_AUDIT_READ in the
 * initial user namespace, or without CONFIG_AUDIT.
 */
export function openAuditLog(native: Native): AuditLog | undefined {
  let fd: Fd;
  try {
    fd = native.netlinkAudit();
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
  return { fd, take: () => takeRecords(native, fd), close: () => native.close(fd) };
}

function takeRecords(native: Native, fd: Fd): KilledCall[] {
  const found: KilledCall[] = [];
  for (;;) {
    let message: Uint8Array;
    try {
      if (native.poll([{ fd, events: POLLIN }], 0)[0] === 0) return found;
      message = native.read(fd, longest);
    } catch (error) {
      if (isErrno(error, 'EAGAIN')) return found;
      // more came than fit: those are lost, and the next ones come
      if (isErrno(error, 'ENOBUFS')) continue;
      throw error;
    }
    const record = recordOf(message);
    if (record !== undefined) found.push(record);
  }
}

function recordOf(message: Uint8Array): KilledCall | undefined {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (message.length < headerSize || view.getUint16(4, littleEndian) !== seccompRecord) return undefined;
  const text = String.fromCharCode(...message.subarray(headerSize));
  return killedCall(text.replace(/[\0\n]+$/, ''));
}

/** What the kernel writes is in the machine's byte order. */
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
