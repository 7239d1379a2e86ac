import { alignments, type BusValue, completeTypes, deepest } from './signature.ts';
import { decodeUtf8 } from './utf8.ts';

/**
 * Bytes as values. The D-Bus specification, § Marshaling. What comes is not trusted: every length is compared with what is there, so
 * that a broken message is an Error and nothing else.
 */
export interface Reader {
  readonly view: DataView;
  readonly littleEndian: boolean;
  at: number;
  /** first byte that does not belong to what is read */
  readonly end: number;
}

export function createReader(bytes: Uint8Array, littleEndian: boolean, at: number, end: number): Reader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), littleEndian, at, end };
}

/** The position of the next `size` bytes, which are there. */
function take(reader: Reader, size: number): number {
  const { at } = reader;
  if (size > reader.end - at) throw new Error('message ends too early');
  reader.at += size;
  return at;
}

/** § Marshaling: padding is zeros. */
function align(reader: Reader, alignment: number): void {
  const missing = -reader.at & (alignment - 1);
  const at = take(reader, missing);
  for (let index = 0; index < missing; index++)
    if (reader.view.getUint8(at + index) !== 0) throw new Error('padding is not zero');
}

type Get = (view: DataView, at: number, littleEndian: boolean) => BusValue;

const numbers: { readonly [type: string]: { readonly size: number; readonly get: Get } } = {
  y: { size: 1, get: (view, at) => view.getUint8(at) },
  b: { size: 4, get: (view, at, little) => truth(view.getUint32(at, little)) },
  n: { size: 2, get: (view, at, little) => view.getInt16(at, little) },
  q: { size: 2, get: (view, at, little) => view.getUint16(at, little) },
  i: { size: 4, get: (view, at, little) => view.getInt32(at, little) },
  u: { size: 4, get: (view, at, little) => view.getUint32(at, little) },
  h: { size: 4, get: (view, at, little) => view.getUint32(at, little) },
  x: { size: 8, get: (view, at, little) => view.getBigInt64(at, little) },
  t: { size: 8, get: (view, at, little) => view.getBigUint64(at, little) },
  d: { size: 8, get: (view, at, little) => view.getFloat64(at, little) },
};

function truth(value: number): boolean {
  if (value > 1) throw new Error(`${value} is no boolean`);
  return value === 1;
}

function getNumber(reader: Reader, type: string): BusValue | undefined {
  const number = numbers[type];
  if (number === undefined) return undefined;
  align(reader, number.size);
  return number.get(reader.view, take(reader, number.size), reader.littleEndian);
}

function getBytes({ view }: Reader, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

function getText(reader: Reader, type: string): string {
  const length = Number(getNumber(reader, type === 'g' ? 'y' : 'u'));
  const at = take(reader, length);
  if (reader.view.getUint8(take(reader, 1)) !== 0) throw new Error('text does not end with NUL');
  return decodeUtf8(getBytes(reader, at, length));
}

function getArray(reader: Reader, type: string, depth: number): BusValue {
  const length = Number(getNumber(reader, 'u'));
  align(reader, alignments[type[0] ?? ''] ?? 1);
  const at = take(reader, length);
  // a copy, for what it is taken from may be a buffer for many messages
  if (type === 'y') return getBytes(reader, at, length).slice();
  const items: BusValue[] = [];
  const inner = { ...reader, at, end: at + length };
  while (inner.at < inner.end) items.push(get(inner, type, depth + 1));
  return items;
}

function getVariant(reader: Reader, depth: number): BusValue {
  const signature = getText(reader, 'g');
  const [type, ...more] = completeTypes(signature);
  if (type === undefined || more.length > 0) throw new Error(`"${signature}" is not one type`);
  return { signature, value: get(reader, type, depth + 1) };
}

function get(reader: Reader, type: string, depth: number): BusValue {
  // a signature has its own limit, but variants can be in variants
  if (depth > deepest) throw new Error('value is nested too deep');
  const letter = type[0] ?? '';
  const number = getNumber(reader, letter);
  if (number !== undefined) return number;
  if (letter === 'a') return getArray(reader, type.slice(1), depth);
  if (letter === 'v') return getVariant(reader, depth);
  if (letter === '(' || letter === '{') {
    align(reader, 8);
    return completeTypes(type.slice(1, -1)).map((field) => get(reader, field, depth + 1));
  }
  return getText(reader, letter);
}

/** One value for each complete type of the signature. @throws Error when they are not there */
export function getAll(reader: Reader, signature: string): BusValue[] {
  return completeTypes(signature).map((type) => get(reader, type, 0));
}

/** Skips the padding before what is aligned. */
export function skipPadding(reader: Reader, alignment: number): void {
  align(reader, alignment);
}
