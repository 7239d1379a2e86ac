import type { Config, Linux, LinuxCapabilities, Process } from '../oci/types.ts';
import { capabilityMasks, capabilityNames } from './capabilities.ts';

/**
 * What a process of `exec` has when nothing else is said of it: what the container's first process got. It is saved with the
 * container, since config.json may be another one by then.
 */
export type ProcessDefaults = Pick<
  Process,
  'rlimits' | 'scheduler' | 'ioPriority' | 'execCPUAffinity' | 'oomScoreAdj' | 'apparmorProfile' | 'selinuxLabel'
> &
  Pick<Linux, 'personality' | 'memoryPolicy'> & {
    readonly umask?: number;
    /** masks: bounding, effective, permitted, inheritable, ambient; absent: the sets are not touched */
    readonly capabilities?: readonly number[];
  };

const sets = ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'] as const;

/** Of a config that has passed the checks. `available` is the runtime's bounding set, asked for only when it matters. */
export function processDefaults({ process, linux = {} }: Config, available: () => bigint): ProcessDefaults {
  if (process === undefined) return {};
  const { capabilities, rlimits, scheduler, ioPriority, execCPUAffinity, oomScoreAdj, user } = process;
  const { personality, memoryPolicy } = linux;
  const all = {
    rlimits: rlimits?.length === 0 ? undefined : rlimits,
    scheduler,
    ioPriority,
    execCPUAffinity,
    oomScoreAdj,
    apparmorProfile: process.apparmorProfile || undefined,
    selinuxLabel: process.selinuxLabel || undefined,
    personality,
    memoryPolicy,
    umask: user?.umask,
    capabilities: capabilities && maskNumbers(capabilities, available()),
  };
  return withoutUndefined(all) as ProcessDefaults;
}

/** 41 bits: exact as a number. */
function maskNumbers(capabilities: LinuxCapabilities, available: bigint): number[] {
  const masks = capabilityMasks(capabilities, available);
  return sets.map((set) => Number(masks[set]));
}

function withoutUndefined(properties: object): object {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/** `process`, completed: config.md leaves open what is absent, and the container's own process is what users compare with. */
export function withDefaults(process: Process, defaults: ProcessDefaults): Process {
  const { umask, capabilities, personality: _personality, memoryPolicy: _memoryPolicy, ...plain } = defaults;
  const user = umask === undefined ? process.user : { uid: 0, gid: 0, umask, ...process.user };
  return {
    ...plain,
    ...(capabilities && { capabilities: capabilitiesOf(capabilities) }),
    ...(withoutUndefined({
      ...process,
      user,
      rlimits: process.rlimits?.length ? process.rlimits : undefined,
      apparmorProfile: process.apparmorProfile || undefined,
      selinuxLabel: process.selinuxLabel || undefined,
    }) as Process),
  };
}

function capabilitiesOf(masks: readonly number[]): LinuxCapabilities {
  return Object.fromEntries(sets.map((set, index) => [set, capabilityNames(BigInt(masks[index] ?? 0))]));
}
