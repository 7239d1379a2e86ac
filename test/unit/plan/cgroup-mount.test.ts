import t from 'tap';
import type { LinuxNamespace } from '../../../src/oci/types.ts';
import type { CgroupPlan } from '../../../src/plan/plan.ts';
import { directory, steps } from '../../fakes/plan.ts';

const unified = {
  version: 2,
  controllers: [],
  mountpoint: '/sys/fs/cgroup/unified',
  path: '/sys/fs/cgroup/unified/c1',
} as const;

const hybrid: CgroupPlan = {
  mode: 'hybrid',
  directories: [directory('cpu,cpuacct', 'cpu', 'cpuacct'), directory('systemd', 'name=systemd'), unified],
  limits: [],
};

const isolated: LinuxNamespace[] = [{ type: 'mount' }, { type: 'cgroup' }];
const mount = { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' };
const names = ['mount', 'bind', 'symlink', 'mount_setattr'];

function cgroupSteps(
  cgroup: CgroupPlan,
  options: string[],
  namespaces: LinuxNamespace[] = [{ type: 'mount' }],
  inUserNamespace = false,
): object[] {
  const hierarchies = [{ version: 2, controllers: ['memory'], mountpoint: '/sys/fs/cgroup', own: '/' }] as const;
  const facts = {
    inUserNamespace,
    cgroup: { mode: cgroup.mode, hierarchies: cgroup.mode === 'v2' ? hierarchies : [] },
  };
  const planned = steps(names, { mounts: [{ ...mount, options }], linux: { namespaces }, cgroup, facts });
  return planned.filter((step) => (step as { pointer: string }).pointer === '/mounts/0');
}

const tmpfs = { step: 'mount', type: 'tmpfs', source: 'tmpfs', target: '/sys/fs/cgroup', parameters: ['mode=755'] };
const hardened = 2 | 4 | 8;
const link = { step: 'symlink', target: 'cpu,cpuacct', replace: 0 };
const readonly = { step: 'mount_setattr', target: '/sys/fs/cgroup', set: 1, clear: 0 };

t.test('hybrid without a cgroup namespace: binds of the own directories, without the v2 hierarchy', async (t) => {
  const planned = cgroupSteps(hybrid, ['nosuid', 'noexec', 'nodev', 'relatime', 'ro', 'rprivate']);
  const attributes = { set: 1 | hardened, clear: 0x70 | 0x200000, propagation: [0x44000] };
  t.match(planned, [
    { ...tmpfs, attributes: hardened, keepMode: 0, propagation: [0x44000] },
    {
      step: 'bind',
      tree: { open: 'tree', path: '/sys/fs/cgroup/cpu,cpuacct/c1', recursive: true },
      target: '/sys/fs/cgroup/cpu,cpuacct',
      ...attributes,
    },
    {
      step: 'bind',
      tree: { open: 'tree', path: '/sys/fs/cgroup/systemd/c1', recursive: true },
      target: '/sys/fs/cgroup/systemd',
      ...attributes,
    },
    { ...link, path: '/sys/fs/cgroup/cpu' },
    { ...link, path: '/sys/fs/cgroup/cpuacct' },
    readonly,
  ]);
  t.equal(planned.length, 6);
});

t.test('hybrid with a cgroup namespace: a mount of each hierarchy', async (t) => {
  const planned = cgroupSteps(hybrid, ['ro'], isolated);
  t.match(planned, [
    tmpfs,
    {
      step: 'mount',
      type: 'cgroup',
      source: 'cgroup',
      target: '/sys/fs/cgroup/cpu,cpuacct',
      parameters: ['ro', 'cpu', 'cpuacct'],
      attributes: 1 | hardened,
    },
    {
      step: 'mount',
      type: 'cgroup',
      source: 'systemd',
      target: '/sys/fs/cgroup/systemd',
      parameters: ['ro', 'name=systemd'],
      attributes: 1 | hardened,
    },
    { ...link, path: '/sys/fs/cgroup/cpu' },
    { ...link, path: '/sys/fs/cgroup/cpuacct' },
    readonly,
  ]);
});

t.test('without ro nothing becomes read-only', async (t) => {
  const planned = cgroupSteps({ ...hybrid, mode: 'v1' }, ['nosuid']);
  t.strictSame(
    planned.filter((step) => (step as { step: string }).step === 'mount_setattr'),
    [],
  );
  t.match(planned[1], { step: 'bind', set: hardened, clear: 1 | 0x200000 });
});

const v2: CgroupPlan = { mode: 'v2', directories: [{ ...unified, mountpoint: '/sys/fs/cgroup' }], limits: [] };

t.test('v2 with a cgroup namespace: a mount of cgroup2', async (t) => {
  const planned = cgroupSteps(v2, ['ro', 'nosuid'], isolated);
  t.match(planned, [
    { step: 'mount', type: 'cgroup2', source: 'cgroup', target: '/sys/fs/cgroup', attributes: 1 | hardened },
  ]);
  t.equal(planned.length, 1);
});

t.test("v2 without one: the host's mount, whose options a new mount would reset", async (t) => {
  const planned = cgroupSteps(v2, ['ro', 'nosuid']);
  const tree = { open: 'tree', path: '/sys/fs/cgroup', recursive: false };
  t.match(planned, [{ step: 'bind', tree, target: '/sys/fs/cgroup', set: 1 | hardened, clear: 0x200000 }]);
  t.equal(planned.length, 1);
});

t.test('v2, in a user namespace and a cgroup namespace that is joined: a bind of the own cgroup', async (t) => {
  const joined: LinuxNamespace[] = [{ type: 'mount' }, { type: 'cgroup', path: '/proc/1/ns/cgroup' }];
  t.match(cgroupSteps(v2, ['ro'], joined), [{ step: 'mount', type: 'cgroup2' }], 'root of the host may mount it');
  const tree = { open: 'tree', path: unified.path, recursive: false };
  t.match(cgroupSteps(v2, ['ro'], joined, true), [{ step: 'bind', tree, set: 1 | hardened }]);
  t.match(cgroupSteps(v2, ['ro'], isolated, true), [{ step: 'mount', type: 'cgroup2' }], 'a new one is its own');
});
