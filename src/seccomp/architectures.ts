import type { Arch } from '../oci/types.ts';

/** How programs of one kind make system calls. */
export interface Architecture {
  /** AUDIT_ARCH_*: what the kernel says of a call. linux/audit.h */
  readonly audit: number;
  /** of an argument that is compared: x32 and n32 have pointers of 32 bits in registers of 64 */
  readonly bits: 32 | 64;
  readonly endian: 'little' | 'big';
  /** its numbers in syscall-table.ts, and what they are counted from */
  readonly table: string;
  readonly base: number;
}

/** X32_SYSCALL_BIT of asm/unistd.h: an x32 program is one of x86-64 whose numbers have this bit. */
export const X32_BIT = 0x40000000;

const little = 'little';
const big = 'big';

/** `linux.seccomp.architectures` → what it stands for. The endianness of SH is libseccomp's: SH little, SHEB big. */
export const ARCHITECTURES: Readonly<Record<Arch, Architecture>> = {
  SCMP_ARCH_X86: { audit: 0x40000003, bits: 32, endian: little, table: 'x86', base: 0 },
  SCMP_ARCH_X86_64: { audit: 0xc000003e, bits: 64, endian: little, table: 'x86_64', base: 0 },
  SCMP_ARCH_X32: { audit: 0xc000003e, bits: 32, endian: little, table: 'x32', base: X32_BIT },
  SCMP_ARCH_ARM: { audit: 0x40000028, bits: 32, endian: little, table: 'arm', base: 0 },
  SCMP_ARCH_AARCH64: { audit: 0xc00000b7, bits: 64, endian: little, table: 'aarch64', base: 0 },
  SCMP_ARCH_LOONGARCH64: { audit: 0xc0000102, bits: 64, endian: little, table: 'loongarch64', base: 0 },
  SCMP_ARCH_M68K: { audit: 0x00000004, bits: 32, endian: big, table: 'm68k', base: 0 },
  SCMP_ARCH_MIPS: { audit: 0x00000008, bits: 32, endian: big, table: 'mips', base: 4000 },
  SCMP_ARCH_MIPS64: { audit: 0x80000008, bits: 64, endian: big, table: 'mips64', base: 5000 },
  SCMP_ARCH_MIPS64N32: { audit: 0xa0000008, bits: 32, endian: big, table: 'mips64n32', base: 6000 },
  SCMP_ARCH_MIPSEL: { audit: 0x40000008, bits: 32, endian: little, table: 'mips', base: 4000 },
  SCMP_ARCH_MIPSEL64: { audit: 0xc0000008, bits: 64, endian: little, table: 'mips64', base: 5000 },
  SCMP_ARCH_MIPSEL64N32: { audit: 0xe0000008, bits: 32, endian: little, table: 'mips64n32', base: 6000 },
  SCMP_ARCH_PARISC: { audit: 0x0000000f, bits: 32, endian: big, table: 'parisc', base: 0 },
  SCMP_ARCH_PARISC64: { audit: 0x8000000f, bits: 64, endian: big, table: 'parisc64', base: 0 },
  SCMP_ARCH_PPC: { audit: 0x00000014, bits: 32, endian: big, table: 'ppc', base: 0 },
  SCMP_ARCH_PPC64: { audit: 0x80000015, bits: 64, endian: big, table: 'ppc64', base: 0 },
  SCMP_ARCH_PPC64LE: { audit: 0xc0000015, bits: 64, endian: little, table: 'ppc64', base: 0 },
  SCMP_ARCH_RISCV64: { audit: 0xc00000f3, bits: 64, endian: little, table: 'riscv64', base: 0 },
  SCMP_ARCH_S390: { audit: 0x00000016, bits: 32, endian: big, table: 's390', base: 0 },
  SCMP_ARCH_S390X: { audit: 0x80000016, bits: 64, endian: big, table: 's390x', base: 0 },
  SCMP_ARCH_SH: { audit: 0x4000002a, bits: 32, endian: little, table: 'sh', base: 0 },
  SCMP_ARCH_SHEB: { audit: 0x0000002a, bits: 32, endian: big, table: 'sh', base: 0 },
};

/** uname(2) → what the runtime, a program of 64 bits, is. Under personality(2) LINUX32 the kernel says i686 and armv8l. */
const machines: Readonly<Record<string, Arch>> = {
  x86_64: 'SCMP_ARCH_X86_64',
  i686: 'SCMP_ARCH_X86_64',
  aarch64: 'SCMP_ARCH_AARCH64',
  armv8l: 'SCMP_ARCH_AARCH64',
  loongarch64: 'SCMP_ARCH_LOONGARCH64',
  ppc64: 'SCMP_ARCH_PPC64',
  ppc64le: 'SCMP_ARCH_PPC64LE',
  riscv64: 'SCMP_ARCH_RISCV64',
  s390x: 'SCMP_ARCH_S390X',
};

/** The architecture of this machine, undefined for one that no filter can be made for. */
export function nativeArchitecture(machine: string): Arch | undefined {
  return Object.hasOwn(machines, machine) ? machines[machine] : undefined;
}
