import type { Fd, Native } from '../../native/contract.ts';
import { type Counter, nonZero, readCounter, readCounters, unlimited } from './counter.ts';
import type { ControllerDirectory } from './directories.ts';
import { type PsiStats, readPsi } from './psi.ts';

/** Bytes, and how often the limit was hit. */
interface MemoryEntry {
  readonly limit: Counter;
  readonly usage: Counter | undefined;
  readonly max: Counter | undefined;
  readonly failcnt: Counter;
}

export interface MemoryStats {
  readonly cache: Counter | undefined;
  readonly usage: MemoryEntry;
  /** memory and swap together */
  readonly swap: MemoryEntry;
  readonly kernel: MemoryEntry;
  readonly kernelTCP: MemoryEntry;
  /** memory.stat as it is */
  readonly raw: { readonly [name: string]: Counter } | undefined;
  readonly psi: PsiStats | undefined;
}

const none: MemoryEntry = { limit: 0n, usage: undefined, max: undefined, failcnt: 0n };

/** Sorted, as Go writes every map. */
function rawOf(stat: ReadonlyMap<string, Counter>): MemoryStats['raw'] {
  if (stat.size === 0) return undefined;
  const raw: Record<string, Counter> = Object.create(null);
  for (const name of [...stat.keys()].sort()) raw[name] = stat.get(name) as Counter;
  return raw;
}

/** cgroup-v1/memory.rst. What the kernel does not count (swap, without its accounting) has no files. */
function entryOfVersion1(native: Native, directory: Fd, prefix: string): MemoryEntry {
  const usage = readCounter(native, directory, `${prefix}.usage_in_bytes`);
  if (usage === undefined) return none;
  const read = (file: string) => readCounter(native, directory, `${prefix}.${file}`) ?? 0n;
  return {
    limit: read('limit_in_bytes'),
    usage: nonZero(usage),
    max: nonZero(read('max_usage_in_bytes')),
    failcnt: read('failcnt'),
  };
}

function readVersion1(native: Native, directory: Fd): Omit<MemoryStats, 'psi'> {
  const stat = readCounters(native, directory, 'memory.stat');
  return {
    cache: nonZero(stat.get('cache') ?? 0n),
    usage: entryOfVersion1(native, directory, 'memory'),
    swap: entryOfVersion1(native, directory, 'memory.memsw'),
    kernel: entryOfVersion1(native, directory, 'memory.kmem'),
    kernelTCP: entryOfVersion1(native, directory, 'memory.kmem.tcp'),
    raw: rawOf(stat),
  };
}

/** cgroup-v2.rst § Memory Interface Files. v2 counts swap alone; what is told is the sum, as v1 has it. */
function readVersion2(native: Native, directory: Fd): Omit<MemoryStats, 'psi'> {
  const stat = readCounters(native, directory, 'memory.stat');
  const usage = readCounter(native, directory, 'memory.current') ?? 0n;
  const limit = readCounter(native, directory, 'memory.max') ?? 0n;
  const swap = readCounter(native, directory, 'memory.swap.current') ?? 0n;
  const swapLimit = readCounter(native, directory, 'memory.swap.max') ?? 0n;
  const isUnlimited = limit === unlimited || swapLimit === unlimited;
  return {
    cache: nonZero(stat.get('file') ?? 0n),
    usage: {
      limit,
      usage: nonZero(usage),
      max: nonZero(readCounter(native, directory, 'memory.peak') ?? 0n),
      failcnt: 0n,
    },
    // the two peaks were not at the same moment: their sum means nothing
    swap: {
      limit: isUnlimited ? unlimited : limit + swapLimit,
      usage: nonZero(usage + swap),
      max: undefined,
      failcnt: 0n,
    },
    kernel: none,
    kernelTCP: none,
    raw: rawOf(stat),
  };
}

const nothing: Omit<MemoryStats, 'psi'> = {
  cache: undefined,
  usage: none,
  swap: none,
  kernel: none,
  kernelTCP: none,
  raw: undefined,
};

export function readMemory(
  native: Native,
  memory: ControllerDirectory | undefined,
  unified: Fd | undefined,
): MemoryStats {
  const read = memory?.version === 2 ? readVersion2 : readVersion1;
  const stats = memory === undefined ? nothing : read(native, memory.fd);
  return { ...stats, psi: readPsi(native, unified, 'memory.pressure') };
}
