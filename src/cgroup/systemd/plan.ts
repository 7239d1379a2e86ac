import type { HostFacts } from '../../host/facts.ts';
import { Failure } from '../../native/failure.ts';
import type { Config, LinuxResources } from '../../oci/types.ts';
import type { CgroupPlan, UnitProperty } from '../../plan/plan.ts';
import { planContent } from '../plan.ts';
import { annotationProperties } from './annotations.ts';
import { deviceProperties } from './device-properties.ts';
import type { SystemdFacts } from './facts.ts';
import { resourceProperties, roundedResources } from './resource-properties.ts';
import { parseUnit, type Unit } from './unit.ts';

const pointer = '/linux/cgroupsPath';

function own(name: string, signature: string, value: UnitProperty['value'], place = ''): UnitProperty {
  return { name, signature, value, pointer: place };
}

/** A property that is set twice is set as the later one says. */
function merged(properties: readonly UnitProperty[]): UnitProperty[] {
  const later = new Set<string>();
  return properties
    .toReversed()
    .filter(({ name }) => !later.has(name) && later.add(name))
    .reverse();
}

/** What every container's scope has. Accounting from the start: a memory controller that comes later does not count what was there. */
function scopeProperties({ name, slice }: Unit, { cgroup }: HostFacts): UnitProperty[] {
  return [
    own('Description', 's', `libcontainer container ${name}`),
    own('Slice', 's', slice, pointer),
    own('Delegate', 'b', true),
    own('MemoryAccounting', 'b', true),
    own('CPUAccounting', 'b', true),
    own(cgroup.mode === 'v2' ? 'IOAccounting' : 'BlockIOAccounting', 'b', true),
    own('TasksAccounting', 'b', true),
    own('DefaultDependencies', 'b', false),
  ];
}

/** memory.oom.group has a property that is for new units only. */
function oomPolicy({ unified }: LinuxResources): UnitProperty[] {
  const group = unified?.['memory.oom.group']?.trim();
  const value = group === '0' ? 'continue' : group === '1' ? 'kill' : undefined;
  return value === undefined ? [] : [own('OOMPolicy', 's', value, '/linux/resources/unified/memory.oom.group')];
}

/** The slices of the system's systemd begin at the root of each hierarchy, those of a user's where that one is. */
function planDirectories({ cgroup }: HostFacts, { names }: Unit, base: string): CgroupPlan['directories'] {
  return cgroup.hierarchies.map(({ version, controllers, mountpoint }) => ({
    version,
    controllers,
    mountpoint,
    path: [mountpoint === '/' ? '' : mountpoint, ...base.split('/').slice(1), ...names].join('/'),
  }));
}

/**
 * Where the cgroups of a container are and what is written there, and the unit that systemd is asked for. Pure, but for what systemd is
 * asked by `systemd`.
 *
 * @throws Failure for what is wrong with cgroupsPath, an annotation or a limit; with the pointer
 */
export function planScope(config: Config, facts: HostFacts, id: string, systemd: SystemdFacts): CgroupPlan {
  const { mode } = facts.cgroup;
  const isUser = systemd.instance === 'user';
  if (isUser && mode !== 'v2') throw new Failure('cannot use rootless systemd cgroups manager on cgroup v1', pointer);
  const unit = parseUnit(config.linux?.cgroupsPath ?? '', id, isUser ? 'user.slice' : 'system.slice');
  const { devices = [], ...resources } = config.linux?.resources ?? {};
  const unitProperties = [
    ...merged([
      ...scopeProperties(unit, facts),
      ...oomPolicy(resources),
      ...annotationProperties(config.annotations ?? {}),
      ...resourceProperties(mode, resources, systemd.version),
    ]),
    ...deviceProperties(devices),
  ];
  const directories = planDirectories(facts, unit, isUser ? systemd.controlGroup() : '');
  return {
    ...planContent(config, facts, directories, { ...roundedResources(resources), devices }),
    systemd: { unit: unit.unit, instance: systemd.instance, endpoints: systemd.endpoints },
    unitProperties,
  };
}
