import type { HostFacts } from '../host/facts.ts';
import type { Config, LinuxResources } from '../oci/types.ts';

function laterVersion({ ociVersion }: Config): string[] {
  const minor = Number(/^1\.(\d+)\./.exec(ociVersion)?.[1] ?? 0);
  return minor > 3 ? [`/ociVersion: ${ociVersion} is later than 1.3.0, and what it added is ignored`] : [];
}

/** Kernel memory is counted in memory.limit since Linux 5.16 and has no limit of its own. */
function kernelMemory({ linux }: Config): string[] {
  const { kernel = 0, kernelTCP = 0 } = linux?.resources?.memory ?? {};
  return Object.entries({ kernel, kernelTCP })
    .filter(([, limit]) => limit !== 0)
    .map(([name]) => `/linux/resources/memory/${name}: a limit of kernel memory is ignored, the kernel has none`);
}

/** Since Linux 5.11 a cgroup always counts what its children use. */
function flatMemory({ linux }: Config): string[] {
  const flat = linux?.resources?.memory?.useHierarchy === false;
  return flat ? ['/linux/resources/memory/useHierarchy: ignored, memory is always counted hierarchically'] : [];
}

interface Ignored {
  /** below /linux/resources */
  readonly property: string;
  /** the controller of v2 that takes the rest of its limits, '' when v2 has none at all */
  readonly controller: string;
  readonly asked: (resources: LinuxResources) => boolean;
  readonly why: string;
}

const onVersion1 = 'ignored, only cgroup v1 has it';

/** What v2 does not have, as runc ignores it. */
const ignored: readonly Ignored[] = [
  {
    property: 'memory/swappiness',
    controller: 'memory',
    asked: ({ memory }) => memory?.swappiness !== undefined,
    why: onVersion1,
  },
  {
    property: 'memory/disableOOMKiller',
    controller: 'memory',
    asked: ({ memory }) => memory?.disableOOMKiller === true,
    why: onVersion1,
  },
  {
    property: 'cpu/realtimeRuntime',
    controller: 'cpu',
    asked: ({ cpu }) => Number(cpu?.realtimeRuntime ?? 0) !== 0,
    why: onVersion1,
  },
  {
    property: 'cpu/realtimePeriod',
    controller: 'cpu',
    asked: ({ cpu }) => Number(cpu?.realtimePeriod ?? 0) !== 0,
    why: onVersion1,
  },
  {
    property: 'blockIO/leafWeight',
    controller: 'io',
    asked: ({ blockIO }) => (blockIO?.leafWeight ?? 0) !== 0,
    why: onVersion1,
  },
  {
    property: 'blockIO/weightDevice',
    controller: 'io',
    asked: ({ blockIO }) => (blockIO?.weightDevice ?? []).length > 0,
    why: 'on cgroup v2 only the weights are taken, and only by the i/o scheduler bfq',
  },
  {
    property: 'network/classID',
    controller: '',
    asked: ({ network }) => (network?.classID ?? 0) !== 0,
    why: onVersion1,
  },
  {
    property: 'network/priorities',
    controller: '',
    asked: ({ network }) => (network?.priorities ?? []).length > 0,
    why: onVersion1,
  },
];

function ofVersion1({ linux }: Config, cgroup: () => HostFacts['cgroup']): string[] {
  const { resources } = linux ?? {};
  const asked = resources === undefined ? [] : ignored.filter((one) => one.asked(resources));
  if (asked.length === 0) return [];
  const { mode, hierarchies } = cgroup();
  const unified = hierarchies.filter(({ version }) => version === 2).flatMap(({ controllers }) => controllers);
  return asked
    .filter(({ controller }) => mode === 'v2' || unified.includes(controller))
    .map(({ property, why }) => `/linux/resources/${property}: ${why}`);
}

const rules = [laterVersion, kernelMemory, flatMemory];

/** What is taken although it is not as the specification wants it, or has no effect; each begins with its JSON pointer. For the log. */
export function configWarnings(config: Config, facts: Pick<HostFacts, 'cgroup'>): string[] {
  return [...rules.flatMap((rule) => rule(config)), ...ofVersion1(config, () => facts.cgroup)];
}
