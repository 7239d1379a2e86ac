import type { LinuxResources } from '../../oci/types.ts';
import { type Problem, problemIf } from '../problem.ts';

/** config-linux.md § RDMA: the name is followed by the limits in one line. */
export function checkRdma({ rdma = {} }: LinuxResources): Problem[] {
  return Object.entries(rdma).flatMap(([device, { hcaHandles, hcaObjects }]) => {
    const place = ['linux', 'resources', 'rdma', device];
    return [
      ...problemIf(
        !/^[^\s/]{1,63}$/.test(device) || device.includes('..'),
        place,
        `"${device}" is no name of a device`,
      ),
      ...problemIf(hcaHandles === undefined && hcaObjects === undefined, place, 'needs hcaHandles or hcaObjects'),
    ];
  });
}
