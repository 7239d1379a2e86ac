import type { LinuxResources } from '../../oci/types.ts';
import type { Controller, Setting } from './setting.ts';

/** Engines write '' for "not set". */
function settings({ cpu = {} }: LinuxResources): Setting[] {
  return [
    { file: 'cpuset.cpus', value: cpu.cpus || undefined, property: 'cpu/cpus' },
    { file: 'cpuset.mems', value: cpu.mems || undefined, property: 'cpu/mems' },
  ];
}

/** config-linux.md § CPU, cpus and mems. cpuset(7) */
export const cpuset: Controller = {
  version1: { controller: 'cpuset', settings },
  version2: { controller: 'cpuset', settings },
};
