import t from 'tap';
import { mergeResources, pairedLimits } from '../../../src/container/paired-limits.ts';

t.test('what a later update has to know', async (t) => {
  t.equal(pairedLimits({}), undefined);
  t.equal(
    pairedLimits({ devices: [], memory: { limit: 0, swap: 0, reservation: 5 }, cpu: { shares: 3, quota: 0 } }),
    undefined,
  );
  t.strictSame(
    pairedLimits({ memory: { limit: 9223372036854771712n, swap: -1 }, cpu: { quota: 5 }, pids: { limit: 3 } }),
    {
      memory: { limit: 9223372036854771712n, swap: -1 },
      cpu: { quota: 5 },
    },
  );
});

t.test('the other half of a pair comes from the record', async (t) => {
  const saved = { memory: { limit: 10, swap: 20 }, cpu: { quota: 5, period: 6 } };
  const merged = (request: Parameters<typeof mergeResources>[1]) => mergeResources(saved, request);
  t.strictSame(merged({}), { changes: {}, limits: saved });
  t.strictSame(merged({ cpu: { period: 7 } }).changes, { cpu: { quota: 5, period: 7 } });
  t.strictSame(merged({ cpu: { quota: -1 } }).limits, { ...saved, cpu: { quota: -1, period: 6 } });
  t.strictSame(merged({ cpu: { shares: 9, idle: 0, burst: 0, cpus: '' } }).changes, {
    cpu: { shares: 9, burst: 0, idle: 0 },
  });
  t.strictSame(merged({ memory: { limit: 15 } }).changes, { memory: { limit: 15, swap: 20 } });
  t.strictSame(merged({ memory: { swap: 25 } }).changes, { memory: { limit: 10, swap: 25 } });
  t.strictSame(merged({ memory: { reservation: 3 } }).changes, { memory: { reservation: 3 } }, 'no half of a pair');
});

t.test('a lifted memory limit takes that of memory and swap away', async (t) => {
  const saved = { memory: { limit: 10, swap: 20 } };
  for (const limit of [-1, -1n]) {
    const { changes, limits } = mergeResources(saved, { memory: { limit } });
    t.strictSame(changes, { memory: { limit } });
    t.strictSame(limits, { memory: { limit } });
  }
  t.strictSame(mergeResources(saved, { memory: { limit: -1, swap: 30 } }).changes, {
    memory: { limit: -1, swap: 30 },
  });
});

t.test('zeros are left alone, and so is what no update changes', async (t) => {
  const { changes } = mergeResources(
    {},
    {
      devices: [{ allow: false, access: 'rwm' }],
      memory: { limit: 0, reservation: 0, swap: 0, kernel: 7, swappiness: 3 },
      cpu: { shares: 0, quota: 0, period: 0 },
      blockIO: { weight: 0 },
      pids: { limit: 0 },
      hugepageLimits: [{ pageSize: '2MB', limit: 1 }],
      network: { classID: 1 },
      rdma: { x: { hcaHandles: 1 } },
    },
  );
  t.strictSame(changes, { blockIO: {} });
});

t.test('checkBeforeUpdate stays once it was asked for', async (t) => {
  const first = mergeResources({}, { memory: { limit: 5, checkBeforeUpdate: true } });
  t.strictSame(first.limits, { memory: { limit: 5, checkBeforeUpdate: true } });
  t.strictSame(mergeResources(first.limits ?? {}, { memory: { limit: 6 } }).changes, {
    memory: { limit: 6, checkBeforeUpdate: true },
  });
});
