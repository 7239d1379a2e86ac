import type { HostFacts } from '../../host/facts.ts';
import { weakened } from '../../native/weakened.ts';
import type { Config } from '../../oci/types.ts';
import { type Problem, problemIf } from '../problem.ts';

/** Go's zero value means "not set" to runc, and engines write it out. */
function given(label: string | undefined): boolean {
  return label !== undefined && label !== '';
}

const noSelinux = 'selinux label is specified in config, but selinux is disabled or not supported';

/** A container that was to be confined never runs without. Where there is no AppArmor, "unconfined" is true. The words are runc's. */
export function checkLabels({ process, linux = {} }: Config, facts: HostFacts): Problem[] {
  WEAKENED: if (weakened('S54')) return [];
  const { apparmorProfile, selinuxLabel } = process ?? {};
  const profiled = given(apparmorProfile) && apparmorProfile !== 'unconfined';
  return [
    ...problemIf(
      profiled && !facts.apparmor,
      '/process/apparmorProfile',
      'apparmor: config provided but apparmor not supported; the kernel has none, or it is off: take this property out, or boot with apparmor=1',
    ),
    ...problemIf(given(selinuxLabel) && !facts.selinux, '/process/selinuxLabel', noSelinux),
    ...problemIf(given(linux.mountLabel) && !facts.selinux, '/linux/mountLabel', noSelinux),
  ];
}
