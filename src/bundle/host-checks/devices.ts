import type { HostFacts } from '../../host/facts.ts';
import type { Config } from '../../oci/types.ts';
import { type Problem, problem } from '../problem.ts';

/** Rules of devices need the controller of cgroup v1 or, for an eBPF program, a v2 cgroup. config-linux.md § Allowed Device list */
export function checkDeviceController(config: Config, facts: HostFacts): Problem[] {
  const rules = config.linux?.resources?.devices ?? [];
  const keepsRules = facts.cgroup.hierarchies.some(
    ({ version, controllers }) => version === 2 || controllers.includes('devices'),
  );
  if (rules.length === 0 || keepsRules) return [];
  return [problem('/linux/resources/devices', 'device rules need cgroup v2 or the devices controller of cgroup v1')];
}
