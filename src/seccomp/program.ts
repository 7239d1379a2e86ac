/**
 * An assembler for classic BPF, which seccomp(2) takes: names and encoding of linux/bpf_common.h and linux/seccomp.h. Jumps lead
 * forward only, and a conditional one by at most 255 instructions; so a program is written from its end.
 */

const BPF_LD_W_ABS = 0x20;
const BPF_ALU_AND_K = 0x54;
const BPF_JMP_JA = 0x05;
const BPF_RET_K = 0x06;

/** Conditional jumps on the accumulator: equal, greater, greater or equal (without sign), any of the bits set. */
export const JUMPS = { eq: 0x15, gt: 0x25, ge: 0x35, set: 0x45 } as const;

export type Jump = keyof typeof JUMPS;

/** BPF_MAXINSNS of linux/bpf_common.h */
export const LONGEST = 4096;

const farthest = 255;
const instructionSize = 8;

/** An instruction of a program that is being written, counted from its end. */
export type Position = number;

/** Something that is jumped to, and where the last copy of it is. `again` writes one more, for jumps that cannot reach that. */
export interface Target {
  position: Position;
  readonly again: () => Position;
}

/** A program that is being written, from its end. */
export interface Program {
  readonly length: () => number;
  /** ends with this verdict */
  readonly verdict: (value: number) => Position;
  readonly jump: (to: Position) => Position;
  /** A becomes the word at `offset` of struct seccomp_data */
  readonly load: (offset: number) => Position;
  readonly and: (mask: number) => Position;
  readonly branch: (jump: Jump, value: number, yes: Target, no: Target) => Position;
  /** the program as seccomp(2) takes it, in the byte order of the machine */
  readonly bytes: (endian: 'little' | 'big') => Uint8Array;
}

export function createProgram(): Program {
  const codes: number[] = [];
  const values: number[] = [];

  function write(code: number, value: number, yes = 0, no = 0): Position {
    values.push(value);
    return codes.push((code << 16) | (yes << 8) | no) - 1;
  }

  /** How many instructions one that is written now would skip. */
  function distance(to: Position): number {
    return codes.length - 1 - to;
  }

  function branch(jump: Jump, value: number, yes: Target, no: Target): Position {
    if (yes.position === no.position) return yes.position;
    // the copy of one moves the other farther away
    while (distance(yes.position) > farthest || distance(no.position) > farthest) {
      const far = distance(yes.position) > farthest ? yes : no;
      far.position = far.again();
    }
    return write(JUMPS[jump], value, distance(yes.position), distance(no.position));
  }

  return {
    length: () => codes.length,
    verdict: (value) => write(BPF_RET_K, value),
    jump: (to) => write(BPF_JMP_JA, distance(to)),
    load: (offset) => write(BPF_LD_W_ABS, offset),
    and: (mask) => write(BPF_ALU_AND_K, mask),
    branch,
    bytes: (endian) => encode(codes, values, endian === 'little'),
  };
}

function encode(codes: readonly number[], values: readonly number[], little: boolean): Uint8Array {
  const bytes = new Uint8Array(codes.length * instructionSize);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let position = codes.length - 1; position >= 0; position--) {
    const word = codes[position] as number;
    view.setUint16(at, word >> 16, little);
    view.setUint8(at + 2, (word >> 8) & 0xff);
    view.setUint8(at + 3, word & 0xff);
    view.setUint32(at + 4, values[position] as number, little);
    at += instructionSize;
  }
  return bytes;
}
