import t from 'tap';
import { numberBits } from '../../../../src/cgroup/systemd/number-bits.ts';
import { resourceProperties, roundedResources } from '../../../../src/cgroup/systemd/resource-properties.ts';
import type { LinuxResources } from '../../../../src/oci/types.ts';

const at = (pointer: string) => ({ pointer }) as unknown as Error;

const most = 2n ** 64n - 1n;

const shown = (resources: LinuxResources, version = 257, mode: 'v1' | 'v2' = 'v2') =>
  Object.fromEntries(resourceProperties(mode, resources, () => version).map(({ name, value }) => [name, value]));

t.test('version 2', async (t) => {
  t.strictSame(shown({ memory: { limit: 100, reservation: 50, swap: 150 }, pids: { limit: 0 } }), {
    TasksMax: 1n,
    MemoryMax: 100n,
    MemoryLow: 50n,
    MemorySwapMax: 50n,
  });
  t.strictSame(shown({ memory: { limit: -1, swap: -1 }, pids: { limit: -1 } }), {
    MemoryMax: most,
    MemorySwapMax: most,
    TasksMax: most,
  });
  t.strictSame(shown({ cpu: { shares: 1024 } }), { CPUWeight: 100n });
});

t.test('a quota is rounded up to a hundredth of a CPU, and the file with it', async (t) => {
  const resources = { cpu: { quota: 12345, period: 50000 } };
  t.strictSame(shown(resources), { CPUQuotaPeriodUSec: 50000n, CPUQuotaPerSecUSec: 250_000n });
  t.equal(roundedResources(resources).cpu?.quota, 12500n);
  t.strictSame(shown({ cpu: { quota: -1, period: 50000 } }), { CPUQuotaPeriodUSec: 50000n, CPUQuotaPerSecUSec: most });
  t.strictSame(shown({ cpu: { quota: 20000 } }), { CPUQuotaPerSecUSec: 200_000n });
  t.strictSame(shown(resources, 241), { CPUQuotaPerSecUSec: 250_000n });
});

t.test('cpu.idle takes the place of a weight, where systemd knows it', async (t) => {
  t.strictSame(shown({ cpu: { shares: 1024, idle: 1 } }, 252), { CPUWeight: 0n });
  t.strictSame(shown({ cpu: { shares: 1024, idle: 1 } }, 251), { CPUWeight: 100n });
  t.strictSame(shown({ cpu: { idle: 1 }, unified: { 'cpu.weight': '50' } }), { CPUWeight: 0n });
});

t.test('cpus and mems', async (t) => {
  t.strictSame(shown({ cpu: { cpus: '0-2,9', mems: '0' } }), {
    AllowedCPUs: Uint8Array.of(7, 2),
    AllowedMemoryNodes: Uint8Array.of(1),
  });
  t.strictSame(shown({ cpu: { cpus: '0' } }, 243), {});
  for (const wrong of ['x', '3-1', '0-', '99999', '0,,1', '-1'])
    t.throws(() => numberBits(wrong, '/p'), at('/p'), wrong);
});

t.test('unified files that systemd has a property for', async (t) => {
  t.strictSame(shown({ memory: { limit: 1 }, unified: { 'memory.max': ' max', 'memory.high': '5', 'x.y': 'z' } }), {
    MemoryMax: most,
    MemoryHigh: 5n,
  });
  t.strictSame(shown({ unified: { 'cpu.max': '50000 100000' } }), {
    CPUQuotaPeriodUSec: 100_000n,
    CPUQuotaPerSecUSec: 500_000n,
  });
  t.throws(() => shown({ unified: { 'memory.max': '1G' } }), at('/linux/resources/unified/memory.max'));
  t.throws(() => shown({ unified: { 'cpu.max': '1 2 3' } }), at('/linux/resources/unified/cpu.max'));
});

t.test('block i/o weights', async (t) => {
  const [weight] = resourceProperties('v2', { blockIO: { weight: 500 } }, () => 252);
  t.match(weight, { name: 'IOWeight', value: 4950n, pointer: '/linux/resources/blockIO/weight' });
  for (const [given, wanted] of [
    [10, 10n],
    [100, 100n],
    [101, 111n],
    [500, 4500n],
    [1000, 10_000n],
  ] as const) {
    const [{ whereThere } = {}] = resourceProperties('v2', { blockIO: { weight: given } }, () => 252);
    t.strictSame(whereThere, { file: 'io.bfq.weight', value: wanted });
    // core/cgroup.c of systemd: BFQ_WEIGHT
    t.equal(wanted <= 100n ? wanted : 100n + ((wanted - 100n) * 900n) / 9900n, BigInt(given));
    t.strictSame(shown({ unified: { 'io.bfq.weight': String(given) } }), { IOWeight: wanted });
  }
  t.strictSame(shown({ blockIO: { weight: 0 } }), {});
  t.strictSame(shown({ unified: { 'io.weight': '300' } }), { IOWeight: 300n });
  t.strictSame(shown({ unified: { 'io.weight': ' default 301\n' } }), { IOWeight: 301n });
  t.strictSame(shown({ unified: { 'io.weight': '8:0 300' } }), {}, 'of one device');
});

t.test('nice levels are weights', async (t) => {
  const weightOf = (nice: string) => shown({ unified: { 'cpu.weight.nice': nice } });
  t.strictSame(weightOf('0'), { CPUWeight: 100n });
  t.strictSame(weightOf('5'), { CPUWeight: 33n });
  t.strictSame(weightOf('-20'), { CPUWeight: 8668n });
  t.strictSame(weightOf('19'), { CPUWeight: 1n });
  for (const wrong of ['20', '-21', 'x', '']) t.strictSame(weightOf(wrong), {}, wrong);
});

t.test('version 1', async (t) => {
  const resources = { memory: { limit: 100 }, cpu: { shares: 512 }, blockIO: { weight: 100 }, pids: { limit: 5 } };
  t.strictSame(shown(resources, 252, 'v1'), { MemoryLimit: 100n, CPUShares: 512n, BlockIOWeight: 100n, TasksMax: 5n });
});

t.test('devices only where there are rules, and the version only where it matters', async (t) => {
  const never = () => t.fail('was asked') as never;
  t.strictSame(resourceProperties('v2', { memory: { limit: 5 } }, never).length, 1);
  const [policy, reset, list] = resourceProperties('v2', { devices: [{ allow: false, access: 'rwm' }] }, never);
  t.match([policy?.value, reset?.value], ['strict', []]);
  t.match(list?.value, [
    ['char-*', 'm'],
    ['block-*', 'm'],
    ['/dev/char/1:3', 'rwm'],
  ]);
  t.equal(resourceProperties('v2', { devices: [{ allow: true, access: 'rwm' }] }, never)[0]?.value, 'auto');
});
