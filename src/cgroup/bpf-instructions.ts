/**
 * An assembler for the few instructions of eBPF that a device program is made of: names and encoding as in the kernel's
 * bpf/standardization/instruction-set.rst. Jumps of 32 bits are there since Linux 5.1.
 */

/** The instruction classes, sizes, modes, sources and operations used here. */
const BPF_LDX = 0x01;
const BPF_ALU = 0x04;
const BPF_JMP = 0x05;
const BPF_JMP32 = 0x06;
const BPF_W = 0x00;
const BPF_MEM = 0x60;
const BPF_K = 0x00;
const BPF_AND = 0x50;
const BPF_RSH = 0x70;
const BPF_MOV = 0xb0;
const BPF_X = 0x08;
const BPF_JA = 0x00;
const BPF_JSET = 0x40;
const BPF_JNE = 0x50;
const BPF_EXIT = 0x90;

/** r0 is the result, r1 the context on entry. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5;

/** struct bpf_insn of linux/bpf.h */
export interface Instruction {
  readonly code: number;
  readonly dst: Register;
  readonly src: Register;
  /** for jumps: how many instructions are skipped */
  readonly off: number;
  /** 32 bits, with or without sign */
  readonly imm: number;
}

function instruction(code: number, dst: Register, rest: Partial<Instruction> = {}): Instruction {
  return { code, dst, src: 0, off: 0, imm: 0, ...rest };
}

/** dst = *(u32 *)(src + off) */
export const loadWord = (dst: Register, src: Register, off: number): Instruction =>
  instruction(BPF_LDX | BPF_MEM | BPF_W, dst, { src, off });
/** dst = imm */
export const move = (dst: Register, imm: number): Instruction => instruction(BPF_ALU | BPF_MOV | BPF_K, dst, { imm });
/** dst = src */
export const copy = (dst: Register, src: Register): Instruction => instruction(BPF_ALU | BPF_MOV | BPF_X, dst, { src });
/** dst &= imm */
export const and = (dst: Register, imm: number): Instruction => instruction(BPF_ALU | BPF_AND | BPF_K, dst, { imm });
/** dst >>= imm, without sign */
export const shiftRight = (dst: Register, imm: number): Instruction =>
  instruction(BPF_ALU | BPF_RSH | BPF_K, dst, { imm });
/** skips `off` instructions if dst != imm */
export const jumpIfNot = (dst: Register, imm: number, off: number): Instruction =>
  instruction(BPF_JMP32 | BPF_JNE | BPF_K, dst, { imm, off });
/** skips `off` instructions if dst & imm */
export const jumpIfSet = (dst: Register, imm: number, off: number): Instruction =>
  instruction(BPF_JMP32 | BPF_JSET | BPF_K, dst, { imm, off });
/** skips `off` instructions */
export const jump = (off: number): Instruction => instruction(BPF_JMP | BPF_JA, 0, { off });
/** returns r0 */
export const exit: Instruction = instruction(BPF_JMP | BPF_EXIT, 0);

const instructionSize = 8;

/** The program as bpf(2) takes it, in the byte order of the machines that noci runs on, little-endian. */
export function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * instructionSize);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, dst, src, off, imm }] of program.entries()) {
    const at = index * instructionSize;
    view.setUint8(at, code);
    view.setUint8(at + 1, (src << 4) | dst);
    view.setInt16(at + 2, off, true);
    view.setInt32(at + 4, imm, true);
  }
  return bytes;
}
