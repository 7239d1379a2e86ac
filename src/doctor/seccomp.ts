import type { LinuxSeccompAction, LinuxSeccompFlag } from '../oci/types.ts';
import { ACTIONS } from '../seccomp/actions.ts';
import { FLAGS, NEW_LISTENER } from '../seccomp/flags.ts';
import { type Check, neededBy, placeIf } from './check.ts';
import { tryOut } from './trial.ts';

const filters: Check = {
  area: 'seccomp',
  name: 'filters',
  question: 'seccomp(2) with SECCOMP_SET_MODE_FILTER and no program: EFAULT says that it would take one',
  ask: (patient) => tryOut(patient, 'seccomp_filter', 'a kernel with CONFIG_SECCOMP_FILTER', '0'),
  consequence: 'a config with linux.seccomp, which every engine writes, is refused',
  cure: 'a kernel with CONFIG_SECCOMP_FILTER',
  need: neededBy('usual', ({ config }) => placeIf(config.linux?.seccomp !== undefined, '/linux/seccomp')),
};

/** The listener, which goes with a flag of its own. */
const listener: Check = {
  area: 'seccomp',
  name: 'listener',
  question: 'seccomp(2) with SECCOMP_GET_NOTIF_SIZES',
  ask: (patient) => tryOut(patient, 'seccomp_notify', 'Linux 5.0'),
  consequence: 'a profile with SCMP_ACT_NOTIFY is refused',
  cure: 'Linux 5.0',
  need: neededBy('some', ({ config }) =>
    placeIf((config.linux?.seccomp?.listenerPath ?? '') !== '', '/linux/seccomp/listenerPath'),
  ),
};

/** Linux that has it; the others are as old as the filters. */
const actionsSince: { readonly [action in LinuxSeccompAction]?: string } = {
  SCMP_ACT_KILL_PROCESS: 'Linux 4.14',
  SCMP_ACT_LOG: 'Linux 4.14',
  SCMP_ACT_NOTIFY: 'Linux 5.0',
};

const flagsSince: { readonly [flag in LinuxSeccompFlag]?: string } = {
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 'Linux 4.17',
  SECCOMP_FILTER_FLAG_LOG: 'Linux 4.14',
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 'Linux 5.19',
};

function actionCheck(action: LinuxSeccompAction): Check {
  const since = actionsSince[action] ?? 'Linux 3.5';
  return {
    area: 'seccomp',
    name: action,
    question: 'seccomp(2) with SECCOMP_GET_ACTION_AVAIL',
    // of 32 bits, without sign
    ask: (patient) => tryOut(patient, 'seccomp_action', since, String(ACTIONS[action])),
    consequence: 'a call with this action kills the thread instead',
    cure: since,
    need: neededBy('some', ({ config }) => {
      const { defaultAction, syscalls = [] } = config.linux?.seccomp ?? {};
      if (defaultAction === action) return '/linux/seccomp/defaultAction';
      const index = syscalls.findIndex((rule) => rule.action === action);
      return index < 0 ? undefined : `/linux/seccomp/syscalls/${index}/action`;
    }),
  };
}

function flagCheck(flag: LinuxSeccompFlag): Check {
  const since = flagsSince[flag] ?? 'Linux 3.17';
  // who waits killably waits for a listener's answer, see seccomp/flags.ts
  const bits = FLAGS[flag] | (flag === 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV' ? NEW_LISTENER : 0);
  return {
    area: 'seccomp',
    name: flag,
    question: 'seccomp(2) with the flag and no program: EFAULT says that it is known',
    ask: (patient) => tryOut(patient, 'seccomp_filter', since, String(bits)),
    consequence: 'a profile with this flag is refused',
    cure: since,
    need: neededBy('some', ({ config }) => {
      const index = config.linux?.seccomp?.flags?.indexOf(flag) ?? -1;
      return index < 0 ? undefined : `/linux/seccomp/flags/${index}`;
    }),
  };
}

export const seccompChecks: readonly Check[] = [
  filters,
  ...(Object.keys(ACTIONS) as LinuxSeccompAction[]).map(actionCheck),
  ...(Object.keys(FLAGS) as LinuxSeccompFlag[]).map(flagCheck),
  listener,
];
