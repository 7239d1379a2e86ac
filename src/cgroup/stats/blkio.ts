import type { Fd, Native } from '../../native/contract.ts';
import { type Counter, nonZero, readStat } from './counter.ts';
import type { ControllerDirectory } from './directories.ts';
import { type PsiStats, readPsi } from './psi.ts';

interface BlkioEntry {
  readonly major: Counter | undefined;
  readonly minor: Counter | undefined;
  readonly op: string | undefined;
  readonly value: Counter | undefined;
}

const tables = [
  'ioServiceBytesRecursive',
  'ioServicedRecursive',
  'ioQueueRecursive',
  'ioServiceTimeRecursive',
  'ioWaitTimeRecursive',
  'ioMergedRecursive',
  'ioTimeRecursive',
  'sectorsRecursive',
] as const;

type Table = (typeof tables)[number];

export type BlkioStats = { readonly [name in Table]?: readonly BlkioEntry[] } & { readonly psi: PsiStats | undefined };

type Source = readonly (readonly [Table, string])[];

const times: Source = [
  ['ioServiceTimeRecursive', 'io_service_time_recursive'],
  ['ioWaitTimeRecursive', 'io_wait_time_recursive'],
  ['ioMergedRecursive', 'io_merged_recursive'],
  ['ioQueueRecursive', 'io_queued_recursive'],
  ['ioTimeRecursive', 'time_recursive'],
  ['sectorsRecursive', 'sectors_recursive'],
];

const services: Source = [
  ['ioServiceBytesRecursive', 'io_service_bytes_recursive'],
  ['ioServicedRecursive', 'io_serviced_recursive'],
];

const ownServices: Source = [
  ['ioServiceBytesRecursive', 'io_service_bytes'],
  ['ioServicedRecursive', 'io_serviced'],
];

/** Who counts depends on the I/O scheduler of the devices: the first that has counted anything is believed. cgroup-v1/blkio-controller.rst */
const sources: readonly { readonly prefix: string; readonly files: Source }[] = [
  { prefix: 'blkio.bfq.', files: [...services, ...times] },
  { prefix: 'blkio.', files: [...services, ...times] },
  { prefix: 'blkio.throttle.', files: services },
  { prefix: 'blkio.throttle.', files: ownServices },
];

function entry(device: string, op: string, value: string): BlkioEntry {
  const [major = '0', minor = '0'] = device.split(':');
  return {
    major: nonZero(BigInt(major)),
    minor: nonZero(BigInt(minor)),
    op: op === '' ? undefined : op,
    value: nonZero(BigInt(value)),
  };
}

/** Lines "8:0 Read 4096" or "8:0 4096"; the last line is a total. */
function parseVersion1(text: string): BlkioEntry[] {
  const lines = [...text.matchAll(/^(\d+:\d+) (?:([A-Za-z]+) )?(\d+)$/gm)];
  return lines.map(([, device = '', op = '', value = '']) => entry(device, op, value));
}

function filled(entries: readonly (readonly [Table, readonly BlkioEntry[]])[]): Omit<BlkioStats, 'psi'> {
  return Object.fromEntries(entries.filter(([, list]) => list.length > 0));
}

function readVersion1(native: Native, directory: Fd): Omit<BlkioStats, 'psi'> {
  for (const { prefix, files } of sources) {
    const read = files.map(
      ([table, file]) => [table, parseVersion1(readStat(native, directory, prefix + file) ?? '')] as const,
    );
    if (read.some(([, list]) => list.length > 0)) return filled(read);
  }
  return {};
}

/** io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 …" in the tables of v1. cgroup-v2.rst § IO Interface Files */
const operations: { readonly [name: string]: readonly [Table, string] } = {
  rbytes: ['ioServiceBytesRecursive', 'Read'],
  wbytes: ['ioServiceBytesRecursive', 'Write'],
  rios: ['ioServicedRecursive', 'Read'],
  wios: ['ioServicedRecursive', 'Write'],
};

function readVersion2(native: Native, directory: Fd): Omit<BlkioStats, 'psi'> {
  const lines = (readStat(native, directory, 'io.stat') ?? '').split('\n').map((line) => line.split(' '));
  const found = lines.flatMap(([device = '', ...pairs]) =>
    pairs.flatMap((pair) => {
      const [name = '', value = ''] = pair.split('=');
      const operation = operations[name];
      if (operation === undefined || !/^\d+:\d+$/.test(device) || !/^\d+$/.test(value)) return [];
      return [{ table: operation[0], entry: entry(device, operation[1], value) }];
    }),
  );
  const of = (wanted: Table) => found.filter(({ table }) => table === wanted).map((one) => one.entry);
  return filled(services.map(([table]) => [table, of(table)] as const));
}

export function readBlkio(
  native: Native,
  blkio: ControllerDirectory | undefined,
  io: ControllerDirectory | undefined,
  unified: Fd | undefined,
): BlkioStats {
  const read =
    blkio === undefined ? (io === undefined ? {} : readVersion2(native, io.fd)) : readVersion1(native, blkio.fd);
  return { ...read, psi: readPsi(native, unified, 'io.pressure') };
}
