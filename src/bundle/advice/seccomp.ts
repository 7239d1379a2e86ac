import type { LinuxSeccomp } from '../../oci/types.ts';

const lethal: ReadonlySet<string> = new Set([
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_TRAP',
]);

function actionFor(name: string, { defaultAction, syscalls = [] }: LinuxSeccomp): string {
  return syscalls.find(({ names, args = [] }) => args.length === 0 && names.includes(name))?.action ?? defaultAction;
}

/** What to do about a process that ended by SIGSYS; '' when the profile kills nobody, so that somebody else did. seccomp(2) */
export function killedAdvice(seccomp: LinuxSeccomp): string {
  const actions = [seccomp.defaultAction, ...(seccomp.syscalls ?? []).map(({ action }) => action)];
  const killing = actions.find((action) => lethal.has(action));
  if (killing === undefined) return '';
  if (lethal.has(actionFor('execve', seccomp)))
    return (
      'the profile of /linux/seccomp kills for execve, by which the command is started: add "execve", and what the command needs, ' +
      'to the names of a rule with "SCMP_ACT_ALLOW"'
    );
  return (
    `a system call for which /linux/seccomp has ${killing} ended it: with "SCMP_ACT_LOG" in that place the kernel's log (dmesg) ` +
    'names the call; add it to the names of a rule with "SCMP_ACT_ALLOW"'
  );
}
