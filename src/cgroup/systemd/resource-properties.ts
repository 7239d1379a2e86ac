import { Failure } from '../../native/failure.ts';
import type { LinuxResources } from '../../oci/types.ts';
import type { PropertyValue, UnitProperty } from '../../plan/plan.ts';
import * as limits from '../limits.ts';
import { deviceProperties } from './device-properties.ts';
import { numberBits } from './number-bits.ts';

/** CGROUP_LIMIT_MAX and USEC_INFINITY of systemd */
const infinity = 2n ** 64n - 1n;

/** A property of a unit that stands for one of linux.resources. */
interface Row {
  readonly name: string;
  readonly signature: 't' | 'ay';
  /** below /linux/resources */
  readonly property: string;
  /** the first systemd that knows it */
  readonly since?: number;
  readonly value: (resources: LinuxResources) => PropertyValue | undefined;
}

/** What control files take, as a number: "max" is no limit. */
function number(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  return text === 'max' || text.startsWith('-') ? infinity : BigInt(text);
}

function isSet(value: number | bigint | undefined): value is number | bigint {
  return value !== undefined && Number(value) !== 0;
}

const defaultPeriod = 100_000n;
const microsecondsPerSecond = 1_000_000n;
/** systemd counts in hundredths of a CPU. */
const hundredth = 10_000n;

/** CPUQuotaPerSecUSec: CPU time in a second, rounded up so that the container gets what was asked for. */
function quotaPerSecond({ cpu }: LinuxResources): bigint | undefined {
  if (!isSet(cpu?.quota) && !isSet(cpu?.period)) return undefined;
  if (!isSet(cpu.quota) || cpu.quota < 0) return infinity;
  const period = isSet(cpu.period) ? BigInt(cpu.period) : defaultPeriod;
  const time = (BigInt(cpu.quota) * microsecondsPerSecond) / period;
  return ((time + hundredth - 1n) / hundredth) * hundredth;
}

/**
 * The resources with the quota that systemd makes of theirs, so that the cgroup's file says what the unit says.
 */
export function roundedResources(resources: LinuxResources): LinuxResources {
  const { cpu } = resources;
  if (!isSet(cpu?.quota) || cpu.quota < 0) return resources;
  const period = isSet(cpu.period) ? BigInt(cpu.period) : defaultPeriod;
  const quota = ((quotaPerSecond(resources) ?? 0n) * period) / microsecondsPerSecond;
  return { ...resources, cpu: { ...cpu, quota } };
}

function bits(list: string | undefined, pointer: string): PropertyValue | undefined {
  return list === undefined || list === '' ? undefined : numberBits(list, pointer);
}

const both: readonly Row[] = [
  {
    name: 'CPUQuotaPeriodUSec',
    signature: 't',
    property: 'cpu/period',
    since: 242,
    value: ({ cpu }) => (isSet(cpu?.period) ? BigInt(cpu.period) : undefined),
  },
  { name: 'CPUQuotaPerSecUSec', signature: 't', property: 'cpu/quota', value: quotaPerSecond },
  {
    name: 'TasksMax',
    signature: 't',
    property: 'pids/limit',
    value: ({ pids }) => number(limits.pidsMax(pids?.limit)),
  },
  {
    name: 'AllowedCPUs',
    signature: 'ay',
    property: 'cpu/cpus',
    since: 244,
    value: ({ cpu }) => bits(cpu?.cpus, '/linux/resources/cpu/cpus'),
  },
  {
    name: 'AllowedMemoryNodes',
    signature: 'ay',
    property: 'cpu/mems',
    since: 244,
    value: ({ cpu }) => bits(cpu?.mems, '/linux/resources/cpu/mems'),
  },
];

const version2: readonly Row[] = [
  {
    name: 'MemoryMax',
    signature: 't',
    property: 'memory/limit',
    value: ({ memory }) => number(limits.memoryMax(memory?.limit)),
  },
  {
    name: 'MemoryLow',
    signature: 't',
    property: 'memory/reservation',
    value: ({ memory }) => number(limits.memoryMax(memory?.reservation)),
  },
  {
    name: 'MemorySwapMax',
    signature: 't',
    property: 'memory/swap',
    value: ({ memory }) => number(limits.memorySwapMax(memory?.limit, memory?.swap)),
  },
  {
    name: 'CPUWeight',
    signature: 't',
    property: 'cpu/shares',
    value: ({ cpu }) => number(limits.cpuWeight(cpu?.shares)),
  },
  {
    // a weight of 0 is cpu.idle, which leaves no weight to set
    name: 'CPUWeight',
    signature: 't',
    property: 'cpu/idle',
    since: 252,
    value: ({ cpu }) => (Number(cpu?.idle) === 1 ? 0n : undefined),
  },
  ...both,
];

const version1: readonly Row[] = [
  {
    name: 'MemoryLimit',
    signature: 't',
    property: 'memory/limit',
    value: ({ memory }) => number(limits.memoryBytes(memory?.limit)),
  },
  {
    name: 'CPUShares',
    signature: 't',
    property: 'cpu/shares',
    value: ({ cpu }) => number(limits.cpuShares(cpu?.shares)),
  },
  {
    name: 'BlockIOWeight',
    signature: 't',
    property: 'blockIO/weight',
    value: ({ blockIO }) => (isSet(blockIO?.weight) ? BigInt(blockIO.weight) : undefined),
  },
  ...both,
];

/** A file of linux.resources.unified that systemd has a property for: how its text reads as linux.resources, or as a number. */
const unifiedMemory: { readonly [file: string]: string } = {
  'memory.high': 'MemoryHigh',
  'memory.low': 'MemoryLow',
  'memory.max': 'MemoryMax',
  'memory.min': 'MemoryMin',
  'memory.swap.max': 'MemorySwapMax',
  'pids.max': 'TasksMax',
};

/** Decimal digits up to 64 bits. */
function unifiedNumber(text: string, pointer: string): bigint {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value > infinity)
    throw new Failure(`unified resource value "${text}" is no number`, pointer);
  return value;
}

/** The resources that a file of unified stands for. */
function unifiedCpu(file: string, text: string, pointer: string): LinuxResources {
  if (file === 'cpuset.cpus') return { cpu: { cpus: text } };
  if (file === 'cpuset.mems') return { cpu: { mems: text } };
  if (file === 'cpu.idle') return { cpu: { idle: text === '1' ? 1 : 0 } };
  if (file !== 'cpu.max') return {};
  const [quota = '', period = String(defaultPeriod), ...more] = text.split(/\s+/);
  if (more.length > 0) throw new Failure(`unified resource value "${text}" is no quota and period`, pointer);
  return {
    cpu: { quota: quota === 'max' ? -1 : unifiedNumber(quota, pointer), period: unifiedNumber(period, pointer) },
  };
}

/** The weight of all devices, not that of one, which systemd leaves alone. cgroup-v2.rst § IO Interface Files */
const defaultWeight = /^(?:default\s+)?(\d+)$/;

/** sched_prio_to_weight of the kernel, for the nice levels -20 to 19: it makes cpu.weight.nice a cpu.weight. */
const niceWeights: readonly number[] = [
  88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991,
  1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
];

/** Weights that systemd has another scale for. */
function unifiedWeight(file: string, text: string, pointer: string): UnitProperty[] {
  const property = (name: string, value: bigint | undefined): UnitProperty[] =>
    value === undefined ? [] : [{ name, signature: 't', value, pointer }];
  const [, weight] = defaultWeight.exec(text) ?? [];
  if (file === 'io.weight') return property('IOWeight', weight === undefined ? undefined : BigInt(weight));
  if (file === 'io.bfq.weight')
    return property('IOWeight', weight === undefined ? undefined : weightForBfq(Number(weight)));
  const prio = file === 'cpu.weight.nice' && /^-?\d{1,2}$/.test(text) ? niceWeights[Number(text) + 20] : undefined;
  return property('CPUWeight', prio === undefined ? undefined : BigInt(Math.round((prio * 100) / 1024)));
}

function unifiedProperties(file: string, value: string, knows: (row: Row) => boolean): UnitProperty[] {
  const text = value.trim();
  const pointer = `/linux/resources/unified/${file}`;
  const weights = unifiedWeight(file, text, pointer);
  if (weights.length > 0) return weights;
  const name = file === 'cpu.weight' ? 'CPUWeight' : unifiedMemory[file];
  if (name !== undefined) {
    return [{ name, signature: 't', value: text === 'max' ? infinity : unifiedNumber(text, pointer), pointer }];
  }
  return rowProperties(version2, unifiedCpu(file, text, pointer), knows).map((property) => ({ ...property, pointer }));
}

function rowProperties(rows: readonly Row[], resources: LinuxResources, knows: (row: Row) => boolean): UnitProperty[] {
  return rows.flatMap((row) => {
    const { name, signature, property } = row;
    const value = row.value(resources);
    if (value === undefined || !knows(row)) return [];
    return [{ name, signature, value, pointer: `/linux/resources/${property}` }];
  });
}

/**
 * IOWeight for which systemd writes this to io.bfq.weight: it has 1 to 100 as they are, and makes the rest, up to 10000, a line to
 * BFQ's 1000. BFQ_WEIGHT of systemd
 */
function weightForBfq(weight: number): bigint {
  return BigInt(weight <= 100 ? weight : 100 + (weight - 100) * 11);
}

/** The weight that systemd writes to io.weight, and to BFQ's file by another scale: the file that ours is in decides. */
function ioWeight({ blockIO }: LinuxResources): UnitProperty[] {
  const weight = blockIO?.weight;
  const value = number(limits.ioWeight(weight));
  if (weight === undefined || value === undefined) return [];
  const whereThere = { file: 'io.bfq.weight', value: weightForBfq(weight) };
  return [{ name: 'IOWeight', signature: 't', value, whereThere, pointer: '/linux/resources/blockIO/weight' }];
}

/** Of two for the same thing the later one counts, as for the files. A weight of 0 is no weight to compare with: it stays. */
function lastOfEach(properties: readonly UnitProperty[]): UnitProperty[] {
  const last = new Map<string, UnitProperty>();
  for (const property of properties) {
    const isIdle = property.name === 'CPUWeight' && last.get('CPUWeight')?.value === 0n;
    if (!isIdle) last.set(property.name, property);
  }
  return [...last.values()];
}

/**
 * linux.resources as properties of a unit, those that systemd has a word for; the others are for the files of the cgroup alone. Rules
 * of devices only where there are any, so that an update without them leaves them as they are. `version` is asked for when it matters.
 *
 * @throws Failure with the pointer of a value that is none
 */
export function resourceProperties(
  mode: 'v1' | 'hybrid' | 'v2' | 'none',
  resources: LinuxResources,
  version: () => number,
): UnitProperty[] {
  const knows = ({ since }: Row) => since === undefined || version() >= since;
  const rows = mode === 'v2' ? version2 : version1;
  const unified = Object.entries(mode === 'v2' ? (resources.unified ?? {}) : {});
  const { devices } = resources;
  return [
    ...(devices === undefined ? [] : deviceProperties(devices)),
    ...lastOfEach([
      ...rowProperties(rows, resources, knows),
      ...(mode === 'v2' ? ioWeight(resources) : []),
      ...unified.flatMap(([file, text]) => unifiedProperties(file, text, knows)),
    ]),
  ];
}
