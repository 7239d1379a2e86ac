import t from 'tap';
import { planCgroup } from '../../../src/cgroup/plan.ts';
import type { HostFacts } from '../../../src/host/facts.ts';
import type { Linux } from '../../../src/oci/types.ts';

const version1 = [
  { version: 1, controllers: ['memory'], mountpoint: '/sys/fs/cgroup/memory', own: '/process/1' },
  { version: 1, controllers: ['cpu', 'cpuacct'], mountpoint: '/sys/fs/cgroup/cpu,cpuacct', own: '/' },
  { version: 1, controllers: ['pids'], mountpoint: '/sys/fs/cgroup/pids', own: '/' },
] as const;

const unified = {
  version: 2,
  controllers: ['hugetlb'],
  mountpoint: '/sys/fs/cgroup/unified',
  own: '/user.slice/u',
} as const;

function facts(cgroup: HostFacts['cgroup']): HostFacts {
  return { cgroup } as HostFacts;
}

const onVersion1 = facts({ mode: 'v1', hierarchies: version1 });
const onHybrid = facts({ mode: 'hybrid', hierarchies: [...version1, unified] });

function onVersion2(own: string): HostFacts {
  const controllers = ['cpu', 'memory', 'pids'];
  return facts({ mode: 'v2', hierarchies: [{ version: 2, controllers, mountpoint: '/sys/fs/cgroup', own }] });
}

function plan(host: HostFacts, linux: Linux = {}) {
  return planCgroup({ ociVersion: '1.3.0', linux }, host, 'ID');
}

function paths(host: HostFacts, cgroupsPath?: string): string[] {
  return plan(host, cgroupsPath === undefined ? {} : { cgroupsPath }).directories.map(({ path }) => path);
}

function writes(host: HostFacts, linux: Linux): string[] {
  return plan(host, linux).limits.map(({ file, value, pointer }) => `${file} ${value} ${pointer}`);
}

t.test('v1: an absolute path is below each mount, a relative one below the own cgroup of each hierarchy', async (t) => {
  t.strictSame(paths(onVersion1, '/a//b/./c/'), [
    '/sys/fs/cgroup/memory/a/b/c',
    '/sys/fs/cgroup/cpu,cpuacct/a/b/c',
    '/sys/fs/cgroup/pids/a/b/c',
  ]);
  t.strictSame(paths(onVersion1, 'a/b'), [
    '/sys/fs/cgroup/memory/process/1/a/b',
    '/sys/fs/cgroup/cpu,cpuacct/a/b',
    '/sys/fs/cgroup/pids/a/b',
  ]);
  for (const path of [undefined, ''])
    t.strictSame(paths(onVersion1, path), [
      '/sys/fs/cgroup/memory/process/1/ID',
      '/sys/fs/cgroup/cpu,cpuacct/ID',
      '/sys/fs/cgroup/pids/ID',
    ]);
});

t.test(
  'v2: below a cgroup outside of the cgroup namespace nothing is made, for "/.." would leave the mount',
  async (t) => {
    for (const own of ['/..', '/../a'])
      t.throws(() => paths(onVersion2(own), 'x'), {
        message: `the runtime's own cgroup "${own}" is outside of its cgroup namespace`,
        pointer: '/linux/cgroupsPath',
      });
    t.strictSame(paths(onVersion2('/..a/b'), 'x'), ['/sys/fs/cgroup/..a/x']);
  },
);

t.test('v2: a relative path is beside the own cgroup', async (t) => {
  t.strictSame(paths(onVersion2('/user.slice/u'), '/a/b'), ['/sys/fs/cgroup/a/b']);
  t.strictSame(paths(onVersion2('/user.slice/u'), 'a/b'), ['/sys/fs/cgroup/user.slice/a/b']);
  t.strictSame(paths(onVersion2('/user.slice/u')), ['/sys/fs/cgroup/user.slice/ID']);
  t.strictSame(paths(onVersion2('/')), ['/sys/fs/cgroup/ID']);
});

t.test('hybrid: the v2 hierarchy is treated as those of v1', async (t) => {
  t.equal(paths(onHybrid)[3], '/sys/fs/cgroup/unified/user.slice/u/ID');
  t.equal(paths(onHybrid, '/a')[3], '/sys/fs/cgroup/unified/a');
});

t.test('a path that is no cgroup of its own is refused', async (t) => {
  for (const path of ['/', '//.', '/a/../../b', '..', 'a/..'])
    t.throws(() => paths(onVersion1, path), { message: /^cgroupsPath /, pointer: '/linux/cgroupsPath' });
});

t.test('v1: the limits of each controller in their order', async (t) => {
  const resources = {
    memory: { limit: 100, swap: 200, reservation: 50 },
    cpu: { shares: 512, quota: 1000, period: 2000 },
    pids: { limit: 0 },
  };
  t.strictSame(writes(onVersion1, { cgroupsPath: '/c', resources }), [
    '/sys/fs/cgroup/pids/c/pids.max 1 /linux/resources/pids/limit',
    '/sys/fs/cgroup/memory/c/memory.limit_in_bytes 100 /linux/resources/memory/limit',
    '/sys/fs/cgroup/memory/c/memory.memsw.limit_in_bytes 200 /linux/resources/memory/swap',
    '/sys/fs/cgroup/memory/c/memory.soft_limit_in_bytes 50 /linux/resources/memory/reservation',
    '/sys/fs/cgroup/cpu,cpuacct/c/cpu.shares 512 /linux/resources/cpu/shares',
    '/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us 2000 /linux/resources/cpu/period',
    '/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us 1000 /linux/resources/cpu/quota',
  ]);
});

t.test('v2: the limits, swap before memory', async (t) => {
  const resources = {
    memory: { limit: 100, swap: 300, reservation: 50 },
    cpu: { shares: 1024, quota: 1000 },
    pids: { limit: -1 },
  };
  t.strictSame(writes(onVersion2('/'), { cgroupsPath: '/c', resources }), [
    '/sys/fs/cgroup/c/pids.max max /linux/resources/pids/limit',
    '/sys/fs/cgroup/c/memory.swap.max 200 /linux/resources/memory/swap',
    '/sys/fs/cgroup/c/memory.max 100 /linux/resources/memory/limit',
    '/sys/fs/cgroup/c/memory.low 50 /linux/resources/memory/reservation',
    '/sys/fs/cgroup/c/cpu.weight 100 /linux/resources/cpu/shares',
    '/sys/fs/cgroup/c/cpu.max 1000 100000 /linux/resources/cpu/quota',
  ]);
});

t.test('hybrid: a controller of v2 has the files of v2', async (t) => {
  const host = facts({ mode: 'hybrid', hierarchies: [version1[1], { ...unified, controllers: ['memory', 'pids'] }] });
  const resources = { memory: { limit: 100 }, pids: { limit: 5 }, cpu: { shares: 512 } };
  t.strictSame(writes(host, { cgroupsPath: '/c', resources }), [
    '/sys/fs/cgroup/unified/c/pids.max 5 /linux/resources/pids/limit',
    '/sys/fs/cgroup/unified/c/memory.max 100 /linux/resources/memory/limit',
    '/sys/fs/cgroup/cpu,cpuacct/c/cpu.shares 512 /linux/resources/cpu/shares',
  ]);
});

t.test('v1: devices are denied but for the rules and the default ones', async (t) => {
  const host = facts({
    mode: 'v1',
    hierarchies: [{ version: 1, controllers: ['devices'], mountpoint: '/sys/fs/cgroup/devices', own: '/' }],
  });
  const resources = { devices: [{ allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }] };
  t.strictSame(writes(host, { cgroupsPath: '/c', resources }).slice(0, 3), [
    '/sys/fs/cgroup/devices/c/devices.deny a ',
    '/sys/fs/cgroup/devices/c/devices.allow c 10:229 rw /linux/resources/devices/0',
    '/sys/fs/cgroup/devices/c/devices.allow c *:* m ',
  ]);
});

t.test('v2: devices are up to a program, and no file is written', async (t) => {
  const resources = { devices: [{ allow: false, access: 'rwm' }] };
  const { limits, devices } = plan(onVersion2('/'), { cgroupsPath: '/c', resources });
  t.strictSame(limits, []);
  t.match(devices, { path: '/sys/fs/cgroup/c', optional: false, pointer: '/linux/resources/devices' });
  t.ok(plan(onVersion2('/')).devices, 'without rules too: the default devices and no others');
  t.equal(plan(onVersion1).devices, undefined);
});

t.test('zero values ask for nothing', async (t) => {
  const resources = { memory: { limit: 0, swap: 0 }, cpu: { shares: 0, quota: 0, period: 0 } };
  t.strictSame(writes(onVersion1, { resources }), []);
  t.strictSame(writes(onVersion2('/'), { resources }), []);
});

t.test('a limit without its controller is refused, with its place', async (t) => {
  const none = facts({ mode: 'none', hierarchies: [] });
  t.strictSame(plan(none), { mode: 'none', directories: [], limits: [] });
  t.throws(() => plan(none, { resources: { pids: { limit: 1 } } }), {
    message:
      'cgroup file pids.max cannot be written: controller "pids" is not available on this host; mount its hierarchy, or leave the limit out',
    pointer: '/linux/resources/pids/limit',
  });
  t.throws(() => plan(none, { resources: { devices: [{ allow: false, access: 'rwm' }] } }), {
    message: /controller "devices" is not available on this host/,
    pointer: '/linux/resources/devices/0',
  });
});
