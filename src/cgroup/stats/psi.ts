import type { Fd, Native } from '../../native/contract.ts';
import { type Counter, readStat } from './counter.ts';

/** Pressure stall information: percentages of 10, 60 and 300 seconds, and microseconds in all. accounting/psi.rst */
export interface Pressure {
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  readonly total: Counter;
}

export interface PsiStats {
  readonly some: Pressure;
  readonly full: Pressure;
}

function pressure(text: string, kind: string): Pressure {
  const words =
    text
      .split('\n')
      .find((line) => line.startsWith(`${kind} `))
      ?.split(' ') ?? [];
  const field = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? '0';
  return {
    avg10: Number(field('avg10')),
    avg60: Number(field('avg60')),
    avg300: Number(field('avg300')),
    total: BigInt(field('total')),
  };
}

/** A pressure file of cgroup v2; undefined when the kernel has none. */
export function readPsi(native: Native, directory: Fd | undefined, file: string): PsiStats | undefined {
  const text = directory === undefined ? undefined : readStat(native, directory, file);
  return text === undefined ? undefined : { some: pressure(text, 'some'), full: pressure(text, 'full') };
}
