import { bundleChecks } from './bundle.ts';
import { cgroupChecks } from './cgroups.ts';
import type { Check, Patient } from './check.ts';
import { fileChecks } from './files.ts';
import { kernelChecks } from './kernel.ts';
import { libraryChecks } from './libraries.ts';
import { namespaceChecks } from './namespaces.ts';
import { programChecks } from './programs.ts';
import { seccompChecks } from './seccomp.ts';
import { securityModuleChecks } from './security-modules.ts';
import { sysctlChecks } from './sysctls.ts';
import { systemdChecks } from './systemd.ts';
import { userChecks } from './users.ts';

/** THE ORDER of everything that doctor asks. */
export function checksFor(patient: Patient): readonly Check[] {
  return [
    ...kernelChecks,
    ...namespaceChecks,
    ...seccompChecks,
    ...securityModuleChecks,
    ...cgroupChecks,
    ...userChecks,
    ...systemdChecks,
    ...sysctlChecks,
    ...programChecks,
    ...fileChecks(patient),
    ...libraryChecks(patient),
    ...bundleChecks(patient),
  ];
}
