import * as limits from '../limits.ts';
import type { Controller } from './setting.ts';

/** config-linux.md § Network, classID. v1 only: v2 has its packets matched by cgroup. cgroup-v1/net_cls.rst */
export const networkClass: Controller = {
  version1: {
    controller: 'net_cls',
    settings: ({ network }) => [
      { file: 'net_cls.classid', value: limits.classId(network?.classID), property: 'network/classID' },
    ],
  },
};

/** config-linux.md § Network, priorities. v1 only. cgroup-v1/net_prio.rst */
export const networkPriority: Controller = {
  version1: {
    controller: 'net_prio',
    settings: ({ network }) =>
      (network?.priorities ?? []).map(({ name, priority }, index) => ({
        file: 'net_prio.ifpriomap',
        value: `${name} ${priority}`,
        property: `network/priorities/${index}`,
      })),
  },
};
