import type { LinuxBlockIO, LinuxResources } from '../oci/types.ts';

type Device = { readonly major: number | bigint; readonly minor: number | bigint };

/** A device has one value: the later one. */
function mergeDevices<D extends Device>(before: readonly D[] = [], after: readonly D[] = []): D[] {
  const kept = before.filter(({ major, minor }) => !after.some((one) => one.major === major && one.minor === minor));
  return [...kept, ...after];
}

function mergeBlockIO(before: LinuxBlockIO, after: LinuxBlockIO): LinuxBlockIO {
  const merged: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(after)) {
    merged[name] = Array.isArray(value) ? mergeDevices(merged[name] as Device[] | undefined, value) : value;
  }
  return merged as LinuxBlockIO;
}

/** The limit of memory and that of memory and swap are written together, and -1 of the first takes the second away. */
function mergeMemory(
  before: LinuxResources['memory'] = {},
  after: LinuxResources['memory'] = {},
): LinuxResources['memory'] {
  const { limit: _limit, swap: _swap, ...rest } = before;
  const isPair = after.limit !== undefined || after.swap !== undefined;
  return { ...(isPair ? rest : before), ...after };
}

/**
 * What updates have written, as one: `changes` of the last one over those before. It stays as small as one update is, however many there
 * are: kubelet's CPU manager calls every ten seconds.
 */
export function addUpdate(before: LinuxResources = {}, changes: LinuxResources): LinuxResources {
  const { memory, cpu, blockIO, pids, unified } = changes;
  return {
    ...before,
    ...(memory === undefined ? {} : { memory: mergeMemory(before.memory, memory) }),
    ...(cpu === undefined ? {} : { cpu: { ...before.cpu, ...cpu } }),
    ...(blockIO === undefined ? {} : { blockIO: mergeBlockIO(before.blockIO ?? {}, blockIO) }),
    ...(pids === undefined ? {} : { pids }),
    ...(unified === undefined ? {} : { unified: { ...before.unified, ...unified } }),
  } as LinuxResources;
}
