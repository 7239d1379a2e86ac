// Tables in Markdown, aligned so that they read well in a terminal too.
import type { Figure, Growth, Unit } from './figures.ts';
import { find, type Ratio, type Row, ratio, rows } from './targets.ts';

export function align(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [head = [], ...body] = lines;
  return [row(head), rule, ...body.map(row)].join('\n');
}

export function format(value: number, unit: Unit): string {
  if (unit !== 'ms') return String(Math.round(value));
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function cell(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  if (figure.error !== undefined) return 'fails';
  const middle = format(figure.median, figure.unit);
  return figure.unit === 'ms' ? `${middle} (${format(figure.minimum, 'ms')})` : middle;
}

function compare(found: Ratio | undefined, row: Row, peer: string): string {
  const target = row.targets?.[peer];
  if (found === undefined) return target === undefined ? '' : `? ≤ ${target}`;
  const value = found.value.toFixed(2);
  return found.met === undefined ? value : `${value} ${found.met ? '✓' : '✗'} ≤ ${found.target}`;
}

const peers = ['crun', 'runc', 'floor'];

/** Each row a measure, each runtime a column: the median, and the minimum in brackets; then noci's share of others' medians. */
export function mainTable(figures: readonly Figure[], names: readonly string[]): string {
  const head = ['ms, kB or calls', ...names, ...peers.map((peer) => `noci/${peer}`)];
  const present = rows.filter((row) => figures.some(({ name }) => name === row.figure));
  const body = present.map((row) => [
    row.title,
    ...names.map((name) => cell(find(figures, row.figure, name))),
    ...peers.map((peer) => compare(ratio(figures, row, peer), row, peer)),
  ]);
  return align([head, ...body]);
}

function slopeCell(growth: Growth | undefined): string {
  return growth === undefined ? '' : `${growth.slope.median.toFixed(1)} (${growth.slope.minimum.toFixed(1)})`;
}

/** µs that each further container or mount costs: by the medians, and by the minima in brackets. */
export function growthTable(found: readonly Growth[], names: readonly string[]): string {
  const keys = [...new Set(found.map(({ verb, crowd }) => `${verb}|${crowd}`))];
  const body = keys.map((key) => {
    const those = found.filter(({ verb, crowd }) => `${verb}|${crowd}` === key);
    const counts = those[0]?.levels.map(({ count }) => count) ?? [];
    const title = `${those[0]?.verb}, ${counts.at(0)}–${counts.at(-1)} ${those[0]?.crowd}`;
    return [title, ...names.map((name) => slopeCell(those.find(({ runtime }) => runtime === name)))];
  });
  return align([['µs for each', ...names], ...body]);
}

/** Why a cell says "fails": each runtime and reason with the rows it is about. */
export function failures(figures: readonly Figure[]): string[] {
  const rowsOf = new Map<string, string[]>();
  for (const { name, runtime, error } of figures.filter((figure) => !figure.name.includes(', '))) {
    if (error === undefined) continue;
    const reason = `${runtime} fails, ${error}`;
    rowsOf.set(reason, [...(rowsOf.get(reason) ?? []), name]);
  }
  return [...rowsOf].map(([reason, names]) => `${reason} (${names.join('; ')})`);
}

/** "12 of 20 targets met, 3 missed, 5 not measured". */
export function verdict(figures: readonly Figure[]): string {
  const judged = rows.flatMap((row) => Object.keys(row.targets ?? {}).map((peer) => ratio(figures, row, peer)));
  const met = judged.filter((found) => found?.met === true).length;
  const missed = judged.filter((found) => found?.met === false).length;
  return `${met} of ${judged.length} targets met, ${missed} missed, ${judged.length - met - missed} not measured`;
}
