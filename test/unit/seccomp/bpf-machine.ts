// Runs classic BPF as seccomp(2) does: what a filter decides about a system call, without the kernel.

/** struct seccomp_data: a system call as a filter sees it. Arguments are 64 bits wide. */
export interface Call {
  readonly arch: number;
  readonly nr: number;
  readonly args: readonly bigint[];
}

/** A filter that can be asked. */
export interface Filter {
  readonly length: number;
  readonly decide: (call: Call) => number;
}

const size = 64;

/** struct sock_filter, 8 bytes each, and struct seccomp_data are in the machine's byte order. */
export function loadFilter(program: Uint8Array, endian: 'little' | 'big'): Filter {
  const little = endian === 'little';
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const length = program.byteLength / 8;
  const code = Uint16Array.from({ length }, (_, at) => view.getUint16(8 * at, little));
  const jt = Uint8Array.from({ length }, (_, at) => view.getUint8(8 * at + 2));
  const jf = Uint8Array.from({ length }, (_, at) => view.getUint8(8 * at + 3));
  const k = Uint32Array.from({ length }, (_, at) => view.getUint32(8 * at + 4, little));
  const data = new DataView(new ArrayBuffer(size));

  function run(): number {
    let a = 0;
    for (let at = 0; at < length; at++) {
      const value = k[at] as number;
      switch (code[at]) {
        case 0x20: // ld [k]
          if (value % 4 !== 0 || value + 4 > size) throw new Error(`load of ${value}`);
          a = data.getUint32(value, little);
          break;
        case 0x54: // and #k
          a = (a & value) >>> 0;
          break;
        case 0x05: // ja
          at += value;
          break;
        case 0x15:
          at += (a === value ? jt[at] : jf[at]) as number;
          break;
        case 0x25:
          at += (a > value ? jt[at] : jf[at]) as number;
          break;
        case 0x35:
          at += (a >= value ? jt[at] : jf[at]) as number;
          break;
        case 0x45:
          at += ((a & value) !== 0 ? jt[at] : jf[at]) as number;
          break;
        case 0x06: // ret #k
          return value;
        default:
          throw new Error(`instruction ${at}: ${code[at]?.toString(16)}`);
      }
    }
    throw new Error('ran past the end');
  }

  return {
    length,
    decide: ({ arch, nr, args }) => {
      data.setUint32(0, nr, little);
      data.setUint32(4, arch, little);
      for (let index = 0; index < 6; index++) data.setBigUint64(16 + 8 * index, args[index] ?? 0n, little);
      return run();
    },
  };
}
