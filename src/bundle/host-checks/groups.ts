import type { HostFacts } from '../../host/facts.ts';
import type { Config } from '../../oci/types.ts';
import { groupsAllowed } from '../../plan/user-namespace.ts';
import { type Problem, problem } from '../problem.ts';

/** Groups that the container would silently do without. The words are runc's. user_namespaces(7) § The /proc/pid/setgroups file */
export function checkAdditionalGroups({ process, linux = {} }: Config, facts: HostFacts): Problem[] {
  if ((process?.user?.additionalGids ?? []).length === 0 || groupsAllowed({ linux, facts })) return [];
  const text = 'cannot set any additional groups in a rootless container';
  return [problem('/process/user/additionalGids', text)];
}
