import { Failure } from '../../native/failure.ts';
import type { LinuxCPU, LinuxResources } from '../../oci/types.ts';
import * as limits from '../limits.ts';
import type { Controller, Setting } from './setting.ts';

/** The kernel takes any number and writes another one. runc's texts */
function checkShares({ shares }: LinuxCPU): void {
  if (!limits.isSet(shares)) return;
  const place = '/linux/resources/cpu/shares';
  if (shares < limits.leastShares) throw new Failure(`the minimum allowed cpu-shares is ${limits.leastShares}`, place);
  if (shares > limits.mostShares) throw new Failure(`the maximum allowed cpu-shares is ${limits.mostShares}`, place);
}

/**
 * An idle cgroup takes no weight (EINVAL), and being idle ends with the default one: who becomes idle gets the weight before, where it is
 * of no effect, who stops being idle behind it. sched_group_set_idle of the kernel
 */
function weightAndIdle(weight: Omit<Setting, 'property'>, { idle }: LinuxCPU): Setting[] {
  const shares: Setting = { ...weight, property: 'cpu/shares' };
  // a kernel before 5.15 has no idle cgroups, and no need to be told so
  const idleness: Setting = {
    file: 'cpu.idle',
    value: limits.integer(idle),
    property: 'cpu/idle',
    optional: Number(idle) === 0,
  };
  return Number(idle) === 1 ? [{ ...shares, tolerated: 'EINVAL' }, idleness] : [idleness, shares];
}

/** A kernel before 5.14 has no bursts, and no need to be told so. */
function burstOf(file: string, { burst }: LinuxCPU): Setting {
  return { file, value: limits.integer(burst), property: 'cpu/burst', optional: Number(burst) === 0, retried: true };
}

/** Period and burst are compared with the quota that stands there, which may be the old one: they are tried before and again behind. */
function version1({ cpu = {} }: LinuxResources): Setting[] {
  checkShares(cpu);
  return [
    ...weightAndIdle({ file: 'cpu.shares', value: limits.cpuShares(cpu.shares) }, cpu),
    { file: 'cpu.cfs_period_us', value: limits.cfsPeriod(cpu.period), property: 'cpu/period', retried: true },
    burstOf('cpu.cfs_burst_us', cpu),
    { file: 'cpu.cfs_quota_us', value: limits.cfsQuota(cpu.quota), property: 'cpu/quota' },
    {
      file: 'cpu.rt_period_us',
      value: limits.realtimePeriod(cpu.realtimePeriod),
      property: 'cpu/realtimePeriod',
      retried: true,
    },
    {
      file: 'cpu.rt_runtime_us',
      value: limits.realtimeRuntime(cpu.realtimeRuntime),
      property: 'cpu/realtimeRuntime',
    },
  ];
}

function version2({ cpu = {} }: LinuxResources): Setting[] {
  const property = cpu.quota === undefined ? 'cpu/period' : 'cpu/quota';
  return [
    ...weightAndIdle({ file: 'cpu.weight', value: limits.cpuWeight(cpu.shares) }, cpu),
    burstOf('cpu.max.burst', cpu),
    { file: 'cpu.max', value: limits.cpuMax(cpu.quota, cpu.period), property },
  ];
}

/** config-linux.md § CPU. v2 has no realtime runtime. */
export const cpu: Controller = {
  version1: { controller: 'cpu', settings: version1 },
  version2: { controller: 'cpu', settings: version2 },
};
