// Calls each function of probe.cc with edges of everything: one line a result. No module of Node.js and no global of it,
// since the executable runs this too.
import { outcome, show } from './canonical.ts';

type Call = (mask: number, ...args: unknown[]) => unknown;
/** What probe.cc exports. */
export type Probe = {
  readonly [Name in
    | 'get_undefined'
    | 'get_null'
    | 'get_boolean'
    | 'get_global'
    | 'create_double'
    | 'type_of'
    | 'get_value_bool'
    | 'get_value_double'
    | 'get_value_bigint_int64'
    | 'get_value_bigint_uint64'
    | 'create_bigint_int64'
    | 'create_bigint_uint64'
    | 'create_string_utf8'
    | 'create_string_utf16'
    | 'get_value_string_utf8'
    | 'get_value_string_utf16'
    | 'create_object'
    | 'get_property'
    | 'set_property'
    | 'has_property'
    | 'get_named_property'
    | 'set_named_property'
    | 'get_element'
    | 'set_element'
    | 'create_array'
    | 'create_array_with_length'
    | 'is_array'
    | 'get_array_length'
    | 'create_function'
    | 'call_function'
    | 'define_properties'
    | 'create_error'
    | 'create_type_error'
    | 'throw_value'
    | 'is_exception_pending'
    | 'get_and_clear_last_exception'
    | 'get_last_error_info'
    | 'scopes'
    | 'many_handles'
    | 'many_scopes'
    | 'create_reference'
    | 'create_arraybuffer'
    | 'get_arraybuffer_info'
    | 'is_typedarray'
    | 'create_typedarray'
    | 'get_typedarray_info'
    | 'null_environment'
    | 'get_cb_info']: Call;
};

/** The mask's bit for an exception that is pending before the call. */
const pending = 1 << 20;

const lines: string[] = [];

function line(label: string, call: () => unknown): void {
  lines.push(`${label}: ${outcome(call)}`);
}

/** With nothing left out, with each of `count` pointers left out, and with an exception pending. */
function masked(probe: Probe, name: keyof Probe, count: number, ...args: unknown[]): void {
  const call = probe[name];
  line(name, () => call(0, ...args));
  for (let bit = 0; bit < count; bit++) line(`${name} without ${bit}`, () => call(1 << bit, ...args));
  line(`${name} pending`, () => call(pending, ...args));
  line(`${name} pending, without ${count - 1}`, () => call(pending | (1 << (count - 1)), ...args));
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Array.from(text, (character) => character.charCodeAt(0)));
}

const noop = (): void => {};

function values(): readonly (readonly [string, unknown])[] {
  const frozen = Object.freeze({ a: 1 });
  const thrower = new Proxy(
    {},
    {
      get: () => {
        throw new Error('get trap');
      },
      set: () => {
        throw new Error('set trap');
      },
      has: () => {
        throw new Error('has trap');
      },
    },
  );
  return [
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['false', false],
    ['0', 0],
    ['-0', -0],
    ['1.5', 1.5],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['2^31', 2 ** 31],
    ['2^53', 2 ** 53],
    ['1e300', 1e300],
    ['0n', 0n],
    ['bigint', 10n ** 30n],
    ['empty', ''],
    ['text', 'text'],
    ['rope', ['a', 'b'].reduce((text, part) => text + part.repeat(9000), '')],
    ['symbol', Symbol('s')],
    ['object', { a: 1 }],
    ['null prototype', Object.create(null)],
    ['frozen', frozen],
    ['array', Object.assign([1], { 2: 3 })],
    ['function', noop],
    ['class', class A {}],
    ['bound', noop.bind(null)],
    ['date', new Date(0)],
    ['regexp', /x/],
    ['error', new Error('e')],
    ['map', new Map()],
    ['boxed number', Object(1)],
    ['boxed string', Object('ab')],
    ['boxed bigint', Object(1n)],
    ['array buffer', new ArrayBuffer(4)],
    ['uint8', new Uint8Array(4)],
    ['data view', new DataView(new ArrayBuffer(4))],
    ['proxy', new Proxy({}, {})],
    ['proxy of function', new Proxy(noop, {})],
    ['proxy of array', new Proxy([1], {})],
    ['throwing proxy', thrower],
  ];
}

function ofValues(probe: Probe): void {
  for (const name of ['get_undefined', 'get_null', 'get_global', 'create_object', 'create_array'] as const)
    masked(probe, name, 1);
  masked(probe, 'get_boolean', 2, 1);
  masked(probe, 'get_boolean', 2, 0);
  for (const [name, value] of values()) {
    line(`type of ${name}`, () => probe.type_of(0, value));
    line(`bool of ${name}`, () => probe.get_value_bool(0, value));
    line(`double of ${name}`, () => probe.get_value_double(0, value));
    line(`int64 of ${name}`, () => probe.get_value_bigint_int64(0, value));
    line(`uint64 of ${name}`, () => probe.get_value_bigint_uint64(0, value));
    line(`is array ${name}`, () => probe.is_array(0, value));
    line(`length of ${name}`, () => probe.get_array_length(0, value));
    line(`is typed array ${name}`, () => probe.is_typedarray(0, value));
    line(`buffer info of ${name}`, () => probe.get_arraybuffer_info(0, value));
    line(`typed array info of ${name}`, () => probe.get_typedarray_info(0, value, 0));
    line(`utf8 of ${name}`, () => (probe.get_value_string_utf8(0, value, 10) as unknown[]).slice(0, 4));
    line(`utf16 of ${name}`, () => (probe.get_value_string_utf16(0, value, 10) as unknown[]).slice(0, 4));
    line(`reference to ${name}`, () => probe.create_reference(0, value, 1));
    line(`throw ${name}`, () => probe.throw_value(0, value));
  }
  masked(probe, 'type_of', 2, 1);
  masked(probe, 'get_value_bool', 2, true);
  masked(probe, 'get_value_double', 2, 1.25);
  masked(probe, 'get_value_bigint_int64', 3, 1n);
  masked(probe, 'get_value_bigint_uint64', 3, 1n);
  masked(probe, 'is_array', 2, []);
  masked(probe, 'get_array_length', 2, [1, 2]);
  masked(probe, 'is_typedarray', 2, new Uint8Array(1));
  masked(probe, 'throw_value', 1, 'thrown');
  masked(probe, 'is_exception_pending', 1);
  masked(probe, 'get_and_clear_last_exception', 1);
  line('last error', () => probe.get_last_error_info(0, true));
  line('null environment', () => probe.null_environment(0, {}));
}

function ofNumbers(probe: Probe): void {
  const edges = [
    0,
    -0,
    1,
    -1,
    0.1,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
  ];
  const rest = [
    2 ** 63,
    2 ** 64,
    5e-324,
    1.7976931348623157e308,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const number of [...edges, ...rest]) {
    line(`create ${number}`, () => probe.create_double(0, number));
    line(`double ${number}`, () => probe.get_value_double(0, number));
  }
  masked(probe, 'create_double', 2, 3);
  const one = 1n;
  for (const power of [0n, 1n, 30n, 31n, 32n, 33n, 52n, 53n, 54n, 62n, 63n, 64n, 65n, 127n, 128n, 200n]) {
    for (const offset of [-2n, -1n, 0n, 1n, 2n]) {
      for (const sign of [1n, -1n]) {
        const bigint = sign * (one << power) + offset;
        line(`int64 ${bigint}`, () => probe.get_value_bigint_int64(0, bigint));
        line(`uint64 ${bigint}`, () => probe.get_value_bigint_uint64(0, bigint));
      }
    }
  }
  const halves = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
  for (const low of halves) {
    for (const high of halves) {
      line(`from int64 ${low} ${high}`, () => probe.create_bigint_int64(0, low, high));
      line(`from uint64 ${low} ${high}`, () => probe.create_bigint_uint64(0, low, high));
    }
  }
  masked(probe, 'create_bigint_int64', 3, 1, 1);
  masked(probe, 'create_bigint_uint64', 3, 1, 1);
}

/** Bytes, UTF-8 or not. */
const encoded: readonly (readonly number[])[] = [
  [],
  [0x41],
  [0x41, 0, 0x42],
  [0x7f],
  [0xc2, 0x80],
  [0xc3, 0xa9],
  [0xc3, 0xbf],
  [0xc4, 0x80],
  [0xdf, 0xbf],
  [0xe0, 0xa0, 0x80],
  [0xe2, 0x82, 0xac],
  [0xed, 0x9f, 0xbf],
  [0xee, 0x80, 0x80],
  [0xef, 0xbb, 0xbf, 0x41],
  [0xef, 0xbf, 0xbd],
  [0xef, 0xbf, 0xbe],
  [0xef, 0xbf, 0xbf],
  [0xf0, 0x90, 0x80, 0x80],
  [0xf0, 0x9f, 0x98, 0x80],
  [0xf4, 0x8f, 0xbf, 0xbf],
  [0x80],
  [0xbf],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xc2],
  [0xc2, 0x41],
  [0xc3, 0xc3, 0xa9],
  [0xe0, 0x80, 0x80],
  [0xe0, 0x9f, 0xbf],
  [0xe0, 0xa0],
  [0xe2, 0x82],
  [0xe2, 0x82, 0x41],
  [0xe2, 0x41, 0x82],
  [0xed, 0xa0, 0x80],
  [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xf0, 0x90],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x9f, 0x98, 0x41],
  [0xf0, 0x9f, 0x41, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfe, 0xff],
  [0xff, 0x41, 0xff],
  [0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0xff, 0x41],
  [0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0xc3, 0xa9, 0x41],
];

const texts: readonly string[] = [
  '',
  'A',
  'A\0B',
  '\u007f',
  'é',
  'ÿ',
  'Ā',
  'é€😀',
  '😀',
  '😀😀',
  'a😀b',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '\udcff',
  '\ud800',
  '\udc00\ud800',
  'a\udc80b',
  '\ud83d',
  '\ud83d\ud83d\ude00',
  '\ude00\ud83d\ude00',
  '😀\udcff',
  'é\udcffé',
];

function ofStrings(probe: Probe): void {
  for (const list of encoded) {
    const array = new Uint8Array(list);
    line(`utf8 ${list}`, () => probe.create_string_utf8(0, array, list.length));
    line(`utf8 ${list} to its end`, () => probe.create_string_utf8(0, array, -1));
    line(`as a name ${list}`, () => {
      const object = {};
      return [probe.set_named_property(0, object, array, 1), object, probe.get_named_property(0, object, array)];
    });
    line(`as a function's name ${list}`, () => probe.create_function(0, array, list.length, 0, 0));
    line(`as a function's name ${list} to its end`, () => probe.create_function(0, array, -1, 0, 0));
  }
  for (const text of texts) {
    const units = new Uint16Array(Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)));
    line('utf16', () => probe.create_string_utf16(0, units, units.length));
    line('utf16 to its end', () => probe.create_string_utf16(0, units, -1));
    line('utf16 is it', () => (probe.create_string_utf16(0, units, units.length) as unknown[])[4] === text);
    line('utf8 length', () => probe.get_value_string_utf8(2, text, 0));
    line('utf16 length', () => probe.get_value_string_utf16(2, text, 0));
    for (let size = 0; size < text.length * 3 + 3; size++) {
      line(`utf8 ${JSON.stringify(text)} in ${size}`, () => probe.get_value_string_utf8(0, text, size));
      line(`utf16 ${JSON.stringify(text)} in ${size}`, () => probe.get_value_string_utf16(0, text, size));
    }
  }
  const half = 'x'.repeat(7);
  for (const text of ['é'.repeat(9), '€'.repeat(9), '😀'.repeat(9), `${half}😀${half}`, `${half}\ud83d${half}`]) {
    for (let size = 8; size < 24; size++) {
      line(`utf8 ${JSON.stringify(text)} in ${size}`, () => probe.get_value_string_utf8(0, text, size));
    }
  }
  const long = 'long é '.repeat(10_000);
  line('long', () => ((probe.get_value_string_utf8(0, long, 100_000) as unknown[])[4] as unknown[])[0]);
  masked(probe, 'create_string_utf8', 3, bytes('text'), 4);
  masked(probe, 'create_string_utf8', 3, bytes(''), 0);
  masked(probe, 'create_string_utf8', 3, bytes('text'), -1);
  line('utf8 too long', () => probe.create_string_utf8(0, bytes('text'), 2 ** 31));
  line('utf8 too long for nothing', () => probe.create_string_utf8(1, bytes('text'), 2 ** 31));
  masked(probe, 'create_string_utf16', 3, new Uint16Array([0x41, 0x42]), 2);
  masked(probe, 'create_string_utf16', 3, new Uint16Array(0), 0);
  line('utf16 too long', () => probe.create_string_utf16(0, new Uint16Array(1), 2 ** 31));
  masked(probe, 'get_value_string_utf8', 3, 'text', 10);
  masked(probe, 'get_value_string_utf16', 3, 'text', 10);
  line('utf8 without buffer and result', () => probe.get_value_string_utf8(6, 'text', 10));
  line('utf16 without buffer and result', () => probe.get_value_string_utf16(6, 'text', 10));
}

function strangeKeys(): readonly (readonly [string, unknown])[] {
  return [
    ['text', 'a'],
    ['empty', ''],
    ['index', '1'],
    ['number', 1],
    ['negative', -1],
    ['fraction', 1.5],
    ['-0', -0],
    ['large', 4294967295],
    ['larger', 4294967296],
    ['bigint', 1n],
    ['symbol', Symbol.iterator],
    ['null', null],
    ['undefined', undefined],
    ['boolean', true],
    ['object', { toString: () => 'a' }],
    ['array', ['a']],
    ['proto', '__proto__'],
    ['constructor', 'constructor'],
    ['length', 'length'],
    ['lone surrogate', 'x\udcff'],
    [
      'throwing',
      {
        toString: () => {
          throw new Error('key');
        },
      },
    ],
    ['symbol in an object', Object(Symbol.iterator)],
    ['no key', { toString: () => ({}), valueOf: () => ({}) }],
  ];
}

/** Fresh for each test, since they are written to. */
function targets(): readonly (readonly [string, object])[] {
  class Parent {
    get inherited(): string {
      return `inherited by ${this.constructor.name}`;
    }
    set a(value: unknown) {
      Reflect.defineProperty(this, 'written', { value, configurable: true, enumerable: true });
    }
  }
  const fixed = { a: 1 };
  Object.defineProperty(fixed, 'a', { writable: false });
  const accessors = {
    get a(): never {
      throw new TypeError('getter');
    },
    set a(_value) {
      throw new RangeError('setter');
    },
  };
  return [
    ['object', { a: 1, 1: 'one' }],
    ['null prototype', Object.assign(Object.create(null), { a: 1 })],
    ['array', ['zero', 'one']],
    ['inheriting', new Parent()],
    ['frozen', Object.freeze({ a: 1 })],
    ['frozen array', Object.freeze([1])],
    ['sealed', Object.seal({ b: 1 })],
    ['read only', fixed],
    ['inheriting read only', Object.create(fixed)],
    ['getter only', Object.defineProperty({}, 'a', { get: () => 'got', configurable: true })],
    ['throwing accessors', accessors],
    ['typed array', new Uint8Array(2)],
    ['refusing proxy', new Proxy({ a: 1 }, { set: () => false, has: () => false })],
    [
      'throwing proxy',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('get');
          },
          set: () => {
            throw new Error('set');
          },
          has: () => {
            throw new Error('has');
          },
        },
      ),
    ],
    ['function', () => 1],
  ];
}

function ofProperties(probe: Probe): void {
  const primitives: readonly unknown[] = [undefined, null, true, 5, 5n, 'text', Symbol('s')];
  for (const [key, name] of strangeKeys()) {
    for (const [target, object] of targets()) {
      line(`has ${key} in ${target}`, () => probe.has_property(0, object, name));
      line(`get ${key} of ${target}`, () => probe.get_property(0, object, name));
      line(`set ${key} of ${target}`, () => probe.set_property(0, object, name, 7));
      if (target !== 'throwing proxy') line(`${target} after ${key}`, () => object);
    }
    for (const primitive of primitives) {
      line(`has ${key} in ${String(primitive)}`, () => probe.has_property(0, primitive, name));
      line(`get ${key} of ${String(primitive)}`, () => probe.get_property(0, primitive, name));
      line(`set ${key} of ${String(primitive)}`, () => probe.set_property(0, primitive, name, 7));
    }
  }
  for (const name of [
    'a',
    '',
    '0',
    '1',
    '01',
    '4294967294',
    '4294967295',
    'length',
    'inherited',
    '__proto__',
    '\xc3\xa9',
  ]) {
    for (const [target, object] of targets()) {
      if (name !== '__proto__')
        line(`get named ${name} of ${target}`, () => probe.get_named_property(0, object, bytes(name)));
      line(`set named ${name} of ${target}`, () => probe.set_named_property(0, object, bytes(name), null));
      if (target !== 'throwing proxy') line(`${target} after ${name}`, () => object);
    }
    for (const primitive of name === '__proto__' ? [] : primitives) {
      line(`get named ${name} of ${String(primitive)}`, () => probe.get_named_property(0, primitive, bytes(name)));
      line(`set named ${name} of ${String(primitive)}`, () => probe.set_named_property(0, primitive, bytes(name), 1));
    }
  }
  for (const index of [0, 1, 2, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1]) {
    for (const [target, object] of targets()) {
      line(`get element ${index} of ${target}`, () => probe.get_element(0, object, index));
      line(`set element ${index} of ${target}`, () => probe.set_element(0, object, index, 'set'));
      if (target !== 'throwing proxy') line(`${target} after element ${index}`, () => Object.entries(object));
    }
    for (const primitive of primitives) {
      line(`get element ${index} of ${String(primitive)}`, () => probe.get_element(0, primitive, index));
      line(`set element ${index} of ${String(primitive)}`, () => probe.set_element(0, primitive, index, 1));
    }
  }
  // Names of UTF-8 and of the same bytes as Latin-1 are two.
  const both = Object.fromEntries([
    ['\u00c3\u00a9', 'two characters'],
    ['\u00e9', 'one'],
  ]);
  line('name in utf-8', () => probe.get_named_property(0, both, bytes('\xc3\xa9')));
  masked(probe, 'get_property', 3, { a: 1 }, 'a');
  masked(probe, 'set_property', 3, {}, 'a', 1);
  masked(probe, 'has_property', 3, { a: 1 }, 'a');
  masked(probe, 'get_named_property', 3, { a: 1 }, bytes('a'));
  masked(probe, 'set_named_property', 3, {}, bytes('a'), 1);
  line('set named without name on undefined', () => probe.set_named_property(2, undefined, bytes('a'), 1));
  line('get named without name on undefined', () => probe.get_named_property(2, undefined, bytes('a')));
  masked(probe, 'get_element', 3, [1], 0);
  masked(probe, 'set_element', 3, [1], 0, 1);
}

function ofArrays(probe: Probe): void {
  for (const length of [0, 1, 2, 7, 1000, -1, 2 ** 31, 2 ** 32, 2 ** 32 + 5]) {
    line(`array of ${length}`, () => {
      const [status, , , , array] = probe.create_array_with_length(0, length) as [number, 0, 0, 0, unknown[]];
      return [status, array.length, 0 in array, Object.keys(array)];
    });
  }
  masked(probe, 'create_array_with_length', 2, 2);
  line('filled in order', () => {
    const array = (probe.create_array_with_length(0, 3) as unknown[])[4] as unknown[];
    for (const index of [0, 1, 2, 3]) probe.set_element(0, array, index, index);
    return array;
  });
  line('filled backwards', () => {
    const array = (probe.create_array_with_length(0, 3) as unknown[])[4] as unknown[];
    for (const index of [2, 0]) probe.set_element(0, array, index, index);
    array.push('pushed');
    return array;
  });
  line('pushed to', () => {
    const array = (probe.create_array_with_length(0, 2) as unknown[])[4] as unknown[];
    array.push('pushed');
    return [array, JSON.stringify(array)];
  });
  line('integer-like keys', () => {
    const object = (probe.create_object(0) as unknown[])[4] as object;
    for (const key of ['b', '2', 'a', '1', '-1', '01', '4294967295', '10']) probe.set_property(0, object, key, key);
    return Object.keys(object);
  });
}

function ofFunctions(probe: Probe): void {
  const make = (index: number): Call => (probe.create_function(0, bytes('made'), 4, index, 42) as unknown[])[4] as Call;
  const [echo, thrower, caller, catcher, reader] = [0, 1, 2, 3, 4].map(make) as [Call, Call, Call, Call, Call];
  masked(probe, 'create_function', 5, bytes('made'), 4, 0, 0);
  masked(probe, 'create_function', 5, bytes('made'), -1, 0, 0);
  line('named too long', () => probe.create_function(0, bytes('made'), 2 ** 31, 0, 0));
  line('named by part', () => probe.create_function(0, bytes('made'), 2, 0, 0));
  line('named by nothing', () => probe.create_function(0, bytes('made'), 0, 0, 0));
  line('name', () => Object.getOwnPropertyDescriptor(echo, 'name'));
  line('length', () => Object.getOwnPropertyDescriptor(echo, 'length'));
  for (const [name, receiver] of values()) {
    line(`called on ${name}`, () => (echo as unknown as { call: Call }).call(receiver as number, 1));
    line(`${name} called`, () => probe.call_function(0, undefined, receiver, []));
    line(`call_function on ${name}`, () => probe.call_function(0, receiver, echo, []));
    line(`thrown ${name}`, () => thrower(receiver as number, 'returned'));
    line(`thrown ${name} through`, () => probe.call_function(0, null, thrower, [receiver, 'returned']));
    line(`thrown ${name} caught`, () => catcher(thrower as unknown as number, receiver));
  }
  const unbound = echo;
  line('without receiver', () => unbound(1));
  for (let count = 0; count < 12; count++) {
    const args = Array.from({ length: count }, (_, index) => index);
    line(`${count} arguments`, () => echo(...(args as [number])));
    line(`${count} arguments out`, () => probe.call_function(0, {}, (...rest: unknown[]) => rest, args));
    line(`${count} arguments out and in`, () => probe.call_function(0, {}, echo, args));
  }
  line('5000 arguments', () =>
    probe.call_function(0, {}, (...rest: unknown[]) => rest.length, new Array(5000).fill(1)),
  );
  masked(probe, 'call_function', 4, {}, () => 'result', [1]);
  masked(probe, 'call_function', 4, {}, () => 'result', []);
  masked(probe, 'call_function', 4, {}, echo, [1]);
  line('cb info', () => probe.get_cb_info(1, 2));
  line('cb info of nothing', () => (probe.get_cb_info as () => unknown)());
  line('caller', () => caller(((x: number) => x + 1) as unknown as number, 1));
  line('caller of what throws', () =>
    caller(
      (() => {
        throw new SyntaxError('thrown');
      }) as unknown as number,
      1,
    ),
  );
  line('reader of undefined', () => reader(undefined as unknown as number));
  line('reader of getter', () =>
    reader({
      get property(): never {
        throw new Error('in getter');
      },
    } as unknown as number),
  );
  const deep = (depth: number): unknown =>
    depth === 0 ? thrower('deep' as unknown as number) : caller(deep as unknown as number, depth - 1);
  line('deep', () => deep(20));
  const caught = (depth: number): unknown =>
    depth === 0 ? thrower('deep' as unknown as number) : catcher(caught as unknown as number, depth - 1);
  line('deep and caught', () => caught(20));
  const endless = (): unknown => caller(endless as unknown as number, 0);
  line('endless recursion', () => {
    try {
      endless();
      return 'ended';
    } catch (error) {
      return (error as Error).name;
    }
  });
  line('after that', () => echo(1));
  line('many functions', () => {
    const all = Array.from({ length: 1000 }, (_, index) => make(index % 5));
    return [all.length, all[500]?.(1), all[995]?.(2)];
  });
}

function ofDefinitions(probe: Probe): void {
  const key = Symbol('key');
  for (const attributes of [0, 1, 2, 3, 4, 5, 6, 7]) {
    for (const kind of [0, 1, 2, 3, 4]) {
      line(`define ${kind} ${attributes}`, () => {
        const object: Record<string, unknown> = {};
        const made = probe.define_properties(0, object, bytes('name'), kind, attributes, 'value');
        return [made, object, kind === 1 ? typeof object.name : 0];
      });
      line(`define ${kind} ${attributes} again`, () => {
        const object = { name: 'old' };
        return [probe.define_properties(0, object, bytes('name'), kind, attributes, 'value'), object];
      });
      line(`define ${kind} ${attributes} on frozen`, () => {
        const object = Object.freeze({ name: 'old' });
        return [probe.define_properties(0, object, bytes('name'), kind, attributes, 'value'), object];
      });
      line(`define ${kind} ${attributes} on closed`, () => {
        const object = Object.preventExtensions({});
        return [probe.define_properties(0, object, bytes('name'), kind, attributes, 'value'), object];
      });
    }
  }
  line('defined getter', () => {
    const object: Record<string, unknown> = {};
    probe.define_properties(0, object, bytes('name'), 2, 0);
    return (object.name as unknown[]).slice(0, 2);
  });
  line('defined setter', () => {
    const object: Record<string, unknown> = {};
    probe.define_properties(0, object, bytes('name'), 3, 0);
    object.name = 'set';
  });
  line('defined method', () => {
    const object: Record<string, unknown> = {};
    probe.define_properties(0, object, bytes('name'), 1, 4);
    return (object.name as Call)(1, 2);
  });
  for (const name of ['text', key, '1', '']) {
    line(`define by ${String(name)}`, () => {
      const object = {};
      return [probe.define_properties(0, object, name, 0, 7, 1), object];
    });
  }
  for (const name of [1, null, undefined, true])
    line(`define by ${name}`, () => probe.define_properties(0, {}, name, 0, 7, 1));
  for (const target of [undefined, null, 1, 'text']) {
    line(`define on ${target}`, () => probe.define_properties(0, target, bytes('name'), 0, 7, 1));
  }
  line('define on throwing proxy', () =>
    probe.define_properties(
      0,
      new Proxy(
        {},
        {
          defineProperty: () => {
            throw new Error('define');
          },
        },
      ),
      bytes('name'),
      0,
      7,
      1,
    ),
  );
  line('define on refusing proxy', () =>
    probe.define_properties(0, new Proxy({}, { defineProperty: () => false }), bytes('name'), 0, 7, 1),
  );
  line('define nothing', () => probe.define_properties(2, {}, bytes('name'), 5, 0));
  line('define nothing on undefined', () => probe.define_properties(2, undefined, bytes('name'), 5, 0));
  masked(probe, 'define_properties', 2, {}, bytes('name'), 0, 7, 1);
}

function ofErrors(probe: Probe): void {
  const shown = (answer: unknown): unknown => {
    const error = (answer as unknown[])[4];
    if (!(error instanceof Error)) return answer;
    return [
      (answer as unknown[]).slice(0, 4),
      error.constructor.name,
      error.message,
      Object.getOwnPropertyDescriptor(error, 'message'),
      Object.getOwnPropertyDescriptor(error, 'code'),
      Object.keys(error),
      typeof error.stack,
      Object.prototype.toString.call(error),
    ];
  };
  for (const name of ['create_error', 'create_type_error'] as const) {
    const create = probe[name];
    for (const message of ['', 'message', 'é\udcff', 'long '.repeat(1000), 1, undefined, null, {}, Symbol('s')]) {
      line(`${name} ${show(message)}`, () => shown(create(1, undefined, message)));
      line(`${name} ECODE ${show(message)}`, () => shown(create(0, 'ECODE', message)));
      line(`${name} 1 ${show(message)}`, () => shown(create(0, 1, message)));
    }
    for (let mask = 0; mask < 8; mask++) line(`${name} ${mask}`, () => shown(create(mask, 'ECODE', 'message')));
    line(`${name} pending`, () => shown(create(pending, 'ECODE', 'message')));
  }
}

function ofScopes(probe: Probe): void {
  line('scopes', () => probe.scopes(0, { kept: 1 }));
  for (const count of [10, 1000, 1024, 1100, 200_000]) line(`${count} handles`, () => probe.many_handles(0, count));
  line('many scopes', () => probe.many_scopes(0, 300_000));
  for (const count of [1, 2, 4294967295])
    line(`reference ${count}`, () => probe.create_reference(0, { kept: count }, count));
  masked(probe, 'create_reference', 3, { kept: 1 }, 1);
}

const arrays = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

function ofBinary(probe: Probe): void {
  for (const length of [0, 1, 7, 4096, 100_000]) {
    line(`array buffer ${length}`, () => {
      const answer = probe.create_arraybuffer(0, length) as [number, 0, 0, 0, ArrayBuffer];
      return [answer[0], answer[4].byteLength, new Uint8Array(answer[4]).reduce((sum, byte) => sum + byte, 0)];
    });
  }
  masked(probe, 'create_arraybuffer', 3, 4);
  masked(probe, 'get_arraybuffer_info', 3, new ArrayBuffer(6));
  const buffer = new Uint8Array(Array.from({ length: 64 }, (_, index) => index + 1)).buffer;
  for (let type = -1; type < 14; type++) {
    for (const [length, offset] of [
      [0, 0],
      [1, 0],
      [2, 8],
      [1, 1],
      [1, 2],
      [1, 4],
      [8, 0],
      [64, 0],
      [65, 0],
      [0, 64],
      [1, 64],
      [0, 65],
      [0, 72],
      [2 ** 31, 0],
    ] as const) {
      line(`typed array ${type} ${length} ${offset}`, () => probe.create_typedarray(0, type, length, buffer, offset));
    }
    line(`typed array ${type} of nothing`, () => probe.create_typedarray(0, type, 0, undefined, 0));
    line(`typed array ${type} of an array`, () => probe.create_typedarray(0, type, 0, new Uint8Array(8), 0));
  }
  masked(probe, 'create_typedarray', 5, 1, 4, buffer, 0);
  for (const make of arrays) {
    const size = make.BYTES_PER_ELEMENT;
    line(`info of ${make.name}`, () => probe.get_typedarray_info(0, new make(buffer), 0));
    line(`info of part of ${make.name}`, () => probe.get_typedarray_info(0, new make(buffer, size * 2, 3), 0));
    line(`info of subarray of ${make.name}`, () => probe.get_typedarray_info(0, new make(buffer).subarray(1, 3), 0));
    line(`info of empty ${make.name}`, () => probe.get_typedarray_info(0, new make(0), 0));
    line(`info of ${make.name} from the end`, () => probe.get_typedarray_info(0, new make(buffer, 64), 0));
    line(`info of ${make.name} of its own`, () => probe.get_typedarray_info(0, new make(3), 0));
  }
  class Special extends Uint8Array {}
  line('info of subclass', () => probe.get_typedarray_info(0, new Special(3), 0));
  masked(probe, 'get_typedarray_info', 6, new Uint8Array(3), 0);
}

/** `probe` is the addon, `detach` what the host has for detaching an array buffer. */
export function run(probe: Probe, detach?: (buffer: ArrayBuffer) => void): string[] {
  ofValues(probe);
  ofNumbers(probe);
  ofStrings(probe);
  ofProperties(probe);
  ofArrays(probe);
  ofFunctions(probe);
  ofDefinitions(probe);
  ofErrors(probe);
  ofScopes(probe);
  ofBinary(probe);
  if (detach !== undefined) {
    const array = new Uint8Array(8);
    detach(array.buffer);
    line('info of detached', () => probe.get_typedarray_info(0, array, 1));
    line('info of detached buffer', () => probe.get_arraybuffer_info(0, array.buffer));
    line('typed array of detached, longer', () => probe.create_typedarray(0, 1, 1, array.buffer, 0));
  }
  return lines;
}
