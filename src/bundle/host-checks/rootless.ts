import type { HostFacts } from '../../host/facts.ts';
import type { Config } from '../../oci/types.ts';
import { hasNamespace } from '../../plan/namespaces.ts';
import { type Problem, problemIf } from '../problem.ts';

/** An ordinary user has to be root of something. The words before the semicolon are runc's. user_namespaces(7) */
export function checkRootless({ linux = {} }: Config, { euid }: HostFacts): Problem[] {
  const text = 'rootless container requires user namespaces; spec --rootless writes a config that has one';
  return problemIf(euid !== 0 && !hasNamespace(linux, 'user'), '/linux/namespaces', text);
}
