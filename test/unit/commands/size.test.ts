import t from 'tap';
import { parseSize } from '../../../src/commands/size.ts';

t.test("as docker's go-units reads sizes", async (t) => {
  const cases: Record<string, bigint> = {
    '32': 32n,
    '32b': 32n,
    '32k': 32n << 10n,
    '32K': 32n << 10n,
    '32kb': 32n << 10n,
    '32KiB': 32n << 10n,
    '32 MiB': 32n << 20n,
    '1.5g': 3n << 29n,
    '0.5': 0n,
    '2t': 2n << 40n,
    '1pb': 1n << 50n,
    '9223372036854771712': 9223372036854771712n,
    '9223372036854775807': 9223372036854775807n,
    '-1': -1n,
    '0': 0n,
  };
  for (const [text, value] of Object.entries(cases)) t.equal(parseSize(text), value, text);
  const wrong: Record<string, string> = {
    '': "invalid size: ''",
    hello: "invalid size: 'hello'",
    '-32': "invalid size: '-32'",
    ' 32 ': "invalid size: ' 32 '",
    '32  k': "invalid size: '32  k'",
    '32m b': "invalid size: '32m b'",
    '32bm': "invalid suffix: 'bm'",
    '32kib2': "invalid size: '32kib2'",
    '32kibs': "invalid suffix: 'kibs'",
    '32e': "invalid suffix: 'e'",
    '1.2.3k': "invalid size: '1.2.3k'",
    '9223372036854775808': "invalid size: '9223372036854775808': value out of range",
    '8192p': "invalid size: '8192p': value out of range",
  };
  for (const [text, message] of Object.entries(wrong)) t.throws(() => parseSize(text), { message }, text);
});
