import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Crowd, readRow } from './growth.ts';
import type { Sample } from './launcher.ts';
import type { Runtime } from './runtimes.ts';
import { fitLine, median } from './statistics.ts';

export type Unit = 'ms' | 'kB' | 'calls';

/** One number of one runtime, in the middle of its samples. */
export interface Figure {
  /** "run b1 cold", "run b1 hot, CPU", "waiting init, Pss" */
  readonly name: string;
  readonly runtime: string;
  readonly unit: Unit;
  readonly median: number;
  readonly minimum: number;
  readonly samples: number;
  /** why there is no number: any sample failed */
  readonly error?: string;
}

export function figureOf(name: string, runtime: string, unit: Unit, values: readonly number[]): Figure {
  return { name, runtime, unit, median: median(values), minimum: Math.min(...values), samples: values.length };
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}

/** Wall time, CPU and peak memory of each row and runtime. One failure makes a failing figure: it is never left out quietly. */
export function figuresOf(samples: readonly Sample[]): Figure[] {
  return groupBy(samples, ({ row, runtime }) => `${row}|${runtime}`).flatMap((group) => {
    const { row, runtime } = group[0] as Sample;
    const failed = group.filter(({ error }) => error !== undefined);
    const figures = [
      figureOf(
        row,
        runtime,
        'ms',
        group.map(({ wall }) => wall),
      ),
      figureOf(
        `${row}, CPU`,
        runtime,
        'ms',
        group.map(({ cpu }) => cpu),
      ),
      figureOf(
        `${row}, peak RSS`,
        runtime,
        'kB',
        group.map(({ rss }) => rss),
      ),
    ];
    if (failed.length === 0) return figures;
    const error = `${failed.length} of ${group.length}: ${failed[0]?.error}`;
    return figures.map((figure) => ({ ...figure, error }));
  });
}

/** What the steps of the measure "footprint" left in the folder. */
export function footprints(folder: string, runtimes: readonly Runtime[]): Figure[] {
  const names = readdirSync(folder);
  return runtimes.flatMap(({ name }) => {
    const texts = (kind: string) =>
      names
        .filter((file) => file.startsWith(`${kind}-${name}-`))
        .map((file) => readFileSync(join(folder, file), 'utf8'));
    const memory = texts('memory');
    return [
      figureOf('waiting init, Pss', name, 'kB', numbers(memory, /^Pss: +(\d+) kB/m)),
      figureOf('waiting init, anonymous', name, 'kB', numbers(memory, /^Anonymous: +(\d+) kB/m)),
      figureOf('run b1, system calls', name, 'calls', numbers(texts('calls'), /^ *(\d+) +total$/m)),
    ].filter(({ samples }) => samples > 0);
  });
}

function numbers(texts: readonly string[], form: RegExp): number[] {
  return texts.flatMap((text) => form.exec(text)?.[1] ?? []).map(Number);
}

/** What one more container or mount costs. */
export interface Growth {
  readonly verb: string;
  readonly crowd: Crowd;
  readonly runtime: string;
  /** µs for each, by the medians and by the minima: the second is less disturbed by what else the machine does */
  readonly slope: { readonly median: number; readonly minimum: number };
  readonly levels: readonly Level[];
}

/** ms beside so many containers or mounts */
export interface Level {
  readonly count: number;
  readonly median: number;
  readonly minimum: number;
}

function slopeOf(levels: readonly Level[], which: 'median' | 'minimum'): number | undefined {
  const line = fitLine(levels.map((level) => [level.count, level[which]]));
  return line && line.slope * 1000;
}

export function growths(figures: readonly Figure[]): Growth[] {
  const levelled = figures.flatMap((figure) => {
    const row = readRow(figure.name);
    return row === undefined || figure.error !== undefined ? [] : [{ figure, row }];
  });
  return groupBy(levelled, ({ figure, row }) => `${row.verb} ${row.crowd} ${figure.runtime}`).flatMap((group) => {
    const { row, figure } = group[0] as (typeof levelled)[number];
    const levels = group.map((one) => ({
      count: one.row.count,
      median: one.figure.median,
      minimum: one.figure.minimum,
    }));
    const [median, minimum] = [slopeOf(levels, 'median'), slopeOf(levels, 'minimum')];
    if (median === undefined || minimum === undefined) return [];
    return [{ verb: row.verb, crowd: row.crowd, runtime: figure.runtime, slope: { median, minimum }, levels }];
  });
}
