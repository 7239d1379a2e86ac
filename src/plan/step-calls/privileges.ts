import { CAPABILITIES } from '../capabilities.ts';
import { flagNames, SECCOMP_FLAGS } from '../flag-names.ts';
import {
  type Before,
  type Call,
  type CallsOfSteps,
  call,
  none,
  only,
  type RunOf,
  repeated,
  text,
  write,
} from './call.ts';
import { fsmount, fsopen, parameter } from './mount-api.ts';

const leaveCaller = 'it is not root of the user namespace yet';

/** addon/init/user_namespace.cc, addon/init/credential_change.cc */
export const finishChange: readonly Call[] = [
  call('prctl', ['op', 'PR_SET_DUMPABLE'], ['value', '0']),
  call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', '<as before>']),
];
export const becomeRoot: readonly Call[] = only(
  leaveCaller,
  call('setresgid', ['rgid', '0'], ['egid', '0'], ['sgid', '0']),
  call('setresuid', ['ruid', '0'], ['euid', '0'], ['suid', '0']),
  call('capset', ['inheritable', '0']),
  ...finishChange,
);

function dropBounding(bounding: bigint): Call[] {
  const drop = (name: string): Call => call('prctl', ['op', 'PR_CAPBSET_DROP'], ['cap', name]);
  const names = CAPABILITIES.filter((_name, bit) => ((bounding >> BigInt(bit)) & 1n) === 0n);
  return [
    ...names.map(drop),
    repeated('the kernel has more capabilities, to the first that it has not', drop('<next>')),
  ];
}

function capabilitySets({ effective, permitted, inheritable }: RunOf<'credentials'>): Call {
  const shown = (mask: bigint) => `0x${mask.toString(16)}`;
  return call(
    'capset',
    ['effective', `<${shown(effective)}>`],
    ['permitted', `<${shown(permitted)}>`],
    ['inheritable', `<${shown(inheritable)}>`],
  );
}

function raiseAmbient(ambient: bigint): Call[] {
  const names = CAPABILITIES.filter((_name, bit) => ((ambient >> BigInt(bit)) & 1n) === 1n);
  return [
    call('prctl', ['op', 'PR_CAP_AMBIENT'], ['arg', 'PR_CAP_AMBIENT_CLEAR_ALL']),
    ...names.map((name) => call('prctl', ['op', 'PR_CAP_AMBIENT'], ['arg', 'PR_CAP_AMBIENT_RAISE'], ['cap', name])),
  ];
}

function loadFilter({ program, flags }: RunOf<'seccomp'>): Call {
  const instructions = String(program.length / 8);
  return call(
    'seccomp',
    ['operation', 'SECCOMP_SET_MODE_FILTER'],
    ['flags', flagNames(SECCOMP_FLAGS, flags)],
    ['len', instructions],
  );
}

export function loadKept(before: Before, late: number): Call[] {
  return before.filter?.late === late ? [loadFilter(before.filter)] : [];
}

/** Steps about what the process may do. */
export const privilegeSteps = {
  security_attribute: ({ attribute, value, files }) => [
    call('lsm_set_self_attr', ['attr', `<${attribute}>`], ['ctx', `<${text(value)}>`]),
    ...only(
      'before Linux 6.8',
      fsopen('proc'),
      { ...parameter('hidepid=ptraceable') },
      parameter('subset=pid'),
      ...fsmount(0xe),
      write(`/proc/thread-self/attr/${files[0]}`, value),
    ),
  ],
  no_new_privs: () => [call('prctl', ['op', 'PR_SET_NO_NEW_PRIVS'], ['value', '1'])],
  credentials: (run, before) => [
    ...(run.setCapabilities === 1
      ? [...dropBounding(run.bounding), call('prctl', ['op', 'PR_SET_KEEPCAPS'], ['value', '1'])]
      : []),
    call('chdir', ['path', text(run.cwd)]),
    ...loadKept(before, 2),
    ...(run.setgroups === 1
      ? [call('setgroups', ['size', String(run.groups.length)], ['list', `<${run.groups.join(',')}>`])]
      : []),
    call('setresgid', ...(['rgid', 'egid', 'sgid'] as const).map((name) => [name, String(run.gid)] as const)),
    call('setresuid', ...(['ruid', 'euid', 'suid'] as const).map((name) => [name, String(run.uid)] as const)),
    ...only('root could not enter it', call('chdir', ['path', text(run.cwd)])),
    ...(run.setCapabilities === 1
      ? [call('prctl', ['op', 'PR_SET_KEEPCAPS'], ['value', '0']), capabilitySets(run), ...raiseAmbient(run.ambient)]
      : raiseAmbient(0n)),
    ...finishChange,
  ],
  seccomp: (run, before) => {
    before.filter = run;
    return run.late === 0 ? [loadFilter(run)] : none;
  },
} satisfies CallsOfSteps;
