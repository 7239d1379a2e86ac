import t from 'tap';
import { timestampNano } from '../../../src/container/timestamp.ts';

t.test('trailing zeros are cut, nothing else', async (t) => {
  t.equal(timestampNano(0n), '1970-01-01T00:00:00Z');
  t.equal(timestampNano(1_700_000_000_000_000_001n), '2023-11-14T22:13:20.000000001Z');
  t.equal(timestampNano(1_700_000_000_120_000_000n), '2023-11-14T22:13:20.12Z');
  t.equal(timestampNano(1_700_000_000_999_999_999n), '2023-11-14T22:13:20.999999999Z');
});
