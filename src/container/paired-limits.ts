import type { LinuxResources } from '../oci/types.ts';
import type { PairedLimits } from '../state/limits.ts';

type Integer = number | bigint;

/** Zero means "leave alone" to engines. config-linux.md does not say so; runc reads it that way. */
function set(value: Integer | undefined): Integer | undefined {
  return value === undefined || Number(value) === 0 ? undefined : value;
}

/** An object without the properties that are undefined; undefined when there are no others. */
function present<T extends object>(object: T): T | undefined {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
}

/** What of `resources` a later update has to know; undefined when it is nothing. */
export function pairedLimits({ memory, cpu }: LinuxResources): PairedLimits | undefined {
  return present({
    memory: present({
      limit: set(memory?.limit),
      swap: set(memory?.swap),
      checkBeforeUpdate: memory?.checkBeforeUpdate || undefined,
    }),
    cpu: present({ quota: set(cpu?.quota), period: set(cpu?.period) }),
  }) as PairedLimits | undefined;
}

/** What an update writes, and what is known after it. */
export interface Merged {
  readonly changes: LinuxResources;
  readonly limits: PairedLimits | undefined;
}

/**
 * An update's request with what it does not say and yet needs: the other half of each pair that it changes. Nothing else is written
 * again, since somebody else may have changed it meanwhile. What an update does not change (devices, huge pages, network, rdma) is
 * left out.
 *
 * Lifting the memory limit alone takes that of memory and swap away too, which the plan of limits sees to.
 */
export function mergeResources(saved: PairedLimits, request: LinuxResources): Merged {
  const memory = mergeMemory(saved.memory ?? {}, request.memory ?? {});
  const cpu = mergeCpu(saved.cpu ?? {}, request.cpu ?? {});
  const { blockIO, pids, unified } = request;
  const changes: LinuxResources = {
    ...(memory.changes === undefined ? {} : { memory: memory.changes }),
    ...(cpu.changes === undefined ? {} : { cpu: cpu.changes }),
    ...(blockIO === undefined ? {} : { blockIO: withoutZeros(blockIO) }),
    ...(set(pids?.limit) === undefined ? {} : { pids: { limit: pids?.limit as Integer } }),
    ...(unified === undefined ? {} : { unified }),
  };
  return { changes, limits: present({ memory: memory.saved, cpu: cpu.saved }) as PairedLimits | undefined };
}

type Memory = NonNullable<LinuxResources['memory']>;
type Cpu = NonNullable<LinuxResources['cpu']>;

function mergeMemory(
  saved: NonNullable<PairedLimits['memory']>,
  request: Memory,
): { readonly changes: Memory | undefined; readonly saved: PairedLimits['memory'] | undefined } {
  const asked = { limit: set(request.limit), swap: set(request.swap) };
  const lifted = asked.limit !== undefined && asked.limit < 0 && asked.swap === undefined;
  const limit = asked.limit ?? saved.limit;
  const swap = lifted ? undefined : (asked.swap ?? saved.swap);
  const checkBeforeUpdate = request.checkBeforeUpdate ?? saved.checkBeforeUpdate;
  const touched = asked.limit !== undefined || asked.swap !== undefined;
  const pair = touched ? { limit, swap, checkBeforeUpdate } : {};
  return {
    changes: present({ ...pair, reservation: set(request.reservation) }) as Memory | undefined,
    saved: present({ limit, swap, checkBeforeUpdate: checkBeforeUpdate || undefined }) as
      | PairedLimits['memory']
      | undefined,
  };
}

function mergeCpu(
  saved: NonNullable<PairedLimits['cpu']>,
  request: Cpu,
): { readonly changes: Cpu | undefined; readonly saved: PairedLimits['cpu'] | undefined } {
  const asked = { quota: set(request.quota), period: set(request.period) };
  const pair = { quota: asked.quota ?? saved.quota, period: asked.period ?? saved.period };
  const touched = asked.quota !== undefined || asked.period !== undefined;
  const changes = {
    ...(touched ? pair : {}),
    shares: set(request.shares),
    realtimeRuntime: set(request.realtimeRuntime),
    realtimePeriod: set(request.realtimePeriod),
    // zero is a value of these two
    burst: request.burst,
    idle: request.idle,
    cpus: request.cpus || undefined,
    mems: request.mems || undefined,
  };
  return {
    changes: present(changes) as Cpu | undefined,
    saved: present(pair) as PairedLimits['cpu'] | undefined,
  };
}

function withoutZeros(blockIO: NonNullable<LinuxResources['blockIO']>): NonNullable<LinuxResources['blockIO']> {
  const { weight, leafWeight, ...devices } = blockIO;
  return { ...devices, ...(weight ? { weight } : {}), ...(leafWeight ? { leafWeight } : {}) };
}
