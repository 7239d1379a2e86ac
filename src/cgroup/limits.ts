/** An integer of config.json, exact up to 64 bits. */
export type Integer = number | bigint;

/**
 * Values of config.json as the files of cgroups want them. Pure arithmetic, once for all drivers; undefined: nothing is to be written,
 * for the zero value means "not set" to engines. config-linux.md § Control groups; the kernel's cgroup-v2.rst
 */
const unlimited = 'max';

/** Engines write the zero value for what is not set. */
export function isSet(value: Integer | undefined): value is Integer {
  return value !== undefined && Number(value) !== 0;
}

/** -1 is "no limit" in config.json; cgroup v2 says "max". */
function bytesOrMax(bytes: Integer): string {
  return bytes < 0 ? unlimited : String(bytes);
}

/** What is another value than "not set" also when it is 0. */
export function integer(value: Integer | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** MIN_SHARES and MAX_SHARES of the kernel. */
export const leastShares = 2;
export const mostShares = 262144;

/** cpu.shares of v1, 2 to 262144, default 1024. */
export function cpuShares(shares: Integer | undefined): string | undefined {
  return isSet(shares) ? String(shares) : undefined;
}

/**
 * cpu.weight of v2, 1 to 10000, for shares. The exponential curve hits all three points that matter, least, default and greatest:
 * 2 → 1, 1024 → 100, 262144 → 10000 (the linear one made 39 of 1024). runc since 1.3.2, crun since 1.23.
 */
export function cpuWeight(shares: Integer | undefined): string | undefined {
  if (!isSet(shares)) return undefined;
  if (shares <= leastShares) return '1';
  if (shares >= mostShares) return '10000';
  const octaves = Math.log2(Number(shares));
  return String(Math.ceil(10 ** ((octaves * octaves + 125 * octaves) / 612 - 7 / 34)));
}

/** cpu.cfs_quota_us of v1: microseconds, -1 for no limit. */
export function cfsQuota(quota: Integer | undefined): string | undefined {
  return isSet(quota) ? String(quota) : undefined;
}

/** cpu.cfs_period_us of v1: microseconds. */
export function cfsPeriod(period: Integer | undefined): string | undefined {
  return isSet(period) ? String(period) : undefined;
}

/** cpu.rt_period_us of v1: microseconds. */
export function realtimePeriod(period: Integer | undefined): string | undefined {
  return isSet(period) ? String(period) : undefined;
}

/** cpu.rt_runtime_us of v1: microseconds, -1 for no limit. */
export function realtimeRuntime(runtime: Integer | undefined): string | undefined {
  return isSet(runtime) ? String(runtime) : undefined;
}

/** cpu.max of v2: "quota period" in microseconds; the kernel's own period is 100 ms. */
export function cpuMax(quota: Integer | undefined, period: Integer | undefined): string | undefined {
  if (!isSet(quota) && !isSet(period)) return undefined;
  const time = isSet(quota) && quota > 0 ? String(quota) : unlimited;
  return `${time} ${isSet(period) ? period : 100000}`;
}

/** memory.limit_in_bytes and memory.soft_limit_in_bytes of v1: bytes, -1 for no limit. */
export function memoryBytes(bytes: Integer | undefined): string | undefined {
  return isSet(bytes) ? String(bytes) : undefined;
}

/** memory.memsw.limit_in_bytes of v1: memory and swap together. No limit of memory is none of both, unless that has one. */
export function memorySwapBytes(limit: Integer | undefined, swap: Integer | undefined): string | undefined {
  if (isSet(swap)) return String(swap);
  return isSet(limit) && limit < 0 ? '-1' : undefined;
}

/** memory.swappiness of v1, 0 to 100. -1 as an unsigned number is "not set" to runc. */
export function swappiness(value: Integer | undefined): string | undefined {
  return value === undefined || BigInt(value) === 2n ** 64n - 1n ? undefined : String(value);
}

/** memory.max and memory.low of v2. */
export function memoryMax(bytes: Integer | undefined): string | undefined {
  return isSet(bytes) ? bytesOrMax(bytes) : undefined;
}

/**
 * memory.swap.max of v2, which counts swap alone, from memory and swap together. Without a memory limit (-1) there is nothing to
 * subtract: a swap limit then stands as it is, and no swap limit lifts one. That swap is not below the limit is a check of the bundle.
 */
export function memorySwapMax(limit: Integer | undefined, swap: Integer | undefined): string | undefined {
  const memoryUnlimited = isSet(limit) && limit < 0;
  if (!isSet(swap)) return memoryUnlimited ? unlimited : undefined;
  if (swap < 0) return unlimited;
  return String(memoryUnlimited ? BigInt(swap) : BigInt(swap) - BigInt(limit ?? 0));
}

/** pids.max of both versions. A limit of 0 allows no process at all, so that it could not even start: 1, as runc since 1.4. */
export function pidsMax(limit: Integer | undefined): string | undefined {
  if (limit === undefined) return undefined;
  if (limit < 0) return unlimited;
  return Number(limit) === 0 ? '1' : String(limit);
}

/** blkio.weight and its like of v1, and io.bfq.weight of v2: 10 to 1000. */
export function blkioWeight(weight: number | undefined): string | undefined {
  return isSet(weight) ? String(weight) : undefined;
}

/** A rate in io.max of v2, which calls "max" what is 0 in v1: no limit. */
export function ioRate(rate: Integer): string {
  return isSet(rate) ? String(rate) : unlimited;
}

/** net_cls.classid of v1. */
export function classId(id: number | undefined): string | undefined {
  return isSet(id) ? String(id) : undefined;
}

/** io.weight of v2, 1 to 10000, for a weight of 10 to 1000; integer division as in Go. */
export function ioWeight(weight: number | undefined): string | undefined {
  return isSet(weight) ? String(1 + Math.trunc(((weight - 10) * 9999) / 990)) : undefined;
}
