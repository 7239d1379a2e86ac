import type { HostFacts } from '../../host/facts.ts';
import type { Config } from '../../oci/types.ts';
import { hasNamespace } from '../../plan/namespaces.ts';
import { type Problem, problemIf } from '../problem.ts';

/** Mounts can be attached to a tree that is in no mount namespace. move_mount(2) */
function takesDetachedMounts(kernelRelease: string): boolean {
  const [major = 0, minor = 0] = kernelRelease.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 15);
}

/** Without a mount namespace what is mounted goes where nobody else sees it, or nowhere. */
export function checkDetachedMounts({ mounts = [], linux = {} }: Config, facts: HostFacts): Problem[] {
  if (mounts.length === 0 || hasNamespace(linux, 'mount')) return [];
  const text = 'unable to mount without a private MNT namespace: Linux 6.15 is needed';
  return problemIf(!takesDetachedMounts(facts.kernelRelease), '/mounts', text);
}
