import t from 'tap';
import { parseDuration } from '../../../src/container/duration.ts';

t.test('as Go reads durations', async (t) => {
  const cases: Record<string, bigint> = {
    '5s': 5_000_000_000n,
    '1m': 60_000_000_000n,
    '300ms': 300_000_000n,
    '1.5h': 5_400_000_000_000n,
    '2m30s': 150_000_000_000n,
    '.5s': 500_000_000n,
    '1.s': 1_000_000_000n,
    '1us': 1_000n,
    '1µs': 1_000n,
    '+1ns': 1n,
    '-5s': -5_000_000_000n,
    '0': 0n,
    '-0': 0n,
    '9223372036854775807ns': 9223372036854775807n,
  };
  for (const [text, value] of Object.entries(cases)) t.equal(parseDuration(text), value, text);
  for (const text of ['', '5', 's', '5 s', '1d', '.s', '--1s', '1e3s', '9223372036854775808ns', '3000000h', '5S'])
    t.equal(parseDuration(text), undefined, text);
});
