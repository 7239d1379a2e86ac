import type { Fd, Native } from '../../native/contract.ts';
import { type Counter, nonZero, readCounter, readCounters, readStat } from './counter.ts';
import type { ControllerDirectory } from './directories.ts';
import { type PsiStats, readPsi } from './psi.ts';

/** Times in nanoseconds. */
interface CpuUsage {
  readonly total: Counter | undefined;
  readonly percpu?: readonly Counter[] | undefined;
  readonly percpu_kernel?: readonly Counter[] | undefined;
  readonly percpu_user?: readonly Counter[] | undefined;
  readonly kernel: Counter;
  readonly user: Counter;
}

interface Throttling {
  readonly periods: Counter | undefined;
  readonly throttledPeriods: Counter | undefined;
  readonly throttledTime: Counter | undefined;
}

export interface CpuStats {
  readonly usage: CpuUsage;
  readonly throttling: Throttling;
  readonly psi: PsiStats | undefined;
}

/** cpuacct.stat counts in clock ticks, of which every architecture shows 100 a second. times(2) */
const nanosecondsPerTick = 10_000_000n;
const nanosecondsPerMicrosecond = 1000n;

const noUsage: CpuUsage = { total: undefined, kernel: 0n, user: 0n };

function filled(list: readonly Counter[]): readonly Counter[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** One column of lines of counters. */
function column(lines: readonly string[], index: number): readonly Counter[] | undefined {
  return filled(lines.map((line) => BigInt(line.split(' ')[index] ?? 0)));
}

/** v1, the controller cpuacct: cgroup-v1/cpuacct.rst */
function usageOfCpuacct(native: Native, directory: Fd): CpuUsage {
  const ticks = readCounters(native, directory, 'cpuacct.stat');
  const percpu = (readStat(native, directory, 'cpuacct.usage_percpu') ?? '').split(/\s+/).filter((word) => word !== '');
  const all = (readStat(native, directory, 'cpuacct.usage_all') ?? '').split('\n').slice(1);
  const lines = all.filter((line) => line !== '');
  return {
    total: nonZero(readCounter(native, directory, 'cpuacct.usage') ?? 0n),
    percpu: filled(percpu.map(BigInt)),
    percpu_kernel: column(lines, 2),
    percpu_user: column(lines, 1),
    kernel: (ticks.get('system') ?? 0n) * nanosecondsPerTick,
    user: (ticks.get('user') ?? 0n) * nanosecondsPerTick,
  };
}

/** v2: cpu.stat has its times in microseconds. cgroup-v2.rst § CPU Interface Files */
function usageOfVersion2(stat: ReadonlyMap<string, Counter>): CpuUsage {
  const time = (name: string) => (stat.get(name) ?? 0n) * nanosecondsPerMicrosecond;
  return { total: nonZero(time('usage_usec')), kernel: time('system_usec'), user: time('user_usec') };
}

function throttlingOf(stat: ReadonlyMap<string, Counter>): Throttling {
  const time = stat.get('throttled_time') ?? (stat.get('throttled_usec') ?? 0n) * nanosecondsPerMicrosecond;
  return {
    periods: nonZero(stat.get('nr_periods') ?? 0n),
    throttledPeriods: nonZero(stat.get('nr_throttled') ?? 0n),
    throttledTime: nonZero(time),
  };
}

/** Usage and throttling are one controller in v2 and two in v1, perhaps in two hierarchies. */
export function readCpu(
  native: Native,
  cpu: ControllerDirectory | undefined,
  cpuacct: ControllerDirectory | undefined,
  unified: Fd | undefined,
): CpuStats {
  const stat = cpu === undefined ? new Map<string, Counter>() : readCounters(native, cpu.fd, 'cpu.stat');
  return {
    usage:
      cpuacct === undefined
        ? cpu?.version === 2
          ? usageOfVersion2(stat)
          : noUsage
        : usageOfCpuacct(native, cpuacct.fd),
    throttling: throttlingOf(stat),
    psi: readPsi(native, unified, 'cpu.pressure'),
  };
}
