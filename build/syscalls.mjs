// Makes src/seccomp/syscall-table.ts: the numbers of system calls, from the kernel's own headers.
// usage: syscalls.mjs UAPI…     folders usr/lib/linux/uapi of Debian's package linux-libc-dev (6.12 or newer, any architecture):
//
//     apt-get download linux-libc-dev && dpkg-deb -x linux-libc-dev_*.deb headers
//     node build/syscalls.mjs headers/usr/lib/linux/uapi
//
// Of several folders the later ones win. A call that a later kernel has no name for any more keeps its number, and so does an
// architecture: that of 31-bit programs on s390 is in Linux 6.12 and gone in 7.2, so the table is made of both.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Table → its headers, and what stands for the number that all of its calls are counted from. */
const tables = {
  x86_64: ['x86/asm/unistd_64.h'],
  x86: ['x86/asm/unistd_32.h'],
  x32: ['x86/asm/unistd_x32.h'],
  aarch64: ['arm64/asm/unistd_64.h'],
  arm: ['arm/asm/unistd-eabi.h', 'arm/asm/unistd.h'],
  loongarch64: ['loongarch/asm/unistd_64.h'],
  m68k: ['m68k/asm/unistd_32.h'],
  mips: ['mips/asm/unistd_o32.h'],
  mips64: ['mips/asm/unistd_n64.h'],
  mips64n32: ['mips/asm/unistd_n32.h'],
  parisc: ['parisc/asm/unistd_32.h'],
  parisc64: ['parisc/asm/unistd_64.h'],
  ppc: ['powerpc/asm/unistd_32.h'],
  ppc64: ['powerpc/asm/unistd_64.h'],
  riscv64: ['riscv/asm/unistd_64.h'],
  s390: ['s390/asm/unistd_32.h'],
  s390x: ['s390/asm/unistd_64.h'],
  sh: ['sh/asm/unistd_32.h'],
};

/** What the headers count from; src/seccomp/architectures.ts adds it again. That of ARM's private calls stays. */
const bases = { __ARM_NR_BASE: 0xf0000, __NR_SYSCALL_BASE: 0, __NR_Linux: 0, __X32_SYSCALL_BIT: 0 };

/** Names in the headers that are no calls. */
const notCalls = new Set([
  'syscalls',
  'Linux',
  'SYSCALL_BASE',
  'OABI_SYSCALL_BASE',
  'SYSCALL_MASK',
  'BASE',
  'syscall_base',
]);

const line = /^#define __(?:ARM_)?NR_(\w+)\s+\(?(?:(\w+)\s*\+\s*)?(0x[0-9a-f]+|\d+)\)?\s*$/gim;

function read(path) {
  if (!existsSync(path)) return [];
  return [...readFileSync(path, 'utf8').matchAll(line)]
    .filter(([, name]) => !notCalls.has(name) && !/^(Linux|(reserved|unused)\d)/.test(name))
    .map(([, name, base, number]) => [name, (base === undefined ? 0 : bases[base]) + Number(number)]);
}

const folders = process.argv.slice(2);
if (folders.length === 0) throw new Error('usage: syscalls.mjs UAPI…');
const numbers = {};
for (const [table, headers] of Object.entries(tables)) {
  const found = folders.flatMap((folder) => headers.flatMap((header) => read(join(folder, header))));
  if (found.length === 0) throw new Error(`no header of ${table} in ${folders.join(', ')}`);
  if (found.some(([, number]) => !Number.isSafeInteger(number))) throw new Error(`${table}: a number that is none`);
  numbers[table] = new Map(found);
}

// The order of the first table, and after it by name: most are used on most machines.
const first = [...numbers.x86_64.keys()].sort((one, other) => numbers.x86_64.get(one) - numbers.x86_64.get(other));
const all = new Set(Object.values(numbers).flatMap((table) => [...table.keys()]));
const names = [...first, ...[...all].filter((name) => !numbers.x86_64.has(name)).sort()];

function literal(words, separator, indent) {
  const lines = [];
  let text = '';
  for (const word of words) {
    if (indent.length + text.length + word.length > 112) {
      lines.push(text);
      text = '';
    }
    text += word + separator;
  }
  lines.push(text.slice(0, -1));
  return lines.map((one) => `${indent}'${one}'`).join(' +\n');
}

const body = Object.entries(numbers).map(([table, known]) => {
  const words = names.map((name) => String(known.get(name) ?? -1));
  while (words.at(-1) === '-1') words.pop();
  return `  ${table}:\n${literal(words, ',', '    ')},\n`;
});
writeFileSync(
  'src/seccomp/syscall-table.ts',
  `// Made by build/syscalls.mjs from the kernel's headers. Do not edit.

/** Every name of a system call, in the order of the numbers below. */
export const syscallNames: string =
${literal(names, ' ', '  ')};

/** Table of numbers → the number of each name, counted from where the architecture begins to count; -1 where it has no such call. */
export const syscallNumbers = {
${body.join('')}} as const;
`,
);
console.log(`${names.length} names, ${Object.keys(numbers).length} tables`);
