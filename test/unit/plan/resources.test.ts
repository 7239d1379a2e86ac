import t from 'tap';
import { sysctlPath } from '../../../src/plan/sysctl.ts';
import { plan, steps } from '../../fakes/plan.ts';

t.test('rlimits, exact to 64 bits', async (t) => {
  const rlimits = [
    { type: 'RLIMIT_NOFILE', soft: 1024, hard: 4096 },
    { type: 'RLIMIT_CORE', soft: 0, hard: 18446744073709551615n },
  ];
  t.strictSame(steps('rlimit', { process: { rlimits } }), [
    { step: 'rlimit', resource: 7, soft: 1024, hard: 4096, pointer: '/process/rlimits/0' },
    { step: 'rlimit', resource: 4, soft: 0, hard: 18446744073709551615n, pointer: '/process/rlimits/1' },
  ]);
  const unknown = { process: { rlimits: [{ type: 'RLIMIT_X', soft: 1, hard: 1 }] } };
  t.throws(() => plan(unknown), { message: 'wrong rlimit value: RLIMIT_X' });
  const inherited = { process: { rlimits: [{ type: 'toString', soft: 1, hard: 1 }] } };
  t.throws(() => plan(inherited), { message: 'wrong rlimit value: toString' });
});

t.test('scheduler', async (t) => {
  const pointer = '/process/scheduler';
  const none = { flags: 0, nice: 0, priority: 0, runtime: 0, deadline: 0, period: 0 };
  t.strictSame(steps('scheduler', { process: { scheduler: { policy: 'SCHED_BATCH', nice: -5 } } }), [
    { step: 'scheduler', policy: 3, ...none, nice: -5, pointer },
  ]);
  const flags = ['SCHED_FLAG_RECLAIM', 'SCHED_FLAG_RESET_ON_FORK'] as const;
  const times = { runtime: 10n ** 18n, deadline: 2, period: 3 };
  t.strictSame(steps('scheduler', { process: { scheduler: { policy: 'SCHED_DEADLINE', flags, ...times } } }), [
    { step: 'scheduler', policy: 6, ...none, flags: 3, ...times, pointer },
  ]);
});

t.test('scheduler: an EPERM is about the cpuset when there is one', async (t) => {
  const process = { scheduler: { policy: 'SCHED_BATCH' } } as const;
  const refusals = (cpus?: string) =>
    plan({ process, linux: { resources: { cpu: cpus === undefined ? {} : { cpus } } } }).steps.find(
      ({ run }) => run.step === 'scheduler',
    )?.refusals;
  t.strictSame(refusals('0'), { EPERM: "process scheduler can't be used together with AllowedCPUs" });
  t.equal(refusals(''), undefined);
  t.equal(refusals(), undefined);
});

t.test('ioPriority', async (t) => {
  const priority = (1 << 13) | 4;
  t.strictSame(steps('io_priority', { process: { ioPriority: { class: 'IOPRIO_CLASS_RT', priority: 4 } } }), [
    { step: 'io_priority', priority, pointer: '/process/ioPriority' },
  ]);
  t.match(steps('io_priority', { process: { ioPriority: { class: 'IOPRIO_CLASS_IDLE' } } }), [{ priority: 3 << 13 }]);
});

t.test('memoryPolicy', async (t) => {
  const flags = ['MPOL_F_STATIC_NODES', 'MPOL_F_NUMA_BALANCING'] as const;
  t.strictSame(steps('memory_policy', { linux: { memoryPolicy: { mode: 'MPOL_BIND', nodes: '0-1, 3,', flags } } }), [
    { step: 'memory_policy', mode: 2 | 0x8000 | 0x2000, nodes: [0, 1, 3], pointer: '/linux/memoryPolicy' },
  ]);
  t.match(steps('memory_policy', { linux: { memoryPolicy: { mode: 'MPOL_LOCAL' } } }), [{ mode: 4, nodes: [] }]);
  const wrong = { linux: { memoryPolicy: { mode: 'MPOL_BIND', nodes: '0-99999' } } } as const;
  t.throws(() => plan(wrong), { message: 'invalid memory policy nodes: 0-99999' });
});

t.test('sysctl', async (t) => {
  const sysctl = { 'net.ipv4.ip_forward': '1', 'net/ipv4/conf/eth0.1/forwarding': '0' };
  t.strictSame(steps('sysctl', { linux: { sysctl } }), [
    { step: 'sysctl', key: 'net/ipv4/ip_forward', value: '1', pointer: '/linux/sysctl/net.ipv4.ip_forward' },
    {
      step: 'sysctl',
      key: 'net/ipv4/conf/eth0.1/forwarding',
      value: '0',
      pointer: '/linux/sysctl/net~1ipv4~1conf~1eth0.1~1forwarding',
    },
  ]);
});

t.test('the path of a sysctl never leaves its directory', async (t) => {
  t.equal(sysctlPath('net.ipv4.conf.eth0/1.mtu'), 'net/ipv4/conf/eth0.1/mtu');
  t.equal(sysctlPath('kernel'), 'kernel');
  for (const key of ['', '.', '/net', 'net/', 'net..x', 'net/../kernel/core_pattern', 'net.//.kernel.core_pattern']) {
    t.equal(sysctlPath(key), undefined, key);
    t.throws(() => plan({ linux: { sysctl: { [key]: '1' } } }), { message: `sysctl "${key}" is not a parameter` });
  }
});
