import type { LinuxNamespaceType } from '../oci/types.ts';
import { NAMESPACES, namespaceEntry } from '../plan/namespaces.ts';
import { type Answer, type Check, neededBy, type Patient } from './check.ts';
import { readSysctl } from './kernel-file.ts';
import { limitName } from './sysctls.ts';
import { tryOut } from './trial.ts';

/** What the kernel calls a type, and the option that it is built with. namespaces(7) */
const types: readonly (readonly [LinuxNamespaceType, flag: string, option: string])[] = [
  ['mount', 'CLONE_NEWNS', 'Linux 2.4.19'],
  ['pid', 'CLONE_NEWPID', 'a kernel with CONFIG_PID_NS'],
  ['network', 'CLONE_NEWNET', 'a kernel with CONFIG_NET_NS'],
  ['ipc', 'CLONE_NEWIPC', 'a kernel with CONFIG_IPC_NS'],
  ['uts', 'CLONE_NEWUTS', 'a kernel with CONFIG_UTS_NS'],
  ['cgroup', 'CLONE_NEWCGROUP', 'Linux 4.6 with CONFIG_CGROUPS'],
  ['user', 'CLONE_NEWUSER', 'a kernel with CONFIG_USER_NS'],
  ['time', 'CLONE_NEWTIME', 'Linux 5.6 with CONFIG_TIME_NS'],
];

/** Engines make these of every container. */
const usual: ReadonlySet<string> = new Set(['mount', 'pid', 'network', 'ipc', 'uts', 'cgroup']);

function askType(patient: Patient, type: LinuxNamespaceType, option: string): Answer {
  const answer = tryOut(patient, 'namespaces', option, String(NAMESPACES[type]));
  const limit = limitName(type);
  return answer.detail === 'ENOSPC' && readSysctl(patient.native, limit) === '0'
    ? { ...answer, cure: `sysctl -w ${limit}=15000` }
    : answer;
}

function checkOf([type, flag, option]: (typeof types)[number]): Check {
  return {
    area: 'namespaces',
    name: `${type} namespaces`,
    question: `unshare(2) with ${flag} in a process that ends, as an ordinary user in a user namespace`,
    ask: (patient) => askType(patient, type, option),
    consequence:
      type === 'mount'
        ? 'a container would see and mount in the file tree of the host'
        : `a config with a namespace of type ${type} is refused`,
    cure: option,
    need: neededBy(usual.has(type) ? 'usual' : 'some', ({ config }) => {
      const entry = namespaceEntry(config.linux ?? {}, type);
      return entry?.path === '' ? entry.pointer : undefined;
    }),
  };
}

export const namespaceChecks: readonly Check[] = types.map(checkOf);
