import type { HostFacts } from '../../host/facts.ts';
import type { Config } from '../../oci/types.ts';
import { idmapOf } from '../../plan/idmap.ts';
import { decodeMountOptions } from '../../plan/mount-options.ts';
import { type Problem, problemIf } from '../problem.ts';

/** It takes CAP_SYS_ADMIN over the filesystem of the source. The words are runc's. mount_setattr(2) */
export function checkIdmapPrivileges({ mounts = [] }: Config, facts: HostFacts): Problem[] {
  return mounts.flatMap((mount, index) => {
    const mapped = idmapOf(mount, decodeMountOptions(mount.options ?? [])) !== undefined;
    const text = 'id-mapped mounts are not supported for rootless containers';
    return problemIf(mapped && facts.euid !== 0, `/mounts/${index}`, text);
  });
}
