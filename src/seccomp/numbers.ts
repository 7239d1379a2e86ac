import type { Architecture } from './architectures.ts';
import { syscallNames, syscallNumbers } from './syscall-table.ts';

/** What system calls are called and numbered. A table is read when it is asked for. */
export interface Numbers {
  /** how many names there are */
  readonly count: number;
  /** the index of a name in every table, undefined for what is no system call anywhere */
  readonly indexOf: (name: string) => number | undefined;
  /** numbers by index, counted from the architecture's base; -1 or undefined for a call that it does not have */
  readonly of: (architecture: Architecture) => readonly number[];
}

export function openNumbers(): Numbers {
  const indices = new Map<string, number>();
  const names = syscallNames.split(' ');
  for (let index = 0; index < names.length; index++) indices.set(names[index] as string, index);
  const tables = new Map<string, readonly number[]>();
  return {
    count: names.length,
    indexOf: (name) => indices.get(name),
    of: ({ table }) => {
      const read = tables.get(table);
      if (read !== undefined) return read;
      // the engine's parser of JSON is faster than words that are made numbers one by one
      const numbers: number[] = JSON.parse(`[${syscallNumbers[table as keyof typeof syscallNumbers]}]`);
      tables.set(table, numbers);
      return numbers;
    },
  };
}

/** The number of a call as the kernel has it, undefined where the architecture has no such call. */
export function numberOf(numbers: Numbers, architecture: Architecture, name: string): number | undefined {
  const index = numbers.indexOf(name);
  const number = index === undefined ? -1 : (numbers.of(architecture)[index] ?? -1);
  return number === -1 ? undefined : number + architecture.base;
}
