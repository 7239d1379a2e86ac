import t from 'tap';
import { putAll } from '../../../../src/cgroup/systemd/marshal.ts';
import { decodeMessage, encodeCall, messageLength } from '../../../../src/cgroup/systemd/message.ts';
import { type BusValue, completeTypes } from '../../../../src/cgroup/systemd/signature.ts';
import { createReader, getAll } from '../../../../src/cgroup/systemd/unmarshal.ts';
import { decodeUtf8, encodeUtf8 } from '../../../../src/cgroup/systemd/utf8.ts';

t.test('signatures', async (t) => {
  t.strictSame(completeTypes('sa(sv)a{sv}aay'), ['s', 'a(sv)', 'a{sv}', 'aay']);
  for (const wrong of [
    'a',
    '(',
    '()',
    '(s',
    'a{vs}',
    '{ss}',
    'a{s}',
    'a{sss}',
    'z',
    ')',
    'a'.repeat(70),
    'y'.repeat(300),
  ])
    t.throws(() => completeTypes(wrong), /invalid signature/, wrong);
});

t.test('bytes as the specification has them', async (t) => {
  const bytes: number[] = [];
  putAll(bytes, 'yuas', [1, 258, ['a']]);
  t.strictSame(bytes, [1, 0, 0, 0, 2, 1, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 97, 0]);
  const empty: number[] = [];
  putAll(empty, 'a(t)', [[]]);
  t.strictSame(empty, [0, 0, 0, 0, 0, 0, 0, 0], 'padding of an empty array, not counted');
});

const signature = 'ybnqixtsogdava{sv}(is)ayaas';
const values: readonly BusValue[] = [
  7,
  true,
  -2,
  3,
  -4,
  -5n,
  2n ** 64n - 1n,
  'süß \u{1f600}',
  '/a/b',
  'a{sv}',
  1.5,
  [{ signature: 'u', value: 9 }],
  [['k', { signature: 'as', value: ['v'] }]],
  [1, 'x'],
  Uint8Array.of(1, 2, 3),
  [['a', 'b'], []],
];

function bodyBytes(): Uint8Array {
  const bytes: number[] = [];
  putAll(bytes, signature, values);
  return Uint8Array.from(bytes);
}

t.test('what is written is read', async (t) => {
  const bytes = bodyBytes();
  const reader = createReader(bytes, true, 0, bytes.length);
  t.strictSame(getAll(reader, signature), values);
  t.equal(reader.at, bytes.length);
});

const call = { destination: 'a.b', path: '/a', interface: 'a.b.C', member: 'M', signature, body: values };

t.test('a whole message', async (t) => {
  const bytes = encodeCall(call, 5);
  t.equal(messageLength(bytes), bytes.length);
  t.equal(messageLength(bytes.slice(0, 15)), undefined);
  const message = decodeMessage(bytes);
  t.match(message, { type: 1, path: '/a', interface: 'a.b.C', member: 'M', signature });
  t.strictSame(message.body(), values);
  t.throws(() => encodeCall({ ...call, signature: 's', body: ['x'.repeat(1 << 20)] }, 1), /too large/);
  t.throws(() => encodeCall({ ...call, signature: 's', body: ['a\0b'] }, 1), /NUL/);
});

/** xorshift32: the same mutations in every run */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

t.test('broken messages are errors, quickly, and nothing else', async (t) => {
  const whole = encodeCall(call, 5);
  const next = random(4711);
  let accepted = 0;
  let slowest = 0;
  const wrong = new Set<string>();
  for (let round = 0; round < 20_000; round++) {
    const bytes = whole.slice(0, next(8) === 0 ? next(whole.length) : whole.length);
    for (let count = 1 + next(4); count > 0 && bytes.length > 0; count--)
      bytes[next(bytes.length)] = [0, 1, 0x7f, 0xff, next(256)][next(5)] ?? 0;
    const start = performance.now();
    try {
      messageLength(bytes);
      decodeMessage(bytes).body();
      accepted++;
    } catch (error) {
      if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError)
        wrong.add(String(error));
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  t.strictSame([...wrong], []);
  t.ok(accepted > 0 && accepted < 20_000, `${accepted} were still messages`);
  t.ok(slowest < 1000, `the slowest took ${slowest} ms`);
});

t.test('claims that are too large are refused at once', async (t) => {
  const bytes = encodeCall({ ...call, signature: '', body: [] }, 1);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, 0xffffffff, true);
  t.throws(() => messageLength(bytes), /too large/);
  const array = Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0);
  t.throws(() => getAll(createReader(array, true, 0, 8), 'ay'), /ends too early/);
  const nested: number[] = [];
  for (let depth = 0; depth < 200; depth++) nested.push(1, 0x76, 0);
  t.throws(() => getAll(createReader(Uint8Array.from(nested), true, 0, nested.length), 'v'), /too deep/);
});

t.test('UTF-8', async (t) => {
  const text = 'a ü € \u{1f600}';
  t.strictSame(Uint8Array.from(encodeUtf8(text)), new TextEncoder().encode(text));
  t.equal(decodeUtf8(new TextEncoder().encode(text)), text);
  t.equal(decodeUtf8(Uint8Array.of(0x61, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xff)), 'a\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd');
  t.strictSame(encodeUtf8('\ud800'), [0xef, 0xbf, 0xbd]);
});
