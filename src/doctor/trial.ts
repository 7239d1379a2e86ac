import { forbiddingSwitch } from '../container/user-namespace-refusal.ts';
import type { Answer, Patient } from './check.ts';

/** Cures by what the kernel says. `since`: where it is in every kernel that was not built without it */
function cureOf({ native, facts }: Patient, code: string, since: string): string {
  // a user who is root of nothing else may not do it without a user namespace
  const forbidden = facts.euid === 0 ? undefined : forbiddingSwitch(native);
  if (forbidden !== undefined && code !== 'ENOSYS') return forbidden;
  if (code === 'EPERM' || code === 'EACCES')
    return 'run noci as root of the host; inside another container or sandbox, have that allow it (capabilities, seccomp, AppArmor)';
  if (code === 'ENOSPC') return 'raise the sysctls user.max_*_namespaces, which limit them for each user';
  return `${since}; a seccomp profile around noci can hide the call, too`;
}

/** Tries a feature of the kernel. `since`: the cure where it is not there, e.g. "Linux 5.6" */
export function tryOut(patient: Patient, feature: string, since: string, subject = ''): Answer {
  const code = patient.native.tryFeature(feature, subject);
  return code === ''
    ? { found: 'there', detail: 'works' }
    : { found: 'absent', detail: code, cure: cureOf(patient, code, since) };
}
