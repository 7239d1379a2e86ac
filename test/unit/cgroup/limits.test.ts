import t from 'tap';
import * as limits from '../../../src/cgroup/limits.ts';

t.test('cpu.weight: the curve through 1, 100 and 10000', async (t) => {
  const table: [number | bigint | undefined, string | undefined][] = [
    [undefined, undefined],
    [0, undefined],
    [1, '1'],
    [2, '1'],
    [3, '2'],
    [10, '4'],
    [100, '17'],
    [128, '21'],
    [256, '35'],
    [512, '59'],
    [1024, '100'],
    [2048, '174'],
    [4096, '303'],
    [65536, '3023'],
    [262144, '10000'],
    [18446744073709551615n, '10000'],
  ];
  for (const [shares, weight] of table) t.equal(limits.cpuWeight(shares), weight, `${shares}`);
});

t.test('cpu.weight never falls and stays in its range', async (t) => {
  let last = 1;
  for (let shares = 2; shares <= 262144; shares += 97) {
    const weight = Number(limits.cpuWeight(shares));
    if (weight < last || weight > 10000) t.fail(`${shares}: ${weight}`);
    last = weight;
  }
  t.equal(limits.cpuWeight(262143), '10000');
});

t.test('cpu.shares, cpu.cfs_quota_us, cpu.cfs_period_us', async (t) => {
  for (const value of [limits.cpuShares, limits.cfsQuota, limits.cfsPeriod]) {
    t.equal(value(undefined), undefined);
    t.equal(value(0), undefined);
    t.equal(value(50000), '50000');
  }
  t.equal(limits.cfsQuota(-1), '-1');
});

t.test('cpu.max', async (t) => {
  t.equal(limits.cpuMax(undefined, undefined), undefined);
  t.equal(limits.cpuMax(0, 0), undefined);
  t.equal(limits.cpuMax(50000, undefined), '50000 100000');
  t.equal(limits.cpuMax(50000, 200000), '50000 200000');
  t.equal(limits.cpuMax(-1, 200000), 'max 200000');
  t.equal(limits.cpuMax(undefined, 200000), 'max 200000');
  t.equal(limits.cpuMax(-1, undefined), 'max 100000');
});

t.test('memory in bytes, exact to 64 bits', async (t) => {
  t.equal(limits.memoryBytes(undefined), undefined);
  t.equal(limits.memoryBytes(0), undefined);
  t.equal(limits.memoryBytes(-1), '-1');
  t.equal(limits.memoryBytes(9223372036854771712n), '9223372036854771712');
  t.equal(limits.memoryMax(undefined), undefined);
  t.equal(limits.memoryMax(0), undefined);
  t.equal(limits.memoryMax(-1), 'max');
  t.equal(limits.memoryMax(9223372036854771712n), '9223372036854771712');
});

t.test('memory.swap.max is memory and swap together without memory', async (t) => {
  const table: [number | bigint | undefined, number | bigint | undefined, string | undefined][] = [
    [undefined, undefined, undefined],
    [100, undefined, undefined],
    [100, 0, undefined],
    [100, 300, '200'],
    [100, 100, '0'],
    [100, -1, 'max'],
    [-1, undefined, 'max'],
    [-1, 0, 'max'],
    [-1, -1, 'max'],
    [-1, 300, '300'],
    [1, 9223372036854771712n, '9223372036854771711'],
  ];
  for (const [limit, swap, value] of table) t.equal(limits.memorySwapMax(limit, swap), value, `${limit} ${swap}`);
});

t.test('pids.max', async (t) => {
  t.equal(limits.pidsMax(undefined), undefined);
  t.equal(limits.pidsMax(-1), 'max');
  t.equal(limits.pidsMax(0), '1');
  t.equal(limits.pidsMax(0n), '1');
  t.equal(limits.pidsMax(77), '77');
});

t.test('io.weight', async (t) => {
  t.equal(limits.ioWeight(undefined), undefined);
  t.equal(limits.ioWeight(0), undefined);
  t.equal(limits.ioWeight(10), '1');
  t.equal(limits.ioWeight(100), '910');
  t.equal(limits.ioWeight(500), '4950');
  t.equal(limits.ioWeight(1000), '10000');
});
