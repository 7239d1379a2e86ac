import type { LinuxResources } from '../../oci/types.ts';
import type { ControlWrite } from '../../plan/plan.ts';

/** A value for a file of a controller, before it is known where that is. What the other fields mean is told at {@link ControlWrite}. */
export interface Setting extends Pick<ControlWrite, 'optional' | 'retried' | 'tolerated' | 'usage'> {
  readonly file: string;
  /** undefined: nothing is asked for */
  readonly value: string | undefined;
  /** pointer below /linux/resources, '' for what the runtime does on its own */
  readonly property: string;
  readonly otherwise?: { readonly file: string; readonly value: string };
  /** a host without the controller may leave it out */
  readonly dispensable?: boolean;
}

/** What one version of cgroups has for a controller. */
export interface Version {
  /** as in the options of a v1 mount, or in cgroup.controllers of v2 */
  readonly controller: string;
  /** in the order in which they are to be written */
  readonly settings: (resources: LinuxResources) => readonly Setting[];
}

/** One controller; a version that does not have it has nothing for its properties, and ignores them. */
export interface Controller {
  readonly version1?: Version;
  readonly version2?: Version;
}

/** A name of config.json as a part of a pointer. RFC 6901 */
export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
