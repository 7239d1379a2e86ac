import t from 'tap';
import { writeJson } from '../../../src/oci/json.ts';
import { hideBytes, showBytes } from '../../../src/state/bytes-in-text.ts';

/** There and back, through JSON that is well-formed. */
function roundTrip(value: unknown): unknown {
  const json = hideBytes(writeJson(value));
  if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/i.test(json)) throw new Error(`a surrogate is left in ${json}`);
  return showBytes(JSON.parse(json), json);
}

t.test('whatever a path is made of comes back', async (t) => {
  const texts = [
    '/plain',
    '/ü/\u{1f600}',
    '/\udcff\udc80x',
    '/\u{10ffff}',
    '/\u{10ffff}ff',
    '/\u{10ffff}~~\udcff',
    '/\\udcff',
    '/a"b\\',
  ];
  for (const text of texts) t.equal(roundTrip(text), text, JSON.stringify(text));
  const record = { bundle: '/\udcff', list: ['/\udc81', 3, null, true], annotations: { 'a\udcfe': 'b' } };
  t.strictSame(roundTrip(record), record);
});
