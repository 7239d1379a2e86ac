import type { LinuxResources } from '../../oci/types.ts';
import { type Problem, problemIf } from '../problem.ts';

/** config-linux.md § Network: the name is followed by the priority in one line. dev_valid_name of the kernel */
export function checkNetwork({ network }: LinuxResources): Problem[] {
  return (network?.priorities ?? []).flatMap(({ name }, index) =>
    problemIf(
      !/^[^\s/:]{1,15}$/.test(name),
      `/linux/resources/network/priorities/${index}/name`,
      `"${name}" is no name of an interface`,
    ),
  );
}
