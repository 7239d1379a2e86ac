import type { LinuxCPU, LinuxResources } from '../../oci/types.ts';
import { type Problem, problemIf } from '../problem.ts';

const place = '/linux/resources/cpu';

/** Microseconds: min_cfs_quota_period and max_cfs_quota_period of the kernel. */
const shortest = 1000;
const longest = 1_000_000;

function checkBandwidth({ quota = 0, burst = 0, period = 0 }: LinuxCPU): Problem[] {
  const isPeriod = period === 0 || (period >= shortest && period <= longest);
  return [
    ...problemIf(!isPeriod, `${place}/period`, `must be from ${shortest} to ${longest} microseconds, is ${period}`),
    ...problemIf(
      quota > 0 && quota < shortest,
      `${place}/quota`,
      `must be at least ${shortest} microseconds, is ${quota}`,
    ),
    ...problemIf(quota > 0 && burst > quota, `${place}/burst`, `must not be larger than the quota ${quota}`),
  ];
}

function checkRealtime({ realtimeRuntime: runtime = 0, realtimePeriod: period = 0 }: LinuxCPU): Problem[] {
  return problemIf(
    period > 0 && runtime > period,
    `${place}/realtimeRuntime`,
    `must not be larger than the realtimePeriod ${period}`,
  );
}

/** bitmap_parselist of the kernel: "0-3,7", "0-31:2/8", "N" for the last. cpuset(7) § List format */
const number = '(?:\\d{1,9}|N)';
const item = `(?:all|${number}(?:-${number}(?::\\d{1,9}/\\d{1,9})?)?)`;
const list = new RegExp(`^ *${item}(?:[ ,]+${item})*[ ,]*$`);

function checkLists({ cpus = '', mems = '' }: LinuxCPU): Problem[] {
  return Object.entries({ cpus, mems }).flatMap(([name, text]) =>
    problemIf(text !== '' && !list.test(text), `${place}/${name}`, `"${text}" is no list of numbers such as 0-3,7`),
  );
}

/** config-linux.md § CPU. What the kernel refuses without a word: EINVAL. */
export function checkCpu({ cpu = {} }: LinuxResources): Problem[] {
  const { idle = 0 } = cpu;
  return [
    ...checkBandwidth(cpu),
    ...checkRealtime(cpu),
    ...checkLists(cpu),
    ...problemIf(Number(idle) !== 0 && Number(idle) !== 1, `${place}/idle`, `must be 0 or 1, is ${idle}`),
  ];
}
