import t from 'tap';
import { addUpdate } from '../../../src/container/updated-resources.ts';

t.test('updates one after the other', async (t) => {
  const first = addUpdate(undefined, { memory: { limit: 100, swap: 200 }, cpu: { shares: 512 } });
  t.strictSame(first, { memory: { limit: 100, swap: 200 }, cpu: { shares: 512 } });
  const second = addUpdate(first, { cpu: { quota: 1, period: 2 }, pids: { limit: 5 } });
  t.strictSame(second, {
    memory: { limit: 100, swap: 200 },
    cpu: { shares: 512, quota: 1, period: 2 },
    pids: { limit: 5 },
  });
});

t.test('a limit that is lifted takes that of swap along', async (t) => {
  const before = { memory: { limit: 100, swap: 200, reservation: 50 } };
  t.strictSame(addUpdate(before, { memory: { limit: -1 } }), { memory: { reservation: 50, limit: -1 } });
  t.strictSame(addUpdate(before, { memory: { reservation: 60 } }), {
    memory: { limit: 100, swap: 200, reservation: 60 },
  });
});

t.test('a device has one value, however often it is changed', async (t) => {
  const one = (rate: number) => ({ blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0, rate }] } });
  let resources = addUpdate(undefined, { blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 16, rate: 1 }] } });
  for (let rate = 1; rate <= 100; rate++) resources = addUpdate(resources, one(rate));
  t.strictSame(resources.blockIO?.throttleReadBpsDevice, [
    { major: 8, minor: 16, rate: 1 },
    { major: 8, minor: 0, rate: 100 },
  ]);
});

t.test('files of version 2 by name', async (t) => {
  const before = { unified: { 'memory.high': '1G', 'pids.max': '5' } };
  t.strictSame(addUpdate(before, { unified: { 'pids.max': '6' } }), {
    unified: { 'memory.high': '1G', 'pids.max': '6' },
  });
});
