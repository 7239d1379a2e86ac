// Every way in which the tests of the schemas break a document: at each position of it, one change at a time. The order is fixed,
// since verdicts.json has a bit for each.

export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [key: string]: Json };

/** A document with one change, and what was changed where. */
export interface Mutation {
  readonly pointer: string;
  readonly change: string;
  readonly document: Json;
}

type Path = readonly (string | number)[];

/** A value of every type, and containers of them. */
const values: readonly Json[] = [
  ...[null, true, false, -1, 0, 1.5, '', 'x', '1', [], {}],
  ...[[null], [1], ['x'], [[]], [{}], { x: null }, { x: 1 }, { x: 'x' }, { x: [] }, { x: {} }],
];

const strays: readonly Json[] = [null, 1, 'x', {}];

/**
 * Numbers around every bound. Those above 2^53 are chosen so that a double on the same side of the bound stands for each: the
 * official schemas are judged with doubles.
 */
const numbers: readonly Json[] = [
  ...[8, 9, 15, 16, 31, 32].flatMap((bits) => [2 ** bits - 1, 2 ** bits, -(2 ** bits) - 1, -(2 ** bits)]),
  ...[-129, -128, -5, 1, 2, 7, 127, 128, 100, 101, -0.5, 0.5, 1e300, -1e300],
  ...[2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 65n, -(2n ** 65n), 2n ** 53n + 1n],
];

const keys = ['', 'unknown', '\n', '__proto__', 'constructor', 'a/b~c'];

const spellings: readonly ((text: string) => string)[] = [
  (text) => `${text}x`,
  (text) => ` ${text}`,
  (text) => `${text}\n`,
  (text) => `${text}\u{1f600}`,
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => text.slice(1),
  (text) => text.slice(0, -1),
  (text) => `${text}\n${text}`,
];

/**
 * All mutations of a document, always in the same order.
 * @param words what every string of the document is replaced by, one after the other
 */
export function* mutations(base: Json, words: readonly string[]): Generator<Mutation> {
  for (const [path, value] of positions(base, [])) {
    for (const [change, next] of changes(value, words))
      yield { pointer: pointerOf(path), change, document: replaced(base, path, next) };
    if (path.length > 0) yield { pointer: pointerOf(path), change: 'drop', document: dropped(base, path) };
  }
}

function* positions(value: Json, path: Path): Generator<readonly [Path, Json]> {
  yield [path, value];
  if (isArray(value)) for (const [index, item] of value.entries()) yield* positions(item, [...path, index]);
  else if (isObject(value)) for (const [key, item] of Object.entries(value)) yield* positions(item, [...path, key]);
}

function* changes(value: Json, words: readonly string[]): Generator<readonly [string, Json]> {
  for (const next of values) yield [`is ${JSON.stringify(next)}`, next];
  if (typeof value === 'number') for (const next of numbers) yield [`is ${next}`, next];
  if (typeof value === 'string')
    for (const next of [...spellings.map((spell) => spell(value)), ...words])
      yield [`is ${JSON.stringify(next)}`, next];
  if (isArray(value)) yield* arrayChanges(value);
  else if (isObject(value)) yield* objectChanges(value);
}

function* arrayChanges(array: readonly Json[]): Generator<readonly [string, Json]> {
  for (const [index, item] of array.entries()) yield [`repeats ${index}`, [...array, item]];
  for (const stray of strays) yield [`ends with ${JSON.stringify(stray)}`, [...array, stray]];
  yield ['is reversed', [...array].reverse()];
}

function* objectChanges(object: { readonly [key: string]: Json }): Generator<readonly [string, Json]> {
  for (const key of Object.keys(object)) {
    for (const name of [`${key}x`, key.toUpperCase(), key.toLowerCase()]) {
      yield [
        `renames ${key} to ${name}`,
        fromEntries(Object.entries(object).map(([old, item]) => [old === key ? name : old, item])),
      ];
    }
  }
  for (const [key, item] of Object.entries(object)) {
    for (const other of Object.keys(object).filter((name) => name !== key))
      yield [`has ${key} in ${other}`, { ...object, [other]: item }];
  }
  for (const key of keys) {
    for (const stray of strays) {
      yield [
        `has ${JSON.stringify(key)} ${JSON.stringify(stray)}`,
        fromEntries([...Object.entries(object), [key, stray]]),
      ];
    }
  }
}

function replaced(value: Json, path: Path, next: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return next;
  if (isArray(value)) return value.map((item, index) => (index === key ? replaced(item, rest, next) : item));
  return fromEntries(entries(value).map(([name, item]) => [name, name === key ? replaced(item, rest, next) : item]));
}

function dropped(value: Json, path: Path): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (rest.length > 0)
    return replaced(
      value,
      [key],
      dropped(isArray(value) ? value[key as number]! : entries(value).find(([name]) => name === key)![1], rest),
    );
  if (isArray(value)) return value.filter((_, index) => index !== key);
  return fromEntries(entries(value).filter(([name]) => name !== key));
}

/** Keys become the object's own whatever they are called: as JSON.parse does it, so that __proto__ is a key as any other. */
function fromEntries(list: readonly (readonly [string, Json])[]): { readonly [key: string]: Json } {
  return Object.fromEntries(list);
}

function entries(value: Json): [string, Json][] {
  return isObject(value) ? Object.entries(value) : [];
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The RFC 6901 pointer of a path. */
function pointerOf(path: Path): string {
  return path.map((key) => `/${String(key).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
}
