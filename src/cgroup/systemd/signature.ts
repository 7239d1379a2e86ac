/** The D-Bus specification, § Type System: types of a message body, one letter each or a container of them. */

/** What a value of a type is here: 64 bits are a bigint, `ay` is bytes, `v` is a {@link Variant}, a struct is an array. */
export type BusValue = number | bigint | string | boolean | Uint8Array | readonly BusValue[] | Variant;

export interface Variant {
  readonly signature: string;
  readonly value: BusValue;
}

/** Bytes to which a value is aligned. § Marshaling */
export const alignments: { readonly [letter: string]: number } = {
  y: 1,
  b: 4,
  n: 2,
  q: 2,
  i: 4,
  u: 4,
  x: 8,
  t: 8,
  d: 8,
  s: 4,
  o: 4,
  g: 1,
  h: 4,
  a: 4,
  v: 1,
  '(': 8,
  '{': 8,
};

/** § Valid Signatures: arrays and structs, 32 of each. */
export const deepest = 64;

const longest = 255;

const basic = 'ybnqixtudsogh';

/** Where the complete type at `at` ends. `inArray`: a dict entry is allowed. */
function typeEnd(signature: string, at: number, depth: number, inArray: boolean): number {
  const letter = signature[at];
  if (letter === undefined || depth > deepest) throw invalid(signature);
  if (letter === 'v' || basic.includes(letter)) return at + 1;
  if (letter === 'a') return typeEnd(signature, at + 1, depth + 1, true);
  if (letter === '(') return fieldsEnd(signature, at + 1, ')', depth);
  if (letter === '{' && inArray && basic.includes(signature[at + 1] ?? 'v')) {
    const end = typeEnd(signature, at + 2, depth + 1, false);
    if (signature[end] === '}') return end + 1;
  }
  throw invalid(signature);
}

function fieldsEnd(signature: string, first: number, last: string, depth: number): number {
  let at = first;
  do at = typeEnd(signature, at, depth + 1, false);
  while (signature[at] !== last);
  return at + 1;
}

function invalid(signature: string): Error {
  return new Error(`invalid signature "${signature}"`);
}

/** The complete types of a signature, one after the other: "sa(sv)" → ["s", "a(sv)"]. @throws Error when it is none */
export function completeTypes(signature: string): string[] {
  if (signature.length > longest) throw invalid(signature);
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = typeEnd(signature, at, 0, false);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}
