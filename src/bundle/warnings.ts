import type { Config } from '../oci/types.ts';

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

const rules = [laterVersion, kernelMemory, flatMemory];

/** What is taken although it is not as the specification wants it, or has no effect; each begins with its JSON pointer. For the log. */
export function configWarnings(config: Config): string[] {
  return rules.flatMap((rule) => rule(config));
}
