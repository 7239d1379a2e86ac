// Values as text that is the same in every engine: what differs between V8 and QuickJS without meaning anything here
// (the words of an engine's own errors, stacks) is left out, everything else is in.

export type Show = (value: unknown) => string;

function shownError(error: Error, seen: readonly unknown[]): string {
  const own = Object.keys(error).map((key) => `${key}=${shown(Reflect.get(error, key), seen)}`);
  const ours = own.length > 0 || error.name === 'Error';
  return `${error.name}(${[ours ? JSON.stringify(error.message) : '…', ...own].join(' ')})`;
}

function shownProperty(object: object, key: string | symbol, seen: readonly unknown[]): string {
  const property = Object.getOwnPropertyDescriptor(object, key);
  if (property === undefined) return `${String(key)}?`;
  const readOnly = property.writable === false ? 'r' : '';
  const attributes = `${readOnly}${property.enumerable ? '' : 'h'}${property.configurable ? '' : 'f'}`;
  const accessor = property.get !== undefined || property.set !== undefined;
  const value = accessor ? `<${property.get ? 'get' : ''}${property.set ? 'set' : ''}>` : shown(property.value, seen);
  const name = typeof key === 'symbol' ? key.toString() : JSON.stringify(key);
  return `${name}${attributes === '' ? '' : `[${attributes}]`}:${value}`;
}

function shownArray(array: readonly unknown[], seen: readonly unknown[]): string {
  const items: string[] = [];
  const end = Math.min(array.length, 40);
  for (let i = 0; i < end; i++) items.push(i in array ? shown(array[i], seen) : 'hole');
  return `[${items.join(',')}${array.length > end ? `,… ${array.length}` : ''}]`;
}

function shownObject(object: object, seen: readonly unknown[]): string {
  if (seen.includes(object)) return '<cycle>';
  const inside = [...seen, object];
  if (object === globalThis) return '<global>';
  if (Object.hasOwn(object, 'constructor') && object.constructor.prototype === object) {
    return `<prototype of ${object.constructor.name}>`;
  }
  if (object instanceof Error) return shownError(object, inside);
  if (Array.isArray(object)) return shownArray(object, inside);
  if (object instanceof ArrayBuffer) return `ArrayBuffer(${new Uint8Array(object).join(' ')})`;
  if (ArrayBuffer.isView(object))
    return `${object.constructor.name}(${Array.from(object as Uint8Array, (item) => shown(item)).join(' ')})`;
  const prototype = Object.getPrototypeOf(object);
  const kind = prototype === null ? 'null ' : prototype === Object.prototype ? '' : `${prototype.constructor.name} `;
  return `${kind}{${Reflect.ownKeys(object)
    .map((key) => shownProperty(object, key, inside))
    .join(',')}}`;
}

function shown(value: unknown, seen: readonly unknown[] = []): string {
  switch (typeof value) {
    case 'string':
      return value.length > 200 ? `${JSON.stringify(value.slice(0, 60))}… ${value.length}` : JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return `function ${JSON.stringify(value.name)} ${value.length}`;
    case 'object':
      return value === null ? 'null' : shownObject(value, seen);
    default:
      return String(value);
  }
}

export const show: Show = (value) => shown(value);

/** What a call gives or throws. */
export function outcome(call: () => unknown): string {
  try {
    return show(call());
  } catch (error) {
    return `throws ${show(error)}`;
  }
}
