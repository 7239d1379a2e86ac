import type { HostFacts } from '../../host/facts.ts';
import type { Config } from '../../oci/types.ts';
import { type Problem, problem } from '../problem.ts';

/** Rules of devices need a controller of cgroup v1 in this version: on cgroup v2 they are an eBPF program. config-linux.md § Allowed Device list */
export function checkDeviceController(config: Config, facts: HostFacts): Problem[] {
  const rules = config.linux?.resources?.devices ?? [];
  if (rules.length === 0 || facts.cgroup.hierarchies.some(({ controllers }) => controllers.includes('devices')))
    return [];
  return [
    problem(
      '/linux/resources/devices',
      `device rules are not supported by this version on a host with cgroups ${facts.cgroup.mode}`,
    ),
  ];
}
