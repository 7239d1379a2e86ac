import type { Architecture } from './architectures.ts';
import { syscallNames, syscallNumbers } from './syscall-table.ts';

/** What system calls are called and numbered. A table is read when it is asked for. */
export interface Numbers {
  /** the index of a name in every table, undefined for what is no system call anywhere */
  readonly indexOf: (name: string) => number | undefined;
  /** decimal numbers by index, counted from the architecture's base; what is no number stands for a call that it does not have */
  readonly of: (architecture: Architecture) => readonly string[];
}

export function openNumbers(): Numbers {
  const indices = new Map<string, number>();
  const names = syscallNames.split(' ');
  for (let index = 0; index < names.length; index++) indices.set(names[index] as string, index);
  const tables = new Map<string, readonly string[]>();
  return {
    indexOf: (name) => indices.get(name),
    of: ({ table }) => {
      const read = tables.get(table);
      if (read !== undefined) return read;
      const words = syscallNumbers[table as keyof typeof syscallNumbers].split(' ');
      tables.set(table, words);
      return words;
    },
  };
}

/** The number of a call as the kernel has it, undefined where the architecture has no such call. */
export function numberOf(numbers: Numbers, architecture: Architecture, name: string): number | undefined {
  const index = numbers.indexOf(name);
  const number = index === undefined ? Number.NaN : Number(numbers.of(architecture)[index]);
  return Number.isNaN(number) ? undefined : number + architecture.base;
}
