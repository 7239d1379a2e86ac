import type { Native } from '../../native/contract.ts';
import { type Counter, nonZero, readCounter, readCounters } from './counter.ts';
import type { ControllerDirectory } from './directories.ts';

/** Bytes in huge pages of one size. */
interface HugetlbEntry {
  readonly usage: Counter | undefined;
  readonly max: Counter | undefined;
  readonly failcnt: Counter;
}

/** By page size, as "2MB". */
export type HugetlbStats = { readonly [size: string]: HugetlbEntry };

/** The sizes that this kernel has, by the names of the files. cgroup-v1/hugetlb.rst, cgroup-v2.rst § HugeTLB */
function sizesOf(native: Native, { fd }: ControllerDirectory): string[] {
  const found = native
    .readdir(fd)
    .map(({ name }) => /^hugetlb\.(\d+[KMG]B)\.(?:usage_in_bytes|current)$/.exec(name)?.[1]);
  return found.filter((size) => size !== undefined).sort();
}

/** Reservations, where the kernel counts them (5.7), tell of what cannot be had better than faults do. */
function readSize(native: Native, { version, fd }: ControllerDirectory, size: string): HugetlbEntry {
  const usageFile = version === 2 ? 'current' : 'usage_in_bytes';
  const reserved = readCounter(native, fd, `hugetlb.${size}.rsvd.${usageFile}`);
  const prefix = `hugetlb.${size}${reserved === undefined ? '' : '.rsvd'}`;
  const usage = reserved ?? readCounter(native, fd, `${prefix}.${usageFile}`) ?? 0n;
  if (version === 2) {
    const failcnt = readCounters(native, fd, `hugetlb.${size}.events`).get('max') ?? 0n;
    return { usage: nonZero(usage), max: undefined, failcnt };
  }
  return {
    usage: nonZero(usage),
    max: nonZero(readCounter(native, fd, `${prefix}.max_usage_in_bytes`) ?? 0n),
    failcnt: readCounter(native, fd, `${prefix}.failcnt`) ?? 0n,
  };
}

export function readHugetlb(native: Native, hugetlb: ControllerDirectory | undefined): HugetlbStats {
  if (hugetlb === undefined) return {};
  return Object.fromEntries(sizesOf(native, hugetlb).map((size) => [size, readSize(native, hugetlb, size)]));
}
