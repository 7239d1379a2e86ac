import { flagNames } from '../flag-names.ts';
import { IO_PRIORITY_CLASSES } from '../io-priority.ts';
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from '../memory-policy.ts';
import { PERSONALITIES } from '../personality.ts';
import { RLIMITS } from '../rlimits.ts';
import { SCHEDULER_FLAGS, SCHEDULER_POLICIES } from '../scheduler.ts';
import { type CallsOfSteps, call, nameOf, none, octal, only, pathOf, repeated, text, write } from './call.ts';
import { loadKept } from './privileges.ts';

function limit(value: number | bigint): string {
  return BigInt(value) === 2n ** 64n - 1n ? 'RLIM64_INFINITY' : String(value);
}

/** Steps about the process itself, from its set-up to its program. */
export const processSteps = {
  trace: () => none,
  cgroup_join: ({ tasks }) => tasks.map((file) => write(pathOf(file), '0')),
  oom_score_adj: ({ value }) => [write('/proc/self/oom_score_adj', String(value))],
  setsid: () => [call('setsid')],
  session_keyring: ({ name }) => [
    call('keyctl', ['operation', 'KEYCTL_JOIN_SESSION_KEYRING'], ['name', text(name)]),
    call('keyctl', ['operation', 'KEYCTL_DESCRIBE'], ['key', '<the keyring>']),
    call('keyctl', ['operation', 'KEYCTL_SETPERM'], ['key', '<the keyring>'], ['perm', '<more>']),
  ],
  request: () => none,
  hook: () => [call('fork')],
  umask: ({ mask }, before) => {
    before.umask = mask;
    return none;
  },
  scheduler: ({ policy, flags, nice, priority }) => [
    call(
      'sched_setattr',
      ['pid', '0'],
      ['policy', nameOf(SCHEDULER_POLICIES, policy)],
      ['flags', flagNames(SCHEDULER_FLAGS, flags)],
      ['nice', String(nice)],
      ['priority', String(priority)],
    ),
  ],
  io_priority: ({ priority }) => [
    call(
      'ioprio_set',
      ['which', 'IOPRIO_WHO_PROCESS'],
      ['who', '0'],
      ['class', nameOf(IO_PRIORITY_CLASSES, priority >> 13)],
      ['level', String(priority & 0x1fff)],
    ),
  ],
  personality: ({ domain }) => [call('personality', ['persona', `PER_${nameOf(PERSONALITIES, domain)}`])],
  memory_policy: ({ mode, nodes }) => [
    call(
      'set_mempolicy',
      ['mode', flagNames({ ...MEMORY_POLICY_FLAGS, [nameOf(MEMORY_POLICY_MODES, mode & 0xff)]: mode & 0xff }, mode)],
      ['nodes', `<${nodes.join(',')}>`],
    ),
  ],
  affinity: ({ cpus }) => [
    call('sched_setaffinity', ['pid', '0'], ['mask', `<${cpus.length === 0 ? 'every CPU' : cpus.join(',')}>`]),
  ],
  rlimit: ({ resource, soft, hard }) => [
    call(
      'prlimit64',
      ['pid', '0'],
      ['resource', nameOf(RLIMITS, resource)],
      ['rlim_cur', limit(soft)],
      ['rlim_max', limit(hard)],
    ),
  ],
  environment: () => none,
  lookup: () => [repeated('fds are preserved', call('dup3', ['oldfd', '<preserved>'], ['newfd', '<3, 4, …>']))],
  process_fork: () => [
    call('clone', ['flags', 'CLONE_PARENT|SIGCHLD']),
    call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', 'SIGKILL']),
  ],
  ready: (_run, before) => {
    before.ready = true;
    return [call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', '0'])];
  },
  wait_start: (_run, before) => {
    before.fifo = true;
    return none;
  },
  execve: ({ args }, before) => [
    ...(before.fifo ? [call('dup3', ['oldfd', '<exec fifo>'], ['newfd', '<behind what is preserved>'])] : []),
    ...(before.ready
      ? []
      : only('fds are preserved', call('dup3', ['oldfd', '<handshake>'], ['newfd', '<behind them>']))),
    call('umask', ['mask', octal(before.umask)]),
    call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', '0']),
    ...loadKept(before, 1),
    call('execve', ['pathname', '<what lookup has found>'], ['argv', `[${args.map(text).join(', ')}]`]),
  ],
} satisfies CallsOfSteps;
