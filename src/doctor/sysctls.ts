import type { LinuxNamespaceType } from '../oci/types.ts';
import { NAMESPACE_NAMES, NAMESPACES, newNamespace } from '../plan/namespaces.ts';
import { type Check, type Need, neededBy, neededByNobody, placeIf } from './check.ts';
import { readSysctl } from './kernel-file.ts';

interface Row {
  readonly sysctl: string;
  readonly forbids: (value: number) => boolean;
  readonly consequence: string;
  readonly cure: string;
  readonly need: Need;
}

/** How many namespaces of a type a user may have. */
export function limitName(type: LinuxNamespaceType): string {
  return `user.max_${NAMESPACE_NAMES[type]}_namespaces`;
}

const namespaceRows: readonly Row[] = (Object.keys(NAMESPACES) as LinuxNamespaceType[]).map((type) => ({
  sysctl: limitName(type),
  forbids: (value) => value < 1,
  consequence: `no namespace of type ${type} can be made, not even by root`,
  cure: `sysctl -w ${limitName(type)}=15000`,
  need: neededBy(type === 'user' || type === 'time' ? 'some' : 'usual', ({ config }) =>
    placeIf(newNamespace(config.linux ?? {}, type) !== undefined, '/linux/namespaces'),
  ),
}));

const rows: readonly Row[] = [
  ...namespaceRows,
  {
    sysctl: 'fs.mount-max',
    forbids: (value) => value < 1000,
    consequence: 'a container with many mounts ends with ENOSPC',
    cure: 'sysctl -w fs.mount-max=100000',
    need: neededBy('usual', () => '/mounts'),
  },
  {
    sysctl: 'vm.memfd_noexec',
    forbids: (value) => value > 1,
    consequence: 'noci starts its init from an unlinked file in /run or /tmp instead, which must not be mounted noexec',
    cure: 'sysctl -w vm.memfd_noexec=1',
    need: neededByNobody,
  },
  {
    sysctl: 'kernel.keys.maxkeys',
    forbids: (value) => value < 20,
    consequence: 'a user who is not root has few keyrings, one for each container: create then ends with EDQUOT',
    cure: 'sysctl -w kernel.keys.maxkeys=2000, or --no-new-keyring',
    need: neededByNobody,
  },
  {
    sysctl: 'kernel.pid_max',
    forbids: (value) => value < 1024,
    consequence: 'few processes can run on this host, in whatever container',
    cure: 'sysctl -w kernel.pid_max=32768',
    need: neededByNobody,
  },
];

function checkOf({ sysctl, forbids, consequence, cure, need }: Row): Check {
  return {
    area: 'sysctls',
    name: sysctl,
    question: `/proc/sys/${sysctl.replaceAll('.', '/')}`,
    ask: ({ native }) => {
      const value = readSysctl(native, sysctl);
      if (value === undefined) return { found: 'there', detail: 'not in this kernel, forbids nothing' };
      return { found: forbids(Number(value)) ? 'absent' : 'there', detail: value };
    },
    consequence,
    cure,
    need,
  };
}

export const sysctlChecks: readonly Check[] = rows.map(checkOf);
