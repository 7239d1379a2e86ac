import { type Check, type Need, neededBy, neededByAll, neededByNobody, placeIf } from './check.ts';
import { idmappedMount, tryIdmap } from './idmap.ts';
import { tryOut } from './trial.ts';

interface Row {
  readonly name: string;
  /** of tryFeature */
  readonly feature: string;
  readonly question: string;
  readonly since: string;
  readonly consequence: string;
  readonly need: Need;
}

const noContainer = 'no container can be made';

const rows: readonly Row[] = [
  {
    name: 'openat2',
    feature: 'openat2',
    question: 'openat2(2) with RESOLVE_IN_ROOT',
    since: 'Linux 5.6',
    consequence: `${noContainer}: paths inside a root filesystem could not be resolved safely`,
    need: neededByAll,
  },
  {
    name: 'clone3',
    feature: 'clone3',
    question: 'clone3(2) with CLONE_PIDFD of a process that ends at once',
    since: 'Linux 5.3',
    consequence: noContainer,
    need: neededByAll,
  },
  {
    name: 'clone3 into a cgroup',
    feature: 'clone_into_cgroup',
    question: 'clone3(2) with CLONE_INTO_CGROUP and an fd that nobody has',
    since: 'Linux 5.7',
    consequence: 'on cgroup v2 no container can be made: its first process is born in its cgroup',
    need: neededBy(
      'usual',
      (_bundle, { facts }) => placeIf(facts.cgroup.mode === 'v2', ''),
      ({ facts }) => facts.cgroup.mode === 'v2',
    ),
  },
  {
    name: 'pidfd',
    feature: 'pidfd',
    question: 'pidfd_open(2), pidfd_send_signal(2) of signal 0, waitid(2) with P_PIDFD, of noci itself',
    since: 'Linux 5.4',
    consequence: `${noContainer}, and none can be signalled without hitting another process by chance`,
    need: neededByAll,
  },
  {
    name: 'pidfd_getfd',
    feature: 'pidfd_getfd',
    question: 'pidfd_getfd(2) of an fd of noci itself',
    since: 'Linux 5.6',
    consequence: 'a seccomp profile with SCMP_ACT_NOTIFY cannot hand its listener to the agent',
    need: neededBy('some', ({ config }) => placeIf(asksAgent(config.linux?.seccomp), '/linux/seccomp')),
  },
  {
    name: 'mount API',
    feature: 'mount',
    question: 'fsopen(2), fsmount(2) and move_mount(2) of a tmpfs in a mount namespace that ends with its process',
    since: 'Linux 5.12',
    consequence: `${noContainer}: nothing can be mounted in it`,
    need: neededByAll,
  },
  {
    name: 'mount_setattr',
    feature: 'mount_setattr',
    question: 'mount_setattr(2) of a detached tmpfs',
    since: 'Linux 5.12',
    consequence: `${noContainer}: mounts could not be made read-only before anybody sees them`,
    need: neededByAll,
  },
  {
    name: 'open_tree',
    feature: 'open_tree',
    question: 'open_tree(2) with OPEN_TREE_CLONE of "/" in a mount namespace that ends with its process',
    since: 'Linux 5.2',
    consequence: `${noContainer}: root filesystem and bind mounts are cloned that way`,
    need: neededByAll,
  },
  {
    name: 'sealed memfd',
    feature: 'memfd',
    question: 'memfd_create(2) of a file that can be executed, and F_ADD_SEALS',
    since: 'Linux 3.17; where the sysctl vm.memfd_noexec is 2, sysctl -w vm.memfd_noexec=1',
    consequence: 'noci starts its init from an unlinked file in /run or /tmp instead, which must not be mounted noexec',
    need: neededByNobody,
  },
  {
    name: 'execveat',
    feature: 'execveat',
    question: 'execveat(2) of an fd that nobody has',
    since: 'Linux 3.19',
    consequence: noContainer,
    need: neededByAll,
  },
  {
    name: 'close_range',
    feature: 'close_range',
    question: 'close_range(2) of no fd',
    since: 'Linux 5.9',
    consequence: 'fds are closed one by one, which is slower',
    need: neededByNobody,
  },
  {
    name: 'session keyrings',
    feature: 'keyctl',
    question: 'keyctl(2) with KEYCTL_GET_KEYRING_ID',
    since: 'a kernel with CONFIG_KEYS',
    consequence: 'a container gets no keyring of its own, with a warning; --no-new-keyring silences it',
    need: neededByNobody,
  },
  {
    name: 'memory policy',
    feature: 'memory_policy',
    question: 'get_mempolicy(2)',
    since: 'a kernel with CONFIG_NUMA',
    consequence: 'a config with linux.memoryPolicy is refused',
    need: neededBy('some', ({ config }) => placeIf(config.linux?.memoryPolicy !== undefined, '/linux/memoryPolicy')),
  },
];

function asksAgent(seccomp: { readonly listenerPath?: string } | undefined): boolean {
  return (seccomp?.listenerPath ?? '') !== '';
}

const idmappedMounts: Check = {
  area: 'kernel',
  name: 'id-mapped mounts',
  question: 'mount_setattr(2) with MOUNT_ATTR_IDMAP of a detached copy of the mount that the source is on',
  ask: tryIdmap,
  consequence: 'a mount with uidMappings, gidMappings, idmap or ridmap is refused',
  cure: 'Linux 5.12, and a filesystem that can: ext4, xfs, btrfs, tmpfs (6.3), overlay (5.19)',
  need: neededBy('some', (bundle) => {
    const index = idmappedMount(bundle);
    return index < 0 ? undefined : `/mounts/${index}`;
  }),
};

export const kernelChecks: readonly Check[] = [
  ...rows.map(
    ({ feature, since, ...rest }): Check => ({
      ...rest,
      area: 'kernel',
      cure: since,
      ask: (patient) => tryOut(patient, feature, since),
    }),
  ),
  idmappedMounts,
];
