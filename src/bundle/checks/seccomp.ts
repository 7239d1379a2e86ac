import { weakened } from '../../native/weakened.ts';
import type { LinuxSeccomp, LinuxSeccompAction, LinuxSeccompArg, LinuxSyscall } from '../../oci/types.ts';
import { ACTIONS, WITH_ERRNO } from '../../seccomp/actions.ts';
import { ARCHITECTURES } from '../../seccomp/architectures.ts';
import { asksAgent, isEmptyProfile } from '../../seccomp/filter.ts';
import { FLAGS } from '../../seccomp/flags.ts';
import { ARGUMENTS, OPERATORS } from '../../seccomp/operators.ts';
import { type Check, type Problem, problem, problemIf } from '../problem.ts';

const place = '/linux/seccomp';

/** MAX_ERRNO of linux/err.h: the kernel makes it of anything greater. */
const greatestErrno = 4095;

/** What a tracer is told has 16 bits. ptrace(2) */
const greatestMessage = 0xffff;

function isOf(table: object, name: unknown): boolean {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

function checkAction(action: LinuxSeccompAction, pointer: string): Problem[] {
  return problemIf(!isOf(ACTIONS, action), pointer, `string ${action} is not a valid action for seccomp`);
}

function checkErrno(action: LinuxSeccompAction, errno: number | undefined, pointer: string): Problem[] {
  if (errno === undefined || !isOf(ACTIONS, action)) return [];
  if (!WITH_ERRNO.has(action)) return [problem(pointer, `seccomp action ${action} takes no errno`)];
  const greatest = action === 'SCMP_ACT_ERRNO' ? greatestErrno : greatestMessage;
  return problemIf(errno > greatest, pointer, `seccomp errno ${errno} of ${action} is greater than ${greatest}`);
}

function checkArgument({ index, op }: LinuxSeccompArg, pointer: string): Problem[] {
  return [
    ...problemIf(index >= ARGUMENTS, `${pointer}/index`, `system calls have no argument ${index}: it is 0 to 5`),
    ...problemIf(!isOf(OPERATORS, op), `${pointer}/op`, `string ${op} is not a valid operator for seccomp`),
  ];
}

function checkRule({ names, action, errnoRet, args }: LinuxSyscall, index: number): Problem[] {
  const pointer = `${place}/syscalls/${index}`;
  const found = [
    ...checkAction(action, `${pointer}/action`),
    ...checkErrno(action, errnoRet, `${pointer}/errnoRet`),
    ...(args ?? []).flatMap((arg, at) => checkArgument(arg, `${pointer}/args/${at}`)),
  ];
  WEAKENED: if (weakened('S39')) return found;
  // init tells the runtime by write(2) that there is a listener: the agent would have to allow that before it has it
  if (action === 'SCMP_ACT_NOTIFY' && names.includes('write'))
    found.push(
      problem(`${pointer}/names/${names.indexOf('write')}`, 'SCMP_ACT_NOTIFY cannot be used for the write syscall'),
    );
  return found;
}

function checkListener(seccomp: LinuxSeccomp): Problem[] {
  const { listenerPath = '', listenerMetadata = '', defaultAction } = seccomp;
  return [
    ...problemIf(
      defaultAction === 'SCMP_ACT_NOTIFY',
      `${place}/defaultAction`,
      'SCMP_ACT_NOTIFY cannot be used as default action',
    ),
    ...problemIf(listenerPath === '' && asksAgent(seccomp), `${place}/listenerPath`, 'seccomp listenerPath is not set'),
    ...problemIf(
      listenerPath === '' && listenerMetadata !== '',
      `${place}/listenerMetadata`,
      'seccomp listenerMetadata is for a listener, and listenerPath is not set',
    ),
  ];
}

/** config-linux.md § Seccomp, with runc's texts where it has one. That rules contradict each other the compiler finds. */
export const checkSeccomp: Check = ({ linux }) => {
  const seccomp = linux?.seccomp;
  if (seccomp === undefined || isEmptyProfile(seccomp)) return [];
  const { defaultAction, defaultErrnoRet, architectures = [], flags = [], syscalls = [] } = seccomp;
  return [
    ...checkAction(defaultAction, `${place}/defaultAction`),
    ...checkErrno(defaultAction, defaultErrnoRet, `${place}/defaultErrnoRet`),
    ...architectures.flatMap((name, index) =>
      problemIf(
        !isOf(ARCHITECTURES, name),
        `${place}/architectures/${index}`,
        `string ${name} is not a valid arch for seccomp`,
      ),
    ),
    ...flags.flatMap((name, index) =>
      problemIf(!isOf(FLAGS, name), `${place}/flags/${index}`, `seccomp flag ${name} is not known to runc`),
    ),
    ...syscalls.flatMap(checkRule),
    ...checkListener(seccomp),
  ];
};
