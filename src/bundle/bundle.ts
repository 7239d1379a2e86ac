import type { Config } from '../oci/types.ts';

/** A loaded bundle. Nothing after `load` touches a relative path; the config is read-only. */
export interface Bundle {
  /** absolute path of the bundle directory */
  readonly path: string;
  readonly config: Config;
  /** absolute path of the root filesystem: root.path, relative to the bundle when it is relative */
  readonly rootfs: string;
}
