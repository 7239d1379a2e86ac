import { alignments, type BusValue, completeTypes, type Variant } from './signature.ts';
import { encodeUtf8 } from './utf8.ts';

/** Values as bytes, little-endian. The D-Bus specification, § Marshaling */

const scratch = new DataView(new ArrayBuffer(8));

/** How many bytes a number has, and how it gets into them. */
const numbers: { readonly [type: string]: { readonly size: number; readonly put: (value: BusValue) => void } } = {
  y: { size: 1, put: (value) => scratch.setUint8(0, Number(value)) },
  b: { size: 4, put: (value) => scratch.setUint32(0, value === true ? 1 : 0, true) },
  n: { size: 2, put: (value) => scratch.setInt16(0, Number(value), true) },
  q: { size: 2, put: (value) => scratch.setUint16(0, Number(value), true) },
  i: { size: 4, put: (value) => scratch.setInt32(0, Number(value), true) },
  u: { size: 4, put: (value) => scratch.setUint32(0, Number(value), true) },
  x: { size: 8, put: (value) => scratch.setBigInt64(0, BigInt(value as number | bigint), true) },
  t: { size: 8, put: (value) => scratch.setBigUint64(0, BigInt(value as number | bigint), true) },
  d: { size: 8, put: (value) => scratch.setFloat64(0, Number(value), true) },
};

/** Zeros up to the next multiple. */
export function pad(bytes: number[], alignment: number): void {
  while (bytes.length % alignment !== 0) bytes.push(0);
}

function putNumber(bytes: number[], type: string, value: BusValue): boolean {
  const number = numbers[type];
  if (number === undefined) return false;
  pad(bytes, number.size);
  number.put(value);
  for (let index = 0; index < number.size; index++) bytes.push(scratch.getUint8(index));
  return true;
}

/** § Marshaling: no string holds a NUL. */
function putText(bytes: number[], type: string, text: string): void {
  if (text.includes('\0')) throw new Error('text holds a NUL');
  const encoded = encodeUtf8(text);
  putNumber(bytes, type === 'g' ? 'y' : 'u', encoded.length);
  // not as arguments: a long text would not fit on the stack
  for (const byte of encoded) bytes.push(byte);
  bytes.push(0);
}

function putArray(bytes: number[], type: string, items: Iterable<BusValue>): void {
  putNumber(bytes, 'u', 0);
  const lengthAt = bytes.length - 4;
  // the padding before the first item is not counted
  pad(bytes, alignments[type[0] ?? ''] ?? 1);
  const start = bytes.length;
  for (const item of items) put(bytes, type, item);
  scratch.setUint32(0, bytes.length - start, true);
  for (let index = 0; index < 4; index++) bytes[lengthAt + index] = scratch.getUint8(index);
}

function putVariant(bytes: number[], { signature, value }: Variant): void {
  if (completeTypes(signature).length !== 1) throw new Error(`"${signature}" is not one type`);
  putText(bytes, 'g', signature);
  put(bytes, signature, value);
}

function put(bytes: number[], type: string, value: BusValue): void {
  const letter = type[0] ?? '';
  if (putNumber(bytes, letter, value)) return;
  if (letter === 's' || letter === 'o' || letter === 'g') putText(bytes, letter, String(value));
  else if (letter === 'a') putArray(bytes, type.slice(1), value as readonly BusValue[] | Uint8Array);
  else if (letter === 'v') putVariant(bytes, value as Variant);
  else if (letter === '(' || letter === '{') {
    pad(bytes, 8);
    putAll(bytes, type.slice(1, -1), value as readonly BusValue[]);
  } else throw new Error(`type "${type}" is not sent`);
}

/** Appends one value for each complete type of the signature. */
export function putAll(bytes: number[], signature: string, values: readonly BusValue[]): void {
  const types = completeTypes(signature);
  if (types.length !== values.length) throw new Error(`${values.length} values for the signature "${signature}"`);
  for (const [index, type] of types.entries()) put(bytes, type, values[index] as BusValue);
}
