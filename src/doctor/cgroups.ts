import { cgroupDirectory } from '../cgroup/path.ts';
import { asksNothing, isRootless } from '../cgroup/rootless.ts';
import type { Hierarchy } from '../host/facts.ts';
import { Failure } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { LinuxResources } from '../oci/types.ts';
import { parent } from '../plan/path.ts';
import { type Answer, type Check, neededBy, type Patient, placeIf } from './check.ts';
import { readKernelFile } from './kernel-file.ts';

const modes = {
  v1: 'version 1: a hierarchy for each controller',
  hybrid: 'hybrid: controllers of version 1, and a hierarchy of version 2 beside them',
  v2: 'version 2',
  none: 'none is mounted',
} as const;

const mounted: Check = {
  area: 'cgroups',
  name: 'mounted',
  question: '/proc/self/cgroup and what is mounted at /sys/fs/cgroup',
  ask: ({ facts }) => ({ found: facts.cgroup.mode === 'none' ? 'absent' : 'there', detail: modes[facts.cgroup.mode] }),
  consequence: 'containers have no limits, are not counted, and cannot be paused or killed as a whole',
  cure: 'mount -t cgroup2 none /sys/fs/cgroup, or boot with systemd',
  need: neededBy('usual', ({ config }) => placeIf(!asksNothing(config), '/linux/resources'), wantsCgroups),
};

/** Where a container's cgroup would be: as its config says, else where one without cgroupsPath goes. */
function placeOf(hierarchy: Hierarchy, { facts, bundle, systemdCgroup }: Patient): string {
  const path = systemdCgroup ? '' : (bundle?.config.linux?.cgroupsPath ?? '');
  return cgroupDirectory(hierarchy, facts.cgroup.mode, path, 'noci-doctor');
}

/** The nearest cgroup above a place that is there: what a new one is made in. */
function nearest({ native }: Patient, place: string, mountpoint: string): string {
  let above = parent(place);
  while (above.length > mountpoint.length && native.stat(AT_FDCWD, above, 0) === undefined) above = parent(above);
  return above;
}

function nameOf({ version, controllers }: Hierarchy): string {
  return version === 2 ? 'version 2' : controllers.join(',');
}

/** An ordinary user's container can do without cgroups. */
function wantsCgroups({ facts, rootless }: Patient): boolean {
  return !isRootless(facts, rootless);
}

/** What may be written: undefined where the place cannot be told. */
function above(hierarchy: Hierarchy, patient: Patient): string | undefined {
  try {
    return nearest(patient, placeOf(hierarchy, patient), hierarchy.mountpoint);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function askDelegation(patient: Patient): Answer {
  const { hierarchies } = patient.facts.cgroup;
  const refused = hierarchies.flatMap((hierarchy) => {
    const path = above(hierarchy, patient);
    const code =
      path === undefined ? 'outside of the cgroup namespace' : patient.native.tryFeature('write_access', path);
    return code === '' ? [] : [{ code, text: `${nameOf(hierarchy)}: ${path ?? ''} ${code}` }];
  });
  const codes = [...new Set(refused.map(({ code }) => code))].join(', ');
  if (hierarchies.length === 0) return { found: 'absent', detail: 'there are no cgroups' };
  if (refused.length === hierarchies.length) return { found: 'absent', detail: `${codes} in every hierarchy` };
  if (refused.length > 0) return { found: 'absent', detail: refused.map(({ text }) => text).join('; ') };
  const places = new Set(hierarchies.map((one) => above(one, patient) ?? ''));
  const where = places.size === 1 ? [...places].join() : `each of ${hierarchies.length} hierarchies`;
  return { found: 'there', detail: `cgroups can be made in ${where}` };
}

const delegation: Check = {
  area: 'cgroups',
  name: 'delegation',
  question: 'faccessat2(2): may this user make cgroups where those of containers go',
  ask: askDelegation,
  consequence: 'a container stays in the cgroup of its caller; a config with limits or a cgroupsPath is refused',
  cure: 'as root nothing is needed; else systemd-run --user --scope -p Delegate=yes noci …, or --systemd-cgroup; in a container, mount cgroups writable',
  need: neededBy(
    'usual',
    ({ config }, { facts, rootless, systemdCgroup }) =>
      placeIf(!systemdCgroup && !(isRootless(facts, rootless) && asksNothing(config)), '/linux/cgroupsPath'),
    wantsCgroups,
  ),
};

interface Controller {
  readonly version1: string;
  readonly version2: string | undefined;
  readonly property: keyof LinuxResources;
  readonly usual: boolean;
  readonly cure: string;
}

const builtIn = 'a kernel with it, and no cgroup_disable= on its command line';

/** The controllers, and the property of linux.resources that is of no effect without them. */
const controllers: readonly Controller[] = [
  { version1: 'cpu', version2: 'cpu', property: 'cpu', usual: true, cure: builtIn },
  { version1: 'cpuset', version2: 'cpuset', property: 'cpu', usual: true, cure: builtIn },
  {
    version1: 'memory',
    version2: 'memory',
    property: 'memory',
    usual: true,
    cure: 'boot with cgroup_enable=memory (Debian and Raspberry Pi kernels leave it out on some machines)',
  },
  { version1: 'pids', version2: 'pids', property: 'pids', usual: true, cure: builtIn },
  { version1: 'blkio', version2: 'io', property: 'blockIO', usual: true, cure: builtIn },
  { version1: 'hugetlb', version2: 'hugetlb', property: 'hugepageLimits', usual: false, cure: builtIn },
  { version1: 'rdma', version2: 'rdma', property: 'rdma', usual: false, cure: builtIn },
  { version1: 'net_cls', version2: undefined, property: 'network', usual: false, cure: builtIn },
  { version1: 'net_prio', version2: undefined, property: 'network', usual: false, cure: builtIn },
  { version1: 'freezer', version2: undefined, property: 'unified', usual: true, cure: builtIn },
];

/** What a v2 cgroup can hand on to those below it, which is not more than its own. cgroup-v2.rst § Enabling and Disabling */
function handedOn(patient: Patient, hierarchy: Hierarchy): readonly string[] {
  const path = above(hierarchy, patient);
  const text = path === undefined ? undefined : readKernelFile(patient.native, `${path}/cgroup.controllers`);
  return text === undefined ? hierarchy.controllers : text.split(' ');
}

function askController({ version1, version2 }: Controller, patient: Patient): Answer {
  const { hierarchies, mode } = patient.facts.cgroup;
  const first = hierarchies.find(({ version, controllers: names }) => version === 1 && names.includes(version1));
  if (first !== undefined) return { found: 'there', detail: `version 1, ${first.mountpoint}` };
  if (version2 === undefined)
    return mode === 'v2'
      ? { found: 'there', detail: 'no controller in version 2' }
      : { found: 'absent', detail: 'not mounted' };
  const unified = hierarchies.find(({ version }) => version === 2);
  if (unified === undefined || !unified.controllers.includes(version2))
    return { found: 'absent', detail: 'not mounted' };
  if (handedOn(patient, unified).includes(version2))
    return { found: 'there', detail: `version 2, ${unified.mountpoint}` };
  return {
    found: 'absent',
    detail: `the host has it, but ${above(unified, patient)} does not`,
    cure: `write "+${version2}" to cgroup.subtree_control of the cgroups above; for users of systemd a file delegate.conf in /etc/systemd/system/user@.service.d with [Service] and Delegate=cpu cpuset io memory pids`,
  };
}

/** What of the resources is the controller's: of cpu, the sets or the rest. */
function asks({ version1, property }: Controller, resources: LinuxResources): boolean {
  const { cpus, mems, ...time } = resources.cpu ?? {};
  if (version1 === 'cpuset') return Boolean(cpus || mems);
  if (version1 === 'cpu') return Object.keys(time).length > 0;
  if (version1 === 'net_cls') return resources.network?.classID !== undefined;
  if (version1 === 'net_prio') return (resources.network?.priorities ?? []).length > 0;
  return version1 !== 'freezer' && Object.keys(resources[property] ?? {}).length > 0;
}

function controllerCheck(controller: Controller): Check {
  const { version1, version2, property, usual, cure } = controller;
  const name = version2 === undefined || version1 === version2 ? version1 : `${version1} (io)`;
  return {
    area: 'cgroups',
    name,
    question: `the hierarchies that are mounted, and cgroup.controllers of the cgroup above a container's`,
    ask: (patient) => askController(controller, patient),
    consequence:
      version1 === 'freezer'
        ? 'pause and resume are refused'
        : `what linux.resources.${property} asks of it is refused`,
    cure,
    need: neededBy(
      usual ? 'usual' : 'some',
      ({ config }) => placeIf(asks(controller, config.linux?.resources ?? {}), `/linux/resources/${property}`),
      wantsCgroups,
    ),
  };
}

/** Devices of v2 are decided on by a program. */
const devices: Check = {
  area: 'cgroups',
  name: 'device rules',
  question: 'the devices hierarchy of version 1, else bpf(2) with BPF_PROG_LOAD of a program that allows all',
  ask: ({ native, facts }) => {
    const { hierarchies } = facts.cgroup;
    const first = hierarchies.find(({ controllers: names }) => names.includes('devices'));
    if (first !== undefined) return { found: 'there', detail: `version 1, ${first.mountpoint}` };
    const code = native.tryFeature('device_program', '');
    if (code === '') return { found: 'there', detail: 'eBPF program of version 2' };
    const cure =
      facts.euid !== 0
        ? 'only root may load such programs; an ordinary user has no device nodes of their own to make'
        : '';
    return { found: 'absent', detail: code, ...(cure === '' ? {} : { cure }) };
  },
  consequence: 'rules of linux.resources.devices are refused unless they allow all',
  cure: 'a kernel with CONFIG_CGROUP_BPF, and CAP_BPF or CAP_SYS_ADMIN',
  need: neededBy(
    'usual',
    ({ config }, { facts }) =>
      placeIf(facts.euid === 0 && (config.linux?.resources?.devices ?? []).length > 0, '/linux/resources/devices'),
    wantsCgroups,
  ),
};

/** Where swap is counted a cgroup that is not the root has a file more. */
function askSwap(patient: Patient): Answer {
  const { hierarchies } = patient.facts.cgroup;
  const first = hierarchies.find(({ version, controllers: names }) => version === 1 && names.includes('memory'));
  const { native } = patient;
  if (first !== undefined) {
    const counted = native.stat(AT_FDCWD, `${first.mountpoint}/memory.memsw.limit_in_bytes`, 0) !== undefined;
    return { found: counted ? 'there' : 'absent', detail: 'version 1, memory.memsw.limit_in_bytes' };
  }
  const unified = hierarchies.find(({ version }) => version === 2);
  const own = unified === undefined || unified.own === '/' ? undefined : `${unified.mountpoint}${unified.own}`;
  if (own === undefined || native.stat(AT_FDCWD, `${own}/memory.max`, 0) === undefined)
    return { found: 'unknown', detail: "noci's own cgroup has no memory controller to look at" };
  const counted = native.stat(AT_FDCWD, `${own}/memory.swap.max`, 0) !== undefined;
  return { found: counted ? 'there' : 'absent', detail: `version 2, ${own}/memory.swap.max` };
}

const swap: Check = {
  area: 'cgroups',
  name: 'swap is counted',
  question: 'is there a file that limits swap',
  ask: askSwap,
  consequence: 'a config with linux.resources.memory.swap is refused',
  cure: 'boot with swapaccount=1, a kernel with CONFIG_SWAP',
  need: neededBy('some', ({ config }) =>
    placeIf(Number(config.linux?.resources?.memory?.swap ?? 0) > 0, '/linux/resources/memory/swap'),
  ),
};

export const cgroupChecks: readonly Check[] = [mounted, delegation, ...controllers.map(controllerCheck), devices, swap];
