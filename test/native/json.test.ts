// parseJson: what it takes, what it refuses, and where it says the problem is.
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import type { JsonError } from '../../src/native/contract.ts';
import { native } from './host.ts';

/** A document and its value. Objects have no prototype, so they are compared after a copy. */
const accepted: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['0', 0],
  ['-0', 0],
  ['1', 1],
  ['-1', -1],
  ['4294967296', 4294967296],
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', 9007199254740992n],
  ['9007199254740993', 9007199254740993n],
  ['-9007199254740991', -9007199254740991],
  ['-9007199254740992', -9007199254740992n],
  ['9223372036854771712', 9223372036854771712n],
  ['9223372036854775807', 9223372036854775807n],
  ['9223372036854775808', 9223372036854775808n],
  ['-9223372036854775808', -9223372036854775808n],
  ['18446744073709551615', 18446744073709551615n],
  ['""', ''],
  ['"a"', 'a'],
  ['"\\u0041"', 'A'],
  ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
  ['"\\u00e9 \\u20ac"', 'é €'],
  ['"\u007f\u0080\u07ff\u0800\uffff"', '\u007f\u0080\u07ff\u0800\uffff'],
  ['"\\ud83d\\ude00"', '😀'],
  ['"😀"', '😀'],
  ['"\u2028\u2029"', '\u2028\u2029'],
  ['"\ufffd"', '\ufffd'],
  ['"\ufeff"', '\ufeff'],
  ['"\\ufffe\\uffff"', '\ufffe\uffff'],
  ['"e\u0301"', 'e\u0301'],
  ['[]', []],
  ['{}', {}],
  [' \t\r\n[ 1 , 2 ] \n', [1, 2]],
  ['[[],{}]', [[], {}]],
  ['[null,true,"x",1]', [null, true, 'x', 1]],
  ['{"a":1,"A":2}', { a: 1, A: 2 }],
  ['{"":1}', { '': 1 }],
  ['{"a":{"a":{"a":1}}}', { a: { a: { a: 1 } } }],
  ['{"a":[{"b":1},{"b":1}]}', { a: [{ b: 1 }, { b: 1 }] }],
  ['{"a":{"x":1},"b":{"x":1}}', { a: { x: 1 }, b: { x: 1 } }],
  ['{"1":1,"0":0}', { 0: 0, 1: 1 }],
  [`${'['.repeat(64)}${']'.repeat(64)}`, JSON.parse(`${'['.repeat(64)}${']'.repeat(64)}`)],
];

/** A document, the place of the problem, and its words. */
const refused: readonly (readonly [string, number, number, RegExp])[] = [
  ['', 1, 1, /document is empty/],
  [' \n', 2, 1, /document is empty/],
  ['\ufeff{}', 1, 1, /byte order mark/],
  ['nul', 1, 4, /invalid value/],
  ['True', 1, 1, /invalid value/],
  ['NaN', 1, 1, /invalid value/],
  ['Infinity', 1, 1, /invalid value/],
  ['-Infinity', 1, 2, /invalid value/],
  ['undefined', 1, 1, /invalid value/],
  ["'a'", 1, 1, /invalid value/],
  ['+1', 1, 1, /invalid value/],
  ['-', 1, 2, /invalid value/],
  ['.5', 1, 1, /invalid value/],
  ['01', 1, 2, /more text/],
  ['-01', 1, 3, /more text/],
  ['0x10', 1, 2, /more text/],
  ['1_000', 1, 2, /more text/],
  ['1 2', 1, 3, /more text/],
  ['{}{}', 1, 3, /more text/],
  ['{}\u0000', 1, 3, /more text/],
  ['{}\n// comment', 2, 1, /more text/],
  ['/* comment */{}', 1, 1, /invalid value/],
  ['1.', 1, 3, /incomplete/],
  ['1e', 1, 3, /incomplete/],
  ['1.0', 1, 1, /must be an integer/],
  ['[1.5]', 1, 2, /must be an integer/],
  ['1e3', 1, 1, /must be an integer/],
  ['1E3', 1, 1, /must be an integer/],
  ['-0.0', 1, 1, /must be an integer/],
  ['1e400', 1, 1, /fit into 64 bits/],
  ['1e-400', 1, 1, /must be an integer/],
  ['18446744073709551616', 1, 1, /fit into 64 bits/],
  ['-9223372036854775809', 1, 1, /fit into 64 bits/],
  [`1${'0'.repeat(400)}`, 1, 1, /fit into 64 bits/],
  ['"a', 1, 3, /no end/],
  ['"a\nb"', 1, 3, /control character/],
  ['"\t"', 1, 2, /control character/],
  ['"\u0000"', 1, 2, /control character/],
  ['"\\u0000"', 1, 1, /must not contain nul/],
  ['{"a\\u0000":1}', 1, 2, /must not contain nul/],
  ['"\\x41"', 1, 2, /invalid escape/],
  ['"\\u00g0"', 1, 2, /invalid escape/],
  ['"\\u12"', 1, 2, /invalid escape/],
  ['"\\ud800"', 1, 2, /lone surrogate/],
  ['"\\udc00"', 1, 1, /lone surrogate/],
  ['"\\udcff"', 1, 1, /lone surrogate/],
  ['"\\ud800\\u0041"', 1, 2, /lone surrogate/],
  ['"\\ude00\\ud83d"', 1, 8, /lone surrogate/],
  ['{"\\udc00":1}', 1, 2, /lone surrogate/],
  ['"\udc80"', 1, 2, /invalid utf-8/],
  ['"é\ud800"', 1, 3, /invalid utf-8/],
  ['\udcff{}', 1, 1, /invalid utf-8/],
  ['[', 1, 2, /invalid value/],
  ['[1', 1, 3, /comma or \]/],
  ['[1,', 1, 4, /invalid value/],
  ['[1,]', 1, 4, /invalid value/],
  ['[,]', 1, 2, /invalid value/],
  ['[1 2]', 1, 4, /comma or \]/],
  ['[1}', 1, 3, /comma or \]/],
  [']', 1, 1, /invalid value/],
  ['{', 1, 2, /key is missing/],
  ['{"a"', 1, 5, /colon/],
  ['{"a":', 1, 6, /invalid value/],
  ['{"a":1', 1, 7, /comma or }/],
  ['{"a":1,}', 1, 8, /key is missing/],
  ['{a:1}', 1, 2, /key is missing/],
  ['{1:1}', 1, 2, /key is missing/],
  ['{"a" 1}', 1, 6, /colon/],
  ['{"a":1,"a":1}', 1, 8, /duplicate key "a"/],
  ['{"a":1,"\\u0061":1}', 1, 8, /duplicate key "a"/],
  ['{\n  "linux": {},\n  "b": 1,  "linux": {}\n}', 3, 12, /duplicate key "linux"/],
  ['{"x":{"a":1,"b":{},"a":2}}', 1, 20, /duplicate key "a"/],
  ['{"__proto__":1,"__proto__":2}', 1, 16, /duplicate key "__proto__"/],
  ['{"a":"\\n\\n",\n"a":1}', 2, 1, /duplicate key "a"/],
  [`${'['.repeat(65)}${']'.repeat(65)}`, 1, 65, /nested more than 64 deep/],
  ['{"é": 1.5}', 1, 7, /must be an integer/],
];

function problemOf(text: string): JsonError | undefined {
  try {
    native.parseJson(text);
  } catch (error) {
    return error as JsonError;
  }
  return undefined;
}

function withPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPrototypes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withPrototypes(item)]));
}

/** For the name of a check: ASCII only, since some characters end a line of TAP. */
function shown(text: string): string {
  const start = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return start.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

t.test('values', async (t) => {
  for (const [text, value] of accepted) t.strictSame(withPrototypes(native.parseJson(text)), value, shown(text));
  t.ok(Object.is(native.parseJson('-0'), 0), 'the integer -0 is 0');
  t.type(native.parseJson('9007199254740991'), 'number', 'the last safe integer is a number');
  t.type(native.parseJson('9007199254740992'), 'bigint', 'the next one is a bigint');
});

t.test('what is refused, and where', async (t) => {
  for (const [text, line, column, words] of refused) {
    const problem = problemOf(text);
    t.match(problem, { code: 'EJSON', line, column }, shown(text));
    t.match(problem?.message ?? '', words, `words for ${shown(text)}`);
  }
});

t.test('the message names the place', async (t) => {
  t.equal(
    problemOf('{\n  "linux": {},\n  "b": 1,  "linux": {}\n}')?.message,
    'invalid json at line 3, column 12: duplicate key "linux"',
  );
});

t.test('objects have no prototype, and every name is an ordinary key', async (t) => {
  const names = Object.getOwnPropertyNames(Object.prototype);
  t.ok(names.includes('__proto__'));
  const text = `{${names.map((name, index) => `${JSON.stringify(name)}:${index}`).join(',')}}`;
  const object = native.parseJson(text) as Record<string, unknown>;
  t.equal(Object.getPrototypeOf(object), null);
  t.same(Object.keys(object), names);
  for (const [index, name] of names.entries()) t.equal(object[name], index, name);
  t.equal(({} as Record<string, unknown>)['0'], undefined);
  const inner = native.parseJson('[{"a":{}}]') as [{ a: object }];
  t.equal(Object.getPrototypeOf(inner[0]), null);
  t.equal(Object.getPrototypeOf(inner[0].a), null);
});

t.test('a duplicate among many keys', async (t) => {
  const keys = Array.from({ length: 1000 }, (_, index) => `"key${index}":{"a":1,"b":{"c":1}}`);
  t.equal(Object.keys(native.parseJson(`{${keys.join()}}`) as object).length, 1000);
  for (const at of [0, 22, 23, 24, 25, 500, 999]) {
    t.match(problemOf(`{${keys.join()},"key${at}":1}`)?.message ?? '', `duplicate key "key${at}"`);
  }
  const nested = `{${keys.slice(0, 40).join()},"n":{${keys.slice(0, 40).join()}},"key7":1}`;
  t.match(problemOf(nested)?.message ?? '', 'duplicate key "key7"', 'after a large object inside');
});

t.test('limits', async (t) => {
  const values = (count: number) => `[${'0,'.repeat(count - 2)}0]`;
  t.equal((native.parseJson(values(200_000)) as unknown[]).length, 199_999);
  t.match(problemOf(values(200_001))?.message ?? '', /more than 200000 values/);
  t.equal((native.parseJson(`"${'a'.repeat((16 << 20) - 2)}"`) as string).length, (16 << 20) - 2);
  t.match(problemOf(`"${'a'.repeat((16 << 20) - 1)}"`)?.message ?? '', /more than 16 mib/i);
  t.match(problemOf('['.repeat(1_000_000))?.message ?? '', /nested more than 64 deep/);
  t.match(problemOf('{"a":'.repeat(1_000_000))?.message ?? '', /nested more than 64 deep/);
});

t.test('only a string is text', async (t) => {
  for (const value of [undefined, null, 1, {}, new String('{}')]) {
    t.throws(() => native.parseJson(value as string), { code: 'EINVAL', syscall: 'parseJson' });
  }
});

t.test('agrees with JSON.parse on every document of the schema vectors', async (t) => {
  const folder = new URL('../data/schema-vectors/', import.meta.url).pathname;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  t.ok(files.length > 0);
  for (const name of files) {
    const text = readFileSync(folder + name, 'utf8');
    let expected: unknown;
    try {
      expected = JSON.parse(text);
    } catch {
      t.ok(problemOf(text), name);
      continue;
    }
    if (problemOf(text) !== undefined) {
      t.match(problemOf(text)?.message ?? '', /must be an integer|64 bits/, name);
      continue;
    }
    const numbers = (_key: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
    t.equal(JSON.stringify(native.parseJson(text), numbers), JSON.stringify(expected), name);
  }
});
