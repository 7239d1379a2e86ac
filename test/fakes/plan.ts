import type { HostFacts } from '../../src/host/facts.ts';
import type { Config, Linux, Mount, Process } from '../../src/oci/types.ts';
import { planContainer } from '../../src/plan/container-plan.ts';
import type { CgroupPlan, ContainerPlan, PlanOptions, SeccompFilter } from '../../src/plan/plan.ts';

/** A host with cgroup v1, as privileged as it gets. */
export const facts: HostFacts = {
  euid: 0,
  egid: 0,
  inUserNamespace: false,
  setgroups: true,
  cgroup: { mode: 'v1', hierarchies: [] },
  boundingSet: (1n << 41n) - 1n,
  apparmor: false,
  selinux: false,
  resctrl: undefined,
  kcore: true,
  kernelRelease: '6.1.0',
};

export const options: PlanOptions = {
  id: 'c1',
  noPivot: false,
  noNewKeyring: false,
  start: 'fifo',
  trace: false,
  listenFds: 0,
  listenFdNames: '',
  notify: false,
};

export const noCgroup: CgroupPlan = { mode: 'none', directories: [], limits: [] };

/** A v1 hierarchy and the container's directory in it. */
export function directory(name: string, ...controllers: string[]): CgroupPlan['directories'][number] {
  const mountpoint = `/sys/fs/cgroup/${name}`;
  return { version: 1, controllers, mountpoint, path: `${mountpoint}/c1` };
}

/** What a test wants to be different from an ordinary container. */
export interface Changes {
  readonly config?: Partial<Config>;
  readonly process?: Partial<Process>;
  readonly linux?: Linux;
  readonly mounts?: readonly Mount[];
  readonly facts?: Partial<HostFacts>;
  readonly options?: Partial<PlanOptions>;
  readonly cgroup?: CgroupPlan;
  readonly seccomp?: SeccompFilter;
}

/** The plan for `true` in a bundle at /bundle with new pid and mount namespaces, but for `changes`. */
export function plan(changes: Changes = {}): ContainerPlan {
  const config: Config = {
    ociVersion: '1.3.0',
    root: { path: 'rootfs' },
    process: { cwd: '/', args: ['true'], ...changes.process },
    mounts: changes.mounts ?? [],
    ...changes.config,
    linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }], ...changes.linux },
  };
  const bundle = { path: '/bundle', rootfs: '/bundle/rootfs', config };
  return planContainer(
    bundle,
    { ...facts, ...changes.facts },
    { ...options, ...changes.options },
    changes.cgroup ?? noCgroup,
    changes.seccomp,
  );
}

/** The steps of these names in the plan for `changes`: the step and, as `pointer`, who asks for it. */
export function steps(names: string | readonly string[], changes: Changes = {}): object[] {
  const wanted = plan(changes).steps.filter(({ run }) => names === run.step || names.includes(run.step));
  return wanted.map(({ run, pointer }) => ({ ...run, pointer }));
}

/** The names of all steps of the plan for `changes`. */
export function order(changes: Changes = {}): string[] {
  return plan(changes).steps.map(({ run }) => run.step);
}
