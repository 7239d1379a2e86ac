import { pad, putAll } from './marshal.ts';
import { type BusValue, completeTypes, type Variant } from './signature.ts';
import { createReader, getAll, skipPadding } from './unmarshal.ts';

/** The D-Bus specification, § Message Protocol. */

const protocolVersion = 1;
const littleEndian = 0x6c;
const bigEndian = 0x42;

/** § Message Types */
export const METHOD_CALL = 1;
export const METHOD_RETURN = 2;
export const ERROR = 3;
export const SIGNAL = 4;

/** § Header Fields: code → type */
const fieldTypes: { readonly [code: number]: string } = {
  1: 'o',
  2: 's',
  3: 's',
  4: 's',
  5: 'u',
  6: 's',
  7: 's',
  8: 'g',
  9: 'u',
};

/** A method call without anything that a reply or a signal needs. */
export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** of the body */
  readonly signature?: string;
  readonly body?: readonly BusValue[];
}

/** What came, its body still in bytes: most of it is not for us. */
export interface Message {
  readonly type: number;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly errorName: string;
  readonly replySerial: number;
  readonly sender: string;
  readonly signature: string;
  /** the values of the body. @throws Error when they are not what the signature says */
  body(): readonly BusValue[];
}

/** More than systemd needs for its longest answer; a message that claims more is refused before it is read. */
const largest = 1 << 20;

/** A call must fit into an empty socket buffer, so that writing it never waits for a reader. unix(7), socket(7) § wmem_default */
const largestCall = 64 << 10;

const fixedLength = 16;

/** The bytes of a call. @throws Error when it is too large */
export function encodeCall(call: MethodCall, serial: number): Uint8Array {
  const signature = call.signature ?? '';
  const body: number[] = [];
  putAll(body, signature, call.body ?? []);
  const fields: (readonly [number, Variant])[] = [
    [1, { signature: 'o', value: call.path }],
    [2, { signature: 's', value: call.interface }],
    [3, { signature: 's', value: call.member }],
    [6, { signature: 's', value: call.destination }],
  ];
  if (signature !== '') fields.push([8, { signature: 'g', value: signature }]);
  const bytes: number[] = [];
  putAll(bytes, 'yyyyuua(yv)', [littleEndian, METHOD_CALL, 0, protocolVersion, body.length, serial, fields]);
  pad(bytes, 8);
  if (bytes.length + body.length > largestCall) throw new Error(`message ${call.member} is too large`);
  return Uint8Array.from([...bytes, ...body]);
}

function isLittleEndian(mark: number | undefined): boolean {
  if (mark !== littleEndian && mark !== bigEndian) throw new Error('message has no byte order');
  return mark === littleEndian;
}

/** How long the message is that begins with these bytes; undefined: more of them are needed. @throws Error when it is none */
export function messageLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < fixedLength) return undefined;
  const little = isLittleEndian(bytes[0]);
  if (bytes[3] !== protocolVersion) throw new Error(`message has protocol version ${bytes[3]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = view.getUint32(4, little);
  const fields = view.getUint32(12, little);
  const length = fixedLength + fields + (-fields & 7) + body;
  if (length > largest) throw new Error(`message of ${length} bytes is too large`);
  return length;
}

/** The header fields by their code. One that nobody knows is ignored, as the specification wants it. */
function headerFields(list: BusValue): Map<number, BusValue> {
  const fields = new Map<number, BusValue>();
  for (const [code, field] of list as readonly (readonly [number, Variant])[]) {
    const type = fieldTypes[code];
    if (type === undefined) continue;
    if (field.signature !== type) throw new Error(`header field ${code} has type "${field.signature}"`);
    fields.set(code, field.value);
  }
  return fields;
}

/** Reads one whole message. @throws Error when it is none */
export function decodeMessage(bytes: Uint8Array): Message {
  const little = isLittleEndian(bytes[0]);
  const reader = createReader(bytes, little, 0, bytes.length);
  const [, type, , , bodyLength, serial, list] = getAll(reader, 'yyyyuua(yv)');
  skipPadding(reader, 8);
  if (serial === 0 || bytes.length - reader.at !== bodyLength) throw new Error('message has no valid header');
  const fields = headerFields(list as BusValue);
  const text = (code: number) => (fields.get(code) as string | undefined) ?? '';
  const signature = text(8);
  const bodyAt = reader.at;
  return {
    type: type as number,
    path: text(1),
    interface: text(2),
    member: text(3),
    errorName: text(4),
    replySerial: (fields.get(5) as number | undefined) ?? 0,
    sender: text(7),
    signature,
    body: () => {
      // of its own: the body's alignment counts from the start of the message, which is the same, for the header is a multiple of 8
      const inner = createReader(bytes, little, bodyAt, bytes.length);
      const values = getAll(inner, signature);
      if (inner.at !== inner.end) throw new Error('message is longer than its signature says');
      return values;
    },
  };
}

/** The one value of a body of exactly this type. @throws Error */
export function single(message: Message, type: string): BusValue {
  const [value] = expect(message, type);
  return value as BusValue;
}

/** The values of a body of exactly this signature. @throws Error */
export function expect(message: Message, signature: string): readonly BusValue[] {
  if (message.signature !== signature || completeTypes(signature).length === 0)
    throw new Error(`answer has signature "${message.signature}", not "${signature}"`);
  return message.body();
}
