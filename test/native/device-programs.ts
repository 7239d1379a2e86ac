// Device programs of somebody else's, loaded and attached without noci: bpf(2) by koffi.
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const syscall = koffi.load('libc.so.6').func('long syscall(long, long, void *, long)');
const SYS_bpf = process.arch === 'arm64' ? 280 : 321;

/** bpf(2) with 32-bit words at their offsets and pointers, as [offset, buffer]. */
function bpf(command: number, words: Record<number, number>, pointers: readonly (readonly [number, Buffer])[] = []) {
  const attribute = Buffer.alloc(128);
  for (const [offset, word] of Object.entries(words)) attribute.writeUInt32LE(word, Number(offset));
  for (const [offset, buffer] of pointers) attribute.writeBigUInt64LE(BigInt(koffi.address(buffer)), offset);
  return { result: Number(syscall(SYS_bpf, command, attribute, attribute.length)), attribute };
}

const BPF_CGROUP_DEVICE = 6;
export const BPF_F_ALLOW_MULTI = 2;

/** Ids of the programs that are attached to a cgroup: BPF_PROG_QUERY. */
export function attached(cgroup: number): number[] {
  const ids = Buffer.alloc(64 * 4);
  const { result, attribute } = bpf(16, { 0: cgroup, 4: BPF_CGROUP_DEVICE, 24: 64 }, [[16, ids]]);
  if (result !== 0) throw new Error('BPF_PROG_QUERY');
  return Array.from({ length: attribute.readUInt32LE(24) }, (_, index) => ids.readUInt32LE(index * 4));
}

/** A program that denies everything, attached with `flags`. */
export function attachForeign(cgroup: number, flags: number): void {
  const code = Buffer.from('b4000000000000009500000000000000', 'hex');
  const { result: loaded } = bpf(5, { 0: 15, 4: code.length / 8 }, [
    [8, code],
    [16, Buffer.from('GPL\0')],
  ]);
  if (loaded < 0) throw new Error('BPF_PROG_LOAD');
  const { result } = bpf(8, { 0: cgroup, 4: loaded, 8: BPF_CGROUP_DEVICE, 12: flags });
  closeSync(loaded);
  if (result !== 0) throw new Error('BPF_PROG_ATTACH');
}

/** Takes away the program of this id. */
export function detach(cgroup: number, id: number): void {
  const { result: program } = bpf(13, { 0: id });
  if (program < 0) throw new Error('BPF_PROG_GET_FD_BY_ID');
  const { result } = bpf(9, { 0: cgroup, 4: program, 8: BPF_CGROUP_DEVICE });
  closeSync(program);
  if (result !== 0) throw new Error('BPF_PROG_DETACH');
}

/** What `use` does with the directory of a cgroup. */
export function withDirectory<T>(path: string, use: (cgroup: number) => T): T {
  const cgroup = openSync(path, 'r');
  try {
    return use(cgroup);
  } finally {
    closeSync(cgroup);
  }
}
