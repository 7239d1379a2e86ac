import type { Native } from '../../native/contract.ts';
import type { Cgroups } from '../directory.ts';
import { type BlkioStats, readBlkio } from './blkio.ts';
import { type CpuStats, readCpu } from './cpu.ts';
import { type CpusetStats, readCpuset } from './cpuset.ts';
import { withCgroups } from './directories.ts';
import { type HugetlbStats, readHugetlb } from './hugetlb.ts';
import { type MemoryStats, readMemory } from './memory.ts';
import { type PidsStats, readPids } from './pids.ts';

/**
 * What the cgroups of a container say that it uses. Keys, their order, units and what is left out are those of runc's events: times in nanoseconds, sizes in
 * bytes, counters of zero left out where runc does.
 */
export interface Stats {
  readonly cpu: CpuStats;
  readonly cpuset: CpusetStats;
  readonly memory: MemoryStats;
  readonly pids: PidsStats;
  readonly blkio: BlkioStats;
  readonly hugetlb: HugetlbStats;
}

/** Reads the statistics of a container's cgroups, of v1 and v2. What is not there counts nothing. */
export function readStats(native: Native, cgroups: Cgroups): Stats {
  return withCgroups(native, cgroups, ({ controller, unified }) => ({
    cpu: readCpu(native, controller('cpu'), controller('cpuacct'), unified),
    cpuset: readCpuset(native, controller('cpuset')),
    memory: readMemory(native, controller('memory'), unified),
    pids: readPids(native, controller('pids')),
    blkio: readBlkio(native, controller('blkio'), controller('io'), unified),
    hugetlb: readHugetlb(native, controller('hugetlb')),
  }));
}
