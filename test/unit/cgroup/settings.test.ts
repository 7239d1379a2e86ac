// Every property of linux.resources: what is written for it on v1, on v2, and where one controller of a hybrid host is on v2.
import t from 'tap';
import { planLimits } from '../../../src/cgroup/settings.ts';
import type { LinuxResources } from '../../../src/oci/types.ts';
import type { CgroupPlan, ControlWrite } from '../../../src/plan/plan.ts';

type Directory = CgroupPlan['directories'][number];

function directory(version: 1 | 2, path: string, ...controllers: string[]): Directory {
  return { version, controllers, mountpoint: '/cg', path };
}

const ofVersion1 = ['cpu', 'cpuset', 'memory', 'blkio', 'pids', 'hugetlb', 'net_cls', 'net_prio', 'rdma'];
const ofVersion2 = ['cpu', 'cpuset', 'memory', 'io', 'pids', 'hugetlb', 'rdma'];

const hosts: Readonly<Record<'v1' | 'v2' | 'hybrid', readonly Directory[]>> = {
  v1: ofVersion1.map((name) => directory(1, `/${name}`, name)),
  v2: [directory(2, '/2', ...ofVersion2)],
  // cpu, memory and pids on v1, the rest on v2
  hybrid: [
    directory(1, '/cpu', 'cpu', 'cpuacct'),
    directory(1, '/memory', 'memory'),
    directory(1, '/pids', 'pids'),
    directory(2, '/2', 'cpuset', 'io', 'hugetlb', 'rdma'),
  ],
};

/** "path/file = value", with what a write has beside. */
function shown({ file, value, pointer: _, otherwise, ...marks }: ControlWrite): string {
  const other = otherwise === undefined ? '' : ` or ${otherwise.file} = ${otherwise.value}`;
  const flags = Object.entries(marks).flatMap(([name, mark]) =>
    mark === undefined || mark === false ? [] : [mark === true ? name : `${name} ${JSON.stringify(mark, plain)}`],
  );
  return `${file} = ${value}${other}${flags.length === 0 ? '' : ` (${flags.join(', ')})`}`;
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** A line of a table: the property, its value, and the writes on v1 and v2; hybrid is the same as one of them. */
type Line = readonly [resources: LinuxResources, v1: readonly string[], v2: readonly string[]];

function writes(host: keyof typeof hosts, resources: LinuxResources): string[] {
  return planLimits(hosts[host], resources).map(shown);
}

function table(name: string, hybrid: 'v1' | 'v2', lines: readonly Line[]): void {
  t.test(name, async (t) => {
    for (const [resources, v1, v2] of lines) {
      const title = JSON.stringify(resources, plain);
      t.strictSame(writes('v1', resources), v1, `${title} on v1`);
      t.strictSame(writes('v2', resources), v2, `${title} on v2`);
      t.strictSame(writes('hybrid', resources), hybrid === 'v1' ? v1 : v2, `${title} on a hybrid host`);
    }
  });
}

const limit = (value: string) => `/memory/memory.limit_in_bytes = ${value} (retried)`;
const both = (value: string) => `/memory/memory.memsw.limit_in_bytes = ${value}`;

table('memory', 'v1', [
  [{ memory: {} }, [], []],
  [{ memory: { limit: 0, swap: 0, reservation: 0 } }, [], []],
  [{ memory: { limit: 100 } }, [limit('100')], ['/2/memory.max = 100']],
  [
    { memory: { limit: -1 } },
    [limit('-1'), `${both('-1')} (optional)`],
    ['/2/memory.swap.max = max (optional)', '/2/memory.max = max'],
  ],
  [
    { memory: { limit: 100, swap: -1 } },
    [limit('100'), both('-1')],
    ['/2/memory.swap.max = max (optional)', '/2/memory.max = 100'],
  ],
  [
    { memory: { limit: 100, swap: 100 } },
    [limit('100'), both('100')],
    ['/2/memory.swap.max = 0 (optional)', '/2/memory.max = 100'],
  ],
  [
    { memory: { limit: 100n, swap: 300 } },
    [limit('100'), both('300')],
    ['/2/memory.swap.max = 200', '/2/memory.max = 100'],
  ],
  [{ memory: { reservation: 50 } }, ['/memory/memory.soft_limit_in_bytes = 50'], ['/2/memory.low = 50']],
  [{ memory: { reservation: -1 } }, ['/memory/memory.soft_limit_in_bytes = -1'], ['/2/memory.low = max']],
  [{ memory: { kernel: 5, kernelTCP: -1, useHierarchy: true } }, [], []],
  [{ memory: { disableOOMKiller: true } }, ['/memory/memory.oom_control = 1'], []],
  [{ memory: { disableOOMKiller: false } }, [], []],
  [{ memory: { swappiness: 0 } }, ['/memory/memory.swappiness = 0'], []],
  [{ memory: { swappiness: 60 } }, ['/memory/memory.swappiness = 60'], []],
  [{ memory: { swappiness: 18446744073709551615n } }, [], []],
  [
    { memory: { limit: 100, swap: 300, checkBeforeUpdate: true } },
    [limit('100'), both('300')],
    [
      '/2/memory.swap.max = 200',
      '/2/memory.max = 100 (usage {"file":"memory.current","bounds":[{"limit":300,"name":"memory+swap limit"},{"limit":100,"name":"memory limit"}]})',
    ],
  ],
  [
    { memory: { limit: -1, checkBeforeUpdate: true } },
    [limit('-1'), `${both('-1')} (optional)`],
    ['/2/memory.swap.max = max (optional)', '/2/memory.max = max'],
  ],
]);

table('cpu', 'v1', [
  [{ cpu: {} }, [], []],
  [{ cpu: { shares: 0, quota: 0, period: 0, realtimeRuntime: 0, realtimePeriod: 0 } }, [], []],
  [{ cpu: { shares: 512 } }, ['/cpu/cpu.shares = 512'], ['/2/cpu.weight = 59']],
  [{ cpu: { quota: -1 } }, ['/cpu/cpu.cfs_quota_us = -1'], ['/2/cpu.max = max 100000']],
  [
    { cpu: { quota: 5000, period: 10_000 } },
    ['/cpu/cpu.cfs_period_us = 10000 (retried)', '/cpu/cpu.cfs_quota_us = 5000'],
    ['/2/cpu.max = 5000 10000'],
  ],
  [
    { cpu: { quota: 5000, burst: 1000 } },
    ['/cpu/cpu.cfs_burst_us = 1000 (retried)', '/cpu/cpu.cfs_quota_us = 5000'],
    ['/2/cpu.max.burst = 1000 (retried)', '/2/cpu.max = 5000 100000'],
  ],
  [
    { cpu: { burst: 0 } },
    ['/cpu/cpu.cfs_burst_us = 0 (optional, retried)'],
    ['/2/cpu.max.burst = 0 (optional, retried)'],
  ],
  [{ cpu: { idle: 0 } }, ['/cpu/cpu.idle = 0 (optional)'], ['/2/cpu.idle = 0 (optional)']],
  [{ cpu: { idle: 1 } }, ['/cpu/cpu.idle = 1'], ['/2/cpu.idle = 1']],
  [
    { cpu: { idle: 1, shares: 1024 } },
    ['/cpu/cpu.shares = 1024 (tolerated "EINVAL")', '/cpu/cpu.idle = 1'],
    ['/2/cpu.weight = 100 (tolerated "EINVAL")', '/2/cpu.idle = 1'],
  ],
  [
    { cpu: { idle: 0, shares: 1024 } },
    ['/cpu/cpu.idle = 0 (optional)', '/cpu/cpu.shares = 1024'],
    ['/2/cpu.idle = 0 (optional)', '/2/cpu.weight = 100'],
  ],
  [
    { cpu: { realtimeRuntime: -1, realtimePeriod: 10 } },
    ['/cpu/cpu.rt_period_us = 10 (retried)', '/cpu/cpu.rt_runtime_us = -1'],
    [],
  ],
]);

table('cpuset', 'v2', [
  [{ cpu: { cpus: '', mems: '' } }, [], []],
  [
    { cpu: { cpus: '0-3', mems: '0' } },
    ['/cpuset/cpuset.cpus = 0-3', '/cpuset/cpuset.mems = 0'],
    ['/2/cpuset.cpus = 0-3', '/2/cpuset.mems = 0'],
  ],
]);

table('pids', 'v1', [
  [{ pids: { limit: 0 } }, ['/pids/pids.max = 1'], ['/2/pids.max = 1']],
  [{ pids: { limit: -1 } }, ['/pids/pids.max = max'], ['/2/pids.max = max']],
  [{ pids: { limit: 7 } }, ['/pids/pids.max = 7'], ['/2/pids.max = 7']],
]);

const device = { major: 8, minor: 16 };

table('blockIO', 'v2', [
  [{ blockIO: {} }, [], []],
  [{ blockIO: { weight: 0, leafWeight: 0, weightDevice: [], throttleReadBpsDevice: [] } }, [], []],
  [
    { blockIO: { weight: 500 } },
    ['/blkio/blkio.weight = 500 or /blkio/blkio.bfq.weight = 500'],
    ['/2/io.bfq.weight = 500 or /2/io.weight = 4950'],
  ],
  [{ blockIO: { leafWeight: 10 } }, ['/blkio/blkio.leaf_weight = 10'], []],
  [
    { blockIO: { weightDevice: [{ ...device, weight: 10, leafWeight: 20 }] } },
    [
      '/blkio/blkio.weight_device = 8:16 10 or /blkio/blkio.bfq.weight_device = 8:16 10',
      '/blkio/blkio.leaf_weight_device = 8:16 20',
    ],
    ['/2/io.bfq.weight = 8:16 10 (optional)'],
  ],
  ...(
    [
      ['throttleReadBpsDevice', 'read_bps', 'rbps'],
      ['throttleWriteBpsDevice', 'write_bps', 'wbps'],
      ['throttleReadIOPSDevice', 'read_iops', 'riops'],
      ['throttleWriteIOPSDevice', 'write_iops', 'wiops'],
    ] as const
  ).map(
    ([name, file, key]): Line => [
      {
        blockIO: {
          [name]: [
            { ...device, rate: 18446744073709551615n },
            { ...device, rate: 0 },
          ],
        },
      },
      [
        `/blkio/blkio.throttle.${file}_device = 8:16 18446744073709551615`,
        `/blkio/blkio.throttle.${file}_device = 8:16 0`,
      ],
      [`/2/io.max = 8:16 ${key}=18446744073709551615`, `/2/io.max = 8:16 ${key}=max`],
    ],
  ),
]);

table('hugepageLimits', 'v2', [
  [{ hugepageLimits: [] }, [], []],
  ...[0, 18446744073709551615n].map(
    (value): Line => [
      { hugepageLimits: [{ pageSize: '2MB', limit: value }] },
      [
        `/hugetlb/hugetlb.2MB.limit_in_bytes = ${value}`,
        `/hugetlb/hugetlb.2MB.rsvd.limit_in_bytes = ${value} (optional)`,
      ],
      [`/2/hugetlb.2MB.max = ${value}`, `/2/hugetlb.2MB.rsvd.max = ${value} (optional)`],
    ],
  ),
]);

table('rdma', 'v2', [
  [{ rdma: {} }, [], []],
  [
    { rdma: { a: { hcaHandles: 0 }, b: { hcaObjects: 5 }, c: { hcaHandles: 1, hcaObjects: 2 } } },
    ['a hca_handle=0', 'b hca_object=5', 'c hca_handle=1 hca_object=2'].map((line) => `/rdma/rdma.max = ${line}`),
    ['a hca_handle=0', 'b hca_object=5', 'c hca_handle=1 hca_object=2'].map((line) => `/2/rdma.max = ${line}`),
  ],
]);

t.test('network is of v1 alone', async (t) => {
  const network = {
    classID: 1048577,
    priorities: [
      { name: 'eth0', priority: 0 },
      { name: 'eth1', priority: 5 },
    ],
  };
  t.strictSame(writes('v1', { network }), [
    '/net_cls/net_cls.classid = 1048577',
    '/net_prio/net_prio.ifpriomap = eth0 0',
    '/net_prio/net_prio.ifpriomap = eth1 5',
  ]);
  t.strictSame(writes('v2', { network }), []);
  t.strictSame(writes('v1', { network: { classID: 0, priorities: [] } }), []);
  t.throws(() => writes('hybrid', { network }), {
    message:
      'cgroup file net_cls.classid cannot be written: controller "net_cls" is not available on this host; mount its hierarchy, or leave the limit out',
    pointer: '/linux/resources/network/classID',
  });
});

t.test('unified comes last, line by line, under its own names', async (t) => {
  const unified = { 'memory.high': '5', 'io.max': '8:0 rbps=1\n\n8:0 wbps=2\n', 'cpuset.cpus': '' };
  t.strictSame(writes('v2', { unified, pids: { limit: 5 }, rdma: { a: { hcaHandles: 1 } } }), [
    '/2/pids.max = 5',
    '/2/rdma.max = a hca_handle=1',
    '/2/memory.high = 5',
    '/2/io.max = 8:0 rbps=1',
    '/2/io.max = 8:0 wbps=2',
    '/2/cpuset.cpus = \n',
  ]);
  t.strictSame(writes('hybrid', { unified: { 'hugetlb.2MB.max': '1' } }), ['/2/hugetlb.2MB.max = 1']);
  t.strictSame(writes('v1', { unified: {} }), []);
  t.throws(() => writes('hybrid', { unified: { 'memory.high': '1' } }), {
    message: /^invalid configuration: cannot use unified on cgroup v1, where controller "memory" of this host is; /,
    pointer: '/linux/resources/unified/memory.high',
  });
  t.strictSame(writes('hybrid', { unified: { 'io.max': '1', 'irq.pressure': '1' } }), [
    '/2/io.max = 1',
    '/2/irq.pressure = 1',
  ]);
  t.throws(() => planLimits([directory(1, '/b', 'blkio'), directory(2, '/2')], { unified: { 'io.max': '1' } }), {
    message: /where controller "io" of this host is/,
  });
  t.throws(() => writes('v1', { unified }), {
    message: /^invalid configuration: cannot use unified on cgroup v1/,
    pointer: '/linux/resources/unified/memory.high',
  });
  t.throws(() => planLimits([], { unified }), { message: /this host has no cgroups mounted/ });
});

t.test('pointers name the property, with its place in a list', async (t) => {
  const resources: LinuxResources = {
    memory: { limit: -1, swappiness: 5 },
    cpu: { cpus: '0', idle: 1 },
    blockIO: { weightDevice: [{ ...device, weight: 10 }], throttleReadBpsDevice: [{ ...device, rate: 1 }] },
    hugepageLimits: [{ pageSize: '2MB', limit: 1 }],
    rdma: { 'a~b': { hcaHandles: 1 } },
  };
  t.strictSame(
    planLimits(hosts.v1, resources).map(({ pointer }) => pointer.replace('/linux/resources/', '')),
    [
      'memory/limit',
      'memory/limit',
      'memory/swappiness',
      'blockIO/weightDevice/0/weight',
      'blockIO/throttleReadBpsDevice/0',
      'cpu/idle',
      'cpu/cpus',
      'hugepageLimits/0',
      'hugepageLimits/0',
      'rdma/a~0b',
    ],
  );
});

t.test(
  'a name of config.json never leaves the cgroup, whether it was checked or not (GHSA-5g49-rx9x-qfc6)',
  async (t) => {
    for (const key of ['../x.max', '/etc/x.y', '..', '.', 'a/b.c'])
      t.throws(() => writes('v2', { unified: { [key]: '1' } }), { message: /^unified resource / }, key);
    for (const host of ['v1', 'v2'] as const)
      t.throws(() => writes(host, { hugepageLimits: [{ pageSize: '/../../x', limit: 1 }] }), {
        message: /is not the name of a cgroup file$/,
        pointer: '/linux/resources/hugepageLimits/0',
      });
  },
);

t.test('v1 shares that the kernel would change without a word are refused; v2 has the nearest weight', async (t) => {
  t.throws(() => writes('v1', { cpu: { shares: 1 } }), {
    message: 'the minimum allowed cpu-shares is 2',
    pointer: '/linux/resources/cpu/shares',
  });
  t.throws(() => writes('v1', { cpu: { shares: 262145 } }), { message: 'the maximum allowed cpu-shares is 262144' });
  t.strictSame(writes('v2', { cpu: { shares: 1 } }), ['/2/cpu.weight = 1']);
  t.strictSame(writes('v2', { cpu: { shares: 262145 } }), ['/2/cpu.weight = 10000']);
});

t.test('every controller that is missed is named with a cure, unless nothing is asked of it', async (t) => {
  const wishes: readonly (readonly [controller: string, resources: LinuxResources])[] = [
    ['pids', { pids: { limit: 1 } }],
    ['memory', { memory: { limit: 1 } }],
    ['io', { blockIO: { weight: 10 } }],
    ['cpu', { cpu: { shares: 5 } }],
    ['cpuset', { cpu: { cpus: '0' } }],
    ['hugetlb', { hugepageLimits: [{ pageSize: '2MB', limit: 1 }] }],
    ['rdma', { rdma: { a: { hcaHandles: 1 } } }],
  ];
  for (const [controller, resources] of wishes) {
    t.throws(() => planLimits([directory(2, '/2')], resources), {
      message: new RegExp(`controller "${controller}" is not available on this host; .*cgroup.subtree_control`),
    });
    t.throws(() => planLimits([directory(1, '/1', 'freezer')], resources), {
      message: new RegExp(`controller "${controller === 'io' ? 'blkio' : controller}" is not available.*mount`),
    });
    t.throws(() => planLimits([], resources), { message: /is not available on this host/ });
  }
  const zero = { memory: { limit: 0 }, cpu: { shares: 0, cpus: '' }, blockIO: { weight: 0 }, unified: {} };
  t.strictSame(planLimits([], zero), []);
});
