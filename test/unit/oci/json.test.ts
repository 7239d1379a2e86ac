import t from 'tap';
import { sortedMap, writeJson } from '../../../src/oci/json.ts';

t.test('is what JSON.stringify writes, in every indent', async (t) => {
  const value = { z: [1, 'two', [], {}, null, true], a: { b: { c: -1.5 } }, 'é\n"': '\u0001\b\f\\' };
  for (const indent of ['', '  ', '    ', '\t'])
    t.equal(writeJson(value, indent), JSON.stringify(value, undefined, indent));
});

t.test('keeps 64-bit integers', async (t) => {
  t.equal(
    writeJson({ a: 18446744073709551615n, b: [-9223372036854775808n], c: '\\ud8005', d: '"\\ud8006"' }),
    '{"a":18446744073709551615,"b":[-9223372036854775808],"c":"\\\\ud8005","d":"\\"\\\\ud8006\\""}',
  );
});

t.test('escapes what Go escapes', async (t) => {
  t.equal(
    writeJson({ '<&>': '<a href="x">&\u2028\u2029\u007f' }),
    '{"\\u003c\\u0026\\u003e":"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029\u007f"}',
  );
});

t.test('leaves out what is undefined', async (t) => {
  t.equal(writeJson({ a: undefined, b: 1 }), '{"b":1}');
  t.equal(writeJson({ a: undefined }, '  '), '{}');
});

t.test('keeps the order of the keys and takes objects without a prototype', async (t) => {
  const map = Object.assign(Object.create(null), { b: '1', __proto: '2', a: '3' });
  t.equal(writeJson(map), '{"b":"1","__proto":"2","a":"3"}');
});

t.test('sorts maps as Go does', async (t) => {
  t.equal(
    writeJson(sortedMap({ b: '1', 'a.b': '2', A: '3', constructor: '4' })),
    '{"A":"3","a.b":"2","b":"1","constructor":"4"}',
  );
});
