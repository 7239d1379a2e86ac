// The program against a model of the v1 controller, both run in here: an interpreter of the few instructions that there are.
import t from 'tap';
import { deviceList } from '../../../src/cgroup/device-list.ts';
import { deviceProgram } from '../../../src/cgroup/device-program.ts';
import { type DeviceRule, deviceRules } from '../../../src/cgroup/device-rules.ts';
import { type Access, generateRules, letters, mask, model, random } from './device-model.ts';

/** Runs a program on struct bpf_cgroup_dev_ctx; throws on anything but the instructions by their opcodes. */
function run(program: Uint8Array, { type, major, minor, letters }: Access): number {
  const context = [(mask(letters) << 16) | (type === 'b' ? 1 : 2), major, minor];
  const registers = [Number.NaN, 0, Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  for (let at = 0; at < program.length; at += 8) {
    const code = view.getUint8(at);
    const dst = view.getUint8(at + 1) & 15;
    const src = view.getUint8(at + 1) >> 4;
    const off = view.getInt16(at + 2, true);
    const imm = view.getUint32(at + 4, true);
    const value = registers[dst] as number;
    if (off < 0) throw new Error('a jump backwards');
    if (code === 0x61 && src === 1 && off % 4 === 0) registers[dst] = context[off / 4] as number;
    else if (code === 0xb4) registers[dst] = imm;
    else if (code === 0xbc) registers[dst] = registers[src] as number;
    else if (code === 0x54) registers[dst] = (value & imm) >>> 0;
    else if (code === 0x74) registers[dst] = value >>> imm;
    else if (code === 0x56) at += value !== imm ? off * 8 : 0;
    else if (code === 0x46) at += (value & imm) !== 0 ? off * 8 : 0;
    else if (code === 0x05) at += off * 8;
    else if (code === 0x95) return registers[0] as number;
    else throw new Error(`instruction 0x${code.toString(16)}`);
  }
  throw new Error('the end without a verdict');
}

const numbers = [0, 1, 3, 5, 136, 200, 4095, 0xffffffff];

function* accesses(): Generator<Access> {
  for (const type of ['b', 'c'] as const)
    for (const major of numbers)
      for (const minor of numbers) for (const text of letters) yield { type, major, minor, letters: text };
}

/** The accesses that a program judges otherwise than the model. */
function disagreements(rules: readonly DeviceRule[]): Access[] {
  const program = deviceProgram(deviceList(rules));
  const controller = model(rules);
  return [...accesses()].filter((access) => run(program, access) !== (controller.permits(access) ? 1 : 0));
}

t.test('a thousand lists of rules: as the controller of v1', async (t) => {
  const next = random(20261121);
  const lists = Array.from({ length: 1000 }, () => generateRules(next));
  const wrong = lists.flatMap((rules) => disagreements(rules).map((access) => ({ rules, access })));
  t.strictSame(wrong.slice(0, 1), []);
  const outcomes = lists.map((rules) => [...accesses()].filter((access) => model(rules).permits(access)).length);
  t.ok(new Set(outcomes).size > 100, `${new Set(outcomes).size} different outcomes`);
});

function judge(
  rules: Parameters<typeof deviceRules>[0],
): (type: 'b' | 'c', ...access: [number, number, string]) => number {
  const program = deviceProgram(deviceList(deviceRules(rules)));
  return (type, major, minor, text) => run(program, { type, major, minor, letters: text });
}

t.test('what runc spec asks for: the default devices, nodes of all, nothing else', async (t) => {
  const verdict = judge([{ allow: false, access: 'rwm' }]);
  for (const [major, minor] of [
    [1, 3],
    [1, 5],
    [1, 7],
    [1, 8],
    [1, 9],
    [5, 0],
    [5, 2],
    [136, 7],
    [10, 200],
  ] as const)
    t.equal(verdict('c', major, minor, 'rwm'), 1, `${major}:${minor}`);
  t.equal(verdict('c', 1, 1, 'm'), 1);
  t.equal(verdict('b', 8, 0, 'm'), 1);
  for (const text of ['r', 'w', 'rm']) t.equal(verdict('c', 1, 1, text), 0, text);
  t.equal(verdict('b', 1, 3, 'r'), 0, 'a block device with the numbers of null');
});

t.test('a denied right is denied in company too', async (t) => {
  const verdict = judge([
    { allow: true, access: 'rwm' },
    { allow: false, type: 'b', major: 8, minor: 0, access: 'w' },
  ]);
  t.equal(verdict('b', 8, 0, 'r'), 1);
  t.equal(verdict('b', 8, 0, 'w'), 0);
  t.equal(verdict('b', 8, 0, 'rw'), 0, 'open(O_RDWR)');
  t.equal(verdict('b', 8, 1, 'rw'), 1);
});

t.test('the program byte for byte', async (t) => {
  const hex = (program: Uint8Array) => Buffer.from(program).toString('hex').match(/.{16}/g);
  const prologue = [
    '6112000000000000', // r2 = *(u32 *)(r1 + 0)
    'bc23000000000000', // w3 = w2
    '54020000ffff0000', // w2 &= 0xffff
    '7403000010000000', // w3 >>= 16
    '6114040000000000', // r4 = *(u32 *)(r1 + 4)
    '6115080000000000', // r5 = *(u32 *)(r1 + 8)
  ];
  t.strictSame(hex(deviceProgram({ allow: true, exceptions: [], holes: [] })), [
    ...prologue,
    'b400000001000000', // w0 = 1
    '9500000000000000', // exit
  ]);
  const exception = { type: 'c', major: 1, minor: undefined, access: 2, index: 0 } as const;
  t.strictSame(hex(deviceProgram({ allow: false, exceptions: [exception], holes: [] }))?.slice(6), [
    '5602040002000000', // if w2 != 2 goto +4
    '5604030001000000', // if w4 != 1 goto +3
    '4603020005000000', // if w3 & 5 goto +2
    'b400000001000000', // w0 = 1
    '9500000000000000', // exit
    'b400000000000000', // w0 = 0
    '9500000000000000', // exit
  ]);
});
