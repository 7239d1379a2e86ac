import type { LinuxResources } from '../../oci/types.ts';
import { deviceWrites } from '../device-rules.ts';
import type { Controller, Setting } from './setting.ts';

function settings({ devices = [] }: LinuxResources): Setting[] {
  return deviceWrites(devices).map(({ file, value, rule }) => ({
    file,
    value,
    property: rule === undefined ? '' : `devices/${rule}`,
    dispensable: rule === undefined,
  }));
}

/** config-linux.md § Allowed Device list. In v2 a program decides, see device-filter.ts. */
export const devices: Controller = { version1: { controller: 'devices', settings } };
