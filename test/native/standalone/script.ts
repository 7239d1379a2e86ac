// Calls the functions of noci's addon with edges of everything: one line a result. No module of Node.js and no global of
// it, since the executable runs this too. Nothing that it asks for changes the machine.
import type { Native } from '../../../src/native/contract.ts';
import { outcome } from './canonical.ts';

/** With arguments that are not those of the contract. */
type Any = { readonly [Name in keyof Native]-?: (...args: unknown[]) => unknown };

const here = -100;
const lines: string[] = [];

function line(label: string, call: () => unknown): void {
  lines.push(`${label}: ${outcome(call)}`);
}

const wrong: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['text', '/nowhere/text'],
  ['other text', 'nowhere/1'],
  ['fraction', 0.5],
  ['-1', -1],
  ['-101', -101],
  ['-0', -0],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['2^31', 2 ** 31],
  ['2^32', 2 ** 32],
  ['2^53', 2 ** 53],
  ['bigint', 1n],
  ['symbol', Symbol('s')],
  ['object', {}],
  ['array', []],
  ['function', () => 1],
  ['boxed', Object(1)],
  ['boxed text', Object('text')],
];

/** Functions and how many arguments they take. Those that would end or change the process are not here. */
const functions: readonly (readonly [keyof Native, number])[] = [
  ['open', 4],
  ['openat2', 5],
  ['readText', 3],
  ['writeControl', 3],
  ['stat', 3],
  ['changeTime', 2],
  ['statfs', 1],
  ['readlink', 2],
  ['mkdir', 3],
  ['rename', 4],
  ['getenv', 1],
  ['chdir', 1],
  ['isatty', 1],
  ['poll', 2],
  ['parseJson', 1],
  ['openTree', 3],
  ['idmapTree', 3],
  ['sendFd', 3],
  ['sendPlan', 2],
  ['spawnInit', 1],
  ['connect', 1],
  ['connectDatagram', 1],
  ['bindDatagram', 2],
  ['pidfdOpen', 1],
  ['pidfdGetfd', 2],
  ['blake2b', 1],
  ['attachDeviceProgram', 2],
  ['devicePrograms', 1],
  ['deviceProgramTag', 1],
  ['lsetxattr', 3],
  ['fgetxattr', 3],
  ['inotifyAdd', 3],
  ['inotifyRemove', 2],
  ['pidfdExit', 1],
  ['seccompReceive', 1],
  ['seccompContinue', 2],
  ['writeSome', 2],
  ['tcgetattr', 1],
  ['tcsetattr', 3],
  ['tcgetwinsize', 1],
  ['tcsetwinsize', 2],
  ['tryFeature', 2],
];

/** Right up to the argument that is wrong, so that each is refused by its own check. */
const right: { readonly [name: string]: readonly unknown[] } = {
  open: [here, '/nowhere', 0, 0],
  openat2: [here, '/nowhere', 0, 0, 0],
  readText: [here, '/nowhere', 10],
  writeControl: [here, '/nowhere', 'text'],
  stat: [here, '/nowhere', 0],
  changeTime: [here, '/nowhere'],
  statfs: ['/nowhere'],
  readlink: [here, '/nowhere'],
  mkdir: [here, '/nowhere/at/all', 0],
  rename: [here, '/nowhere', here, '/nowhere'],
  getenv: ['NOWHERE'],
  chdir: ['/nowhere'],
  isatty: [1_000_000],
  writeSome: [1_000_000, new Uint8Array(1)],
  tcgetattr: [1_000_000],
  tcsetattr: [1_000_000, { iflag: 0, oflag: 0, cflag: 0, lflag: 0, controls: new Uint8Array(32) }, true],
  tcgetwinsize: [1_000_000],
  tcsetwinsize: [1_000_000, { rows: 1, columns: 1, xpixel: 0, ypixel: 0 }],
  poll: [[], 0],
  parseJson: ['1'],
  openTree: [here, '/nowhere', false],
  idmapTree: [1_000_000, 1_000_000, false],
  sendFd: [1_000_000, 'text', 0],
  sendPlan: [1_000_000, []],
  spawnInit: [{}],
  connect: ['/nowhere'],
  connectDatagram: ['/nowhere'],
  bindDatagram: [1_000_000, 'nowhere'],
  pidfdOpen: [2 ** 31 - 1],
  pidfdGetfd: [1_000_000, 0],
  blake2b: ['text'],
  attachDeviceProgram: [1_000_000, new Uint8Array(8)],
  devicePrograms: [1_000_000],
  deviceProgramTag: [new Uint8Array(7)],
  lsetxattr: ['/nowhere', 'user.noci', 'text'],
  fgetxattr: [1_000_000, 'user.noci', 10],
  inotifyAdd: [1_000_000, '/nowhere', 0x100],
  inotifyRemove: [1_000_000, 1],
  pidfdExit: [1_000_000],
  seccompReceive: [1_000_000],
  seccompContinue: [1_000_000, 1n],
  tryFeature: ['seccomp_filter', '0'],
};

function ofArguments(native: Any): void {
  for (const [name, count] of functions) {
    const call = native[name];
    const good = right[name] as readonly unknown[];
    for (let missing = 0; missing <= count; missing++) {
      line(`${name} with ${missing}`, () => call(...good.slice(0, missing)));
    }
    line(`${name} with more`, () => call(...good, 1, 2, 3, 4, 5, 6, 7, 8));
    for (let at = 0; at < count; at++) {
      for (const [label, value] of wrong) {
        // What would be tried for real, and differs by what is open.
        const tried = label === '-0' || (label === '-1' && name === 'poll');
        if (!tried) line(`${name} ${at} ${label}`, () => call(...good.slice(0, at), value, ...good.slice(at + 1)));
      }
    }
  }
}

/** Names of one part each, none of which exists. */
const names: readonly string[] = [
  'é€😀',
  '\udcff',
  'a\udc80b',
  '\udcc3\udca9',
  '\udced\udca0\udc80',
  '\ud800',
  'x\udc7f',
  '\udd00',
  '\ud83d\udcff',
  'nul\0',
  '\ufffd',
  '\ufffd\udcff',
  'long'.repeat(60),
  'long'.repeat(2000),
];

function ofText(native: Any): void {
  for (const name of names) {
    line(`stat ${JSON.stringify(name)}`, () => native.stat(here, `/nowhere-${name}`, 0));
    line(`open ${JSON.stringify(name)}`, () => native.open(here, `/nowhere-${name}`, 0, 0));
    line(`readlink ${JSON.stringify(name)}`, () => native.readlink(here, `/nowhere-${name}`));
    line(`getenv ${JSON.stringify(name)}`, () => native.getenv(name));
  }
  line('empty name', () => native.stat(here, '', 0));
  line('error', () => {
    try {
      return native.open(here, '/nowhere\udcff', 0, 0);
    } catch (error) {
      const own = error as Error & { code: string };
      return [
        own instanceof Error,
        Object.keys(own),
        Object.getOwnPropertyDescriptors(own).code,
        Object.getOwnPropertyDescriptors(own).message,
        own.name,
        String(own),
        typeof own.stack,
        JSON.stringify(own),
      ];
    }
  });
}

function ofBytes(native: Any): void {
  const [reader, writer] = native.pipe() as [number, number];
  const large = new Uint8Array(Array.from({ length: 300 }, (_, index) => index & 255));
  const written: readonly (readonly [string, unknown])[] = [
    ['text', 'text é€😀'],
    ['bytes as text', 'a\udc80\udcff\udcc3'],
    ['nul', 'a\0b'],
    ['lone surrogate', 'a\ud800'],
    ['empty text', ''],
    ['bytes', large],
    ['subarray', large.subarray(3, 7)],
    ['part', new Uint8Array(large.buffer, 250, 10)],
    ['empty', new Uint8Array(0)],
    ['empty part', large.subarray(300)],
    ['array', [1, 2]],
    ['buffer', large.buffer],
    ['view', new DataView(large.buffer)],
    ['clamped', new Uint8ClampedArray(2)],
    ['signed', new Int8Array(2)],
    ['wide', new Uint16Array(2)],
    ['floats', new Float64Array(2)],
    ['bigints', new BigInt64Array(2)],
    ['subclass', new (class Special extends Uint8Array {})([1, 2])],
    ['array-like', { length: 1, 0: 1 }],
  ];
  for (const [label, data] of written) {
    line(`write ${label}`, () => native.write(writer, data));
    native.write(writer, '.');
    line(`read ${label}`, () => native.read(reader, 400));
  }
  native.write(writer, 'abc');
  for (const length of [0, 1, 2 ** 30 + 1, -1, 0.5, 100]) line(`read ${length}`, () => native.read(reader, length));
  native.write(writer, large);
  line('bytes read', () => {
    const bytes = native.read(reader, 300) as Uint8Array;
    return [bytes.constructor === Uint8Array, bytes.byteOffset, bytes.byteLength, bytes.buffer.byteLength];
  });
  line('eventfd', () => {
    const fd = native.eventfd() as number;
    native.write(fd, new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0]));
    const bytes = native.read(fd, 8) as Uint8Array;
    native.close(fd);
    return bytes;
  });
  native.setNonblocking(reader, true);
  line('nothing to read', () => native.read(reader, 1));
  line('poll', () =>
    native.poll(
      [
        { fd: reader, events: 1 },
        { fd: writer, events: 4 },
      ],
      0,
    ),
  );
  native.close(writer);
  line('end', () => native.read(reader, 10));
  native.close(reader);
}

function ofArrays(native: Any): void {
  const lists: readonly (readonly [string, unknown])[] = [
    ['hole', Object.assign([{ fd: 0, events: 0 }], { length: 2 })],
    ['sparse', Object.assign([], { 5: { fd: 0, events: 0 } })],
    ['array-like', { length: 1, 0: { fd: 0, events: 0 } }],
    ['text', 'text'],
    ['typed array', new Uint8Array(2)],
    ['set', new Set([1])],
    ['proxy', new Proxy([{ fd: 0, events: 0 }], {})],
    ['null element', [null]],
    ['number element', [1]],
    ['function element', [() => 1]],
    ['array element', [[]]],
    ['missing field', [{ fd: 0 }]],
    ['inherited field', [Object.create({ fd: 0, events: 70_000 })]],
    ['hidden field', [Object.defineProperty({ events: 70_000 }, 'fd', { value: 0 })]],
    ['null prototype', [Object.assign(Object.create(null), { fd: -1 })]],
    ['second is wrong', [{ fd: 1_000_000, events: 0 }, { fd: 'x' }]],
    [
      'throwing getter',
      [
        {
          get fd(): never {
            throw new SyntaxError('getter');
          },
        },
      ],
    ],
    [
      'throwing a string',
      [
        {
          get fd(): never {
            throw 'text';
          },
        },
      ],
    ],
    [
      'throwing undefined',
      [
        {
          get fd(): never {
            throw undefined;
          },
        },
      ],
    ],
    [
      'throwing proxy',
      [
        new Proxy(
          {},
          {
            get: () => {
              throw new RangeError('trap');
            },
          },
        ),
      ],
    ],
  ];
  for (const [label, list] of lists) line(`poll ${label}`, () => native.poll(list, 0));
  const growing: unknown[] = [];
  growing.push({
    get fd() {
      growing.length = 0;
      return 1_000_000;
    },
    events: 0,
  });
  growing.push({ fd: 1_000_000, events: 0 });
  line('poll shrinking', () => native.poll(growing, 0));
  line('poll many', () => (native.poll(new Array(3000).fill({ fd: 1_000_000, events: 1 }), 0) as number[]).length);
}

const steps: readonly unknown[] = [
  undefined,
  null,
  'mount',
  {},
  { step: 1 },
  { step: 'nothing' },
  { step: 'ready' },
  { step: 'ready', more: 1 },
  { step: 'umask' },
  { step: 'umask', mask: '1' },
  { step: 'umask', mask: 1.5 },
  { step: 'umask', mask: 2 ** 53 },
  { step: 'umask', mask: -(2 ** 53) + 1 },
  { step: 'umask', mask: 2n ** 64n - 1n },
  { step: 'umask', mask: 2n ** 64n },
  { step: 'umask', mask: -(2n ** 63n) },
  { step: 'umask', mask: -(2n ** 63n) - 1n },
  { step: 'umask', mask: 2n ** 200n },
  { step: 'umask', mask: -(2n ** 64n) },
  { step: 'sethostname', name: 'x\0' },
  { step: 'sethostname', name: 'x\ud800' },
  { step: 'sethostname', name: 'x\udcff' },
  { step: 'cgroup_join', tasks: 'text' },
  { step: 'cgroup_join', tasks: [0, '1'] },
  { step: 'cgroup_join', tasks: [0, -1] },
  { step: 'environment', entries: ['a', null], uid: 0 },
  { step: 'memory_policy', mode: 1, nodes: [1, 2n, 'x'] },
  Object.create({ step: 'ready' }),
];

function ofPlans(native: Any): void {
  for (const [index, step] of steps.entries()) {
    line(`plan ${index}`, () => native.sendPlan(1_000_000, [step]));
    line(`plan ${index} second`, () => native.sendPlan(1_000_000, [{ step: 'ready' }, step]));
  }
  line('plan of many', () => native.sendPlan(1_000_000, new Array(100_000).fill({ step: 'umask', mask: 18 })));
  line('description', () => Object.entries((native.describe() as { steps: object }).steps));
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

const documents: readonly string[] = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1',
  '-1',
  '2147483647',
  '2147483648',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '-9007199254740991',
  '-9007199254740992',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '18446744073709551615',
  '18446744073709551616',
  '1.0',
  '1e3',
  '01',
  '+1',
  '',
  ' ',
  '"\\u00e9\\ud83d\\ude00\\u0000"',
  '"\\ud800"',
  '"\\udc00"',
  '"é€😀\ufffd"',
  '"\udcff"',
  '"\ud800"',
  '"a\0"',
  '"a\n"',
  '"\\x"',
  '"open',
  '[]',
  '{}',
  '[1,]',
  '{"a":1,}',
  '{"a":1,"a":2}',
  '{"a":{"a":1},"b":{"a":1}}',
  '{"b":1,"2":2,"a":3,"1":4,"-1":5,"01":6,"4294967295":7,"":8}',
  '{"__proto__":1,"constructor":2,"toString":3,"hasOwnProperty":4}',
  '{"__proto__":{"x":1}}',
  '{"é":1,"\\u00e9":2}',
  '{"é":1,"Ã©":2}',
  '{"a":[{"b":[{"c":null}]}]}',
  ' {"a" : [ 1 , 2 ] } ',
  '{} x',
  '{}\0',
  '\ufeff{}',
  'nul',
  '[1 2]',
  nested(64),
  nested(65),
  nestedObjects(64),
  nestedObjects(65),
];

function ofJson(native: Any): void {
  for (const [index, text] of documents.entries()) line(`json ${index}`, () => native.parseJson(text));
  const many = `[${'1,'.repeat(199_998)}1]`;
  line('json of 200k values', () => (native.parseJson(many) as unknown[]).length);
  line('json of too many', () => native.parseJson(`[${'1,'.repeat(200_000)}1]`));
  const keys = Array.from({ length: 5000 }, (_, index) => `"key${index}":${index}`).join();
  line('json of many keys', () => Object.keys(native.parseJson(`{${keys}}`) as object).length);
  line('json with a late duplicate', () => native.parseJson(`{${keys},"key17":1}`));
  line('prototype', () => Object.getPrototypeOf(native.parseJson('{}') as object));
  line('attributes', () => Object.getOwnPropertyDescriptors(native.parseJson('{"a":1}') as object));
  line('long text', () => (native.parseJson(JSON.stringify('é'.repeat(100_000))) as string).length);
}

function ofFunctions(native: Any): void {
  const names = Object.keys(native).filter((name) => name !== 'cold' && name !== 'hostLibraries');
  line('names', () => names);
  for (const name of names) {
    const call = native[name as keyof Native];
    line(`function ${name}`, () => [typeof call, call.name, call.length]);
  }
  const { getpid } = native;
  line('without receiver', () => getpid() === native.getpid());
  line('with receivers', () =>
    [null, 1, 'x', native].map((receiver) => native.geteuid.call(receiver) === native.geteuid()),
  );
  line('as a callback', () => ['NOWHERE', 'NOWHERE'].map((native as unknown as Native).getenv));
  line('types', () => [typeof native.monotonic(), typeof native.realtime(), typeof native.boundingSet()]);
  line('stat', () => Object.entries(native.stat(here, '/', 0) as object).map(([key, value]) => [key, typeof value]));
  line('blake2b', () =>
    [0, 1, 127, 128, 129, 1000].map((size) => (native as unknown as Native).blake2b(new Uint8Array(size).fill(size))),
  );
  line('uname', () => Object.keys(native.uname() as object));
  for (let round = 0; round < 2000; round++) native.stat(here, '/nowhere', 0);
  line('after many calls', () => native.statfs('/nowhere'));
  line('many errors', () => {
    let errors = 0;
    for (let round = 0; round < 2000; round++) {
      try {
        native.open(here, '/nowhere', 0, 0);
      } catch {
        errors++;
      }
    }
    return errors;
  });
}

export function run(native: Native): string[] {
  const any = native as unknown as Any;
  ofFunctions(any);
  ofArguments(any);
  ofText(any);
  ofBytes(any);
  ofArrays(any);
  ofPlans(any);
  ofJson(any);
  return lines;
}
