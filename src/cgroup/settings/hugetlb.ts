import type { LinuxResources } from '../../oci/types.ts';
import type { Controller, Setting } from './setting.ts';

/** What is used and what is reserved; a kernel before 5.7 counts no reservations. cgroup-v1/hugetlb.rst */
function settings({ hugepageLimits = [] }: LinuxResources, suffix: string): Setting[] {
  return hugepageLimits.flatMap(({ pageSize, limit }, index) => {
    const setting = { value: String(limit), property: `hugepageLimits/${index}` };
    return [
      { ...setting, file: `hugetlb.${pageSize}.${suffix}` },
      { ...setting, file: `hugetlb.${pageSize}.rsvd.${suffix}`, optional: true },
    ];
  });
}

/** config-linux.md § Huge page limits */
export const hugetlb: Controller = {
  version1: { controller: 'hugetlb', settings: (resources) => settings(resources, 'limit_in_bytes') },
  version2: { controller: 'hugetlb', settings: (resources) => settings(resources, 'max') },
};
