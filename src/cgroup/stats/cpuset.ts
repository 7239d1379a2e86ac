import type { Fd, Native } from '../../native/contract.ts';
import { type Counter, readCounter, readStat } from './counter.ts';
import type { ControllerDirectory } from './directories.ts';

export interface CpusetStats {
  readonly cpus: readonly number[] | undefined;
  readonly cpu_exclusive: Counter;
  readonly mems: readonly number[] | undefined;
  readonly mem_hardwall: Counter;
  readonly mem_exclusive: Counter;
  readonly memory_migrate: Counter;
  readonly memory_spread_page: Counter;
  readonly memory_spread_slab: Counter;
  readonly memory_pressure: Counter;
  readonly sched_load_balance: Counter;
  readonly sched_relax_domain_level: bigint;
}

/** "0-2,7" → 0, 1, 2, 7. cpuset(7) § List format */
export function parseList(text: string): number[] {
  const ranges = text.split(',').filter((range) => /^\d+(-\d+)?$/.test(range));
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: Math.max(last - first + 1, 0) }, (_, index) => first + index);
  });
}

function readList(native: Native, directory: Fd | undefined, file: string): readonly number[] | undefined {
  const list = directory === undefined ? [] : parseList(readStat(native, directory, file)?.trim() ?? '');
  return list.length === 0 ? undefined : list;
}

/** -1: the kernel's own choice. cpuset(7) */
function readLevel(native: Native, directory: Fd): bigint {
  const text = readStat(native, directory, 'cpuset.sched_relax_domain_level')?.trim() ?? '';
  return /^-?\d+$/.test(text) ? BigInt(text) : 0n;
}

/** v2 has none of the flags, and an empty list there means that of the cgroup above: what is in effect is told. */
export function readCpuset(native: Native, cpuset: ControllerDirectory | undefined): CpusetStats {
  const lists = cpuset?.version === 2 ? '.effective' : '';
  const flags = cpuset?.version === 1 ? cpuset.fd : undefined;
  const flag = (name: string) => (flags === undefined ? 0n : (readCounter(native, flags, `cpuset.${name}`) ?? 0n));
  return {
    cpus: readList(native, cpuset?.fd, `cpuset.cpus${lists}`),
    cpu_exclusive: flag('cpu_exclusive'),
    mems: readList(native, cpuset?.fd, `cpuset.mems${lists}`),
    mem_hardwall: flag('mem_hardwall'),
    mem_exclusive: flag('mem_exclusive'),
    memory_migrate: flag('memory_migrate'),
    memory_spread_page: flag('memory_spread_page'),
    memory_spread_slab: flag('memory_spread_slab'),
    memory_pressure: flag('memory_pressure'),
    sched_load_balance: flag('sched_load_balance'),
    sched_relax_domain_level: flags === undefined ? 0n : readLevel(native, flags),
  };
}
