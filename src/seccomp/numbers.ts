import type { Architecture } from './architectures.ts';
import { syscallNames, syscallNumbers } from './syscall-table.ts';

/** What system calls are called and numbered. The tables are read when they are asked for. */
export interface Numbers {
  readonly isKnown: (name: string) => boolean;
  /** undefined where the architecture has no such call */
  readonly of: (architecture: Architecture, name: string) => number | undefined;
}

/** Names that are no longer, or not at all, in the kernel's headers, and that libseccomp knows: nothing can come of a rule for them. */
export function openNumbers(): Numbers {
  const indices = new Map<string, number>();
  const names = syscallNames.split(' ');
  for (let index = 0; index < names.length; index++) indices.set(names[index] as string, index);
  const tables = new Map<string, readonly string[]>();

  function tableOf({ table }: Architecture): readonly string[] {
    const read = tables.get(table);
    if (read !== undefined) return read;
    const words = syscallNumbers[table as keyof typeof syscallNumbers].split(' ');
    tables.set(table, words);
    return words;
  }

  return {
    isKnown: (name) => indices.has(name),
    of: (architecture, name) => {
      const index = indices.get(name);
      if (index === undefined) return undefined;
      const word = tableOf(architecture)[index];
      return word === undefined || word === '-' ? undefined : Number(word) + architecture.base;
    },
  };
}
