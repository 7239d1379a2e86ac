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

/** Something that is jumped to. Where a jump cannot reach it one more copy is written, which is where the next ones lead. */
export interface Target {
  position: Position;
  /** it is nothing but this verdict, and so is a copy; undefined: a copy is a jump to what is meant, */
  readonly verdict: number | undefined;
  /** which is here */
  readonly first: Position;
}

/** A program that is being written, from its end. */
export interface Program {
  readonly length: () => number;
  /** ends with this verdict */
  readonly verdict: (value: number) => Position;
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

  function write(code: number, value: number): Position {
    values.push(value);
    return codes.push(code << 16) - 1;
  }

  function verdict(value: number): Position {
    return write(BPF_RET_K, value);
  }

  function copy({ verdict: value, first }: Target): Position {
    return value === undefined ? write(BPF_JMP_JA, codes.length - 1 - first) : verdict(value);
  }

  function branch(jump: Jump, value: number, yes: Target, no: Target): Position {
    if (yes.position === no.position) return yes.position;
    // how many instructions it skips
    let toYes = codes.length - 1 - yes.position;
    let toNo = codes.length - 1 - no.position;
    // the copy of one moves the other farther away
    while (toYes > farthest || toNo > farthest) {
      const far = toYes > farthest ? yes : no;
      far.position = copy(far);
      toYes = codes.length - 1 - yes.position;
      toNo = codes.length - 1 - no.position;
    }
    values.push(value);
    return codes.push((JUMPS[jump] << 16) | (toYes << 8) | toNo) - 1;
  }

  return {
    length: () => codes.length,
    verdict,
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
    // struct sock_filter: __u16 code, __u8 jt, __u8 jf, __u32 k
    view.setUint32(at, little ? (word >>> 16) | ((word & 0xff00) << 8) | (word << 24) : word, little);
    view.setUint32(at + 4, values[position] as number, little);
    at += instructionSize;
  }
  return bytes;
}
