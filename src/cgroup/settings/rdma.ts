import type { LinuxRdma, LinuxResources } from '../../oci/types.ts';
import { type Controller, escaped, type Setting } from './setting.ts';

/** A limit that is absent stays as it is; 0 allows nothing. cgroup-v1/rdma.rst */
function line(device: string, { hcaHandles, hcaObjects }: LinuxRdma): string {
  const handles = hcaHandles === undefined ? '' : ` hca_handle=${hcaHandles}`;
  const objects = hcaObjects === undefined ? '' : ` hca_object=${hcaObjects}`;
  return `${device}${handles}${objects}`;
}

function settings({ rdma = {} }: LinuxResources): Setting[] {
  return Object.entries(rdma).map(([device, limit]) => ({
    file: 'rdma.max',
    value: line(device, limit),
    property: `rdma/${escaped(device)}`,
  }));
}

/** config-linux.md § RDMA; the same file in both versions */
export const rdma: Controller = {
  version1: { controller: 'rdma', settings },
  version2: { controller: 'rdma', settings },
};
