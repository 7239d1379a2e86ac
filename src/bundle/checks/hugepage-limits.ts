import type { LinuxResources } from '../../oci/types.ts';
import { type Problem, problemIf } from '../problem.ts';

/** config-linux.md § Huge page limits: the size becomes a part of the name of a file. */
export function checkHugepageLimits({ hugepageLimits = [] }: LinuxResources): Problem[] {
  return hugepageLimits.flatMap(({ pageSize }, index) =>
    problemIf(
      !/^[1-9]\d{0,9}[KMG]B$/.test(pageSize),
      `/linux/resources/hugepageLimits/${index}/pageSize`,
      `"${pageSize}" is no size of huge pages such as 64KB, 2MB or 1GB`,
    ),
  );
}
