import type { LinuxResources } from '../../oci/types.ts';
import * as limits from '../limits.ts';
import type { Controller, Setting } from './setting.ts';

function settings({ pids }: LinuxResources): Setting[] {
  return [{ file: 'pids.max', value: limits.pidsMax(pids?.limit), property: 'pids/limit' }];
}

/** config-linux.md § PIDs */
export const pids: Controller = {
  version1: { controller: 'pids', settings },
  version2: { controller: 'pids', settings },
};
