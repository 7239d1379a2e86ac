import t from 'tap';
import { type Figure, figureOf } from '../../../bench/figures.ts';
import { align, failures, format, growthTable, mainTable, verdict } from '../../../bench/table.ts';
import { ratio, rows } from '../../../bench/targets.ts';

const figures: Figure[] = [
  figureOf('create', 'noci', 'ms', [3, 4, 5]),
  figureOf('create', 'crun', 'ms', [18, 20]),
  figureOf('create', 'runc', 'ms', [25]),
  { ...figureOf('start', 'noci', 'ms', [1]), error: '1 of 1: no' },
  figureOf('start', 'crun', 'ms', [2]),
];

t.test('ratios compare medians with their targets', async (t) => {
  const create = rows.find(({ figure }) => figure === 'create');
  if (create === undefined) return t.fail('no row for create');
  t.match(ratio(figures, create, 'crun'), { target: 0.25, met: true });
  t.equal(ratio(figures, create, 'crun')?.value.toFixed(3), '0.211');
  t.match(ratio(figures, create, 'runc'), { value: 0.16, target: 0.15, met: false });
  t.equal(ratio(figures, create, 'floor'), undefined, 'not measured');
});

t.test('the table shows medians, minima, failures and verdicts', async (t) => {
  const lines = mainTable(figures, ['noci', 'crun', 'runc']).split('\n');
  t.equal(lines.length, 4, 'only what was measured');
  t.match(
    lines[2],
    /^\| create +\| 4\.00 \(3\.00\) \| 19\.0 \(18\.0\) \| 25\.0 \(25\.0\) \| 0\.21 ✓ ≤ 0\.25 \| 0\.16 ✗ ≤ 0\.15 \|/,
  );
  t.match(lines[3], /^\| start +\| +fails \| 2\.00 \(2\.00\) \| +\| +\? ≤ 0\.45 \|/);
  t.strictSame(new Set(lines.map((line) => line.length)).size, 1, 'aligned');
  t.strictSame(failures(figures), ['noci fails, 1 of 1: no (start)']);
  t.match(verdict(figures), /^1 of \d+ targets met, 1 missed, \d+ not measured$/);
});

t.test('growth stands in a table of its own', async (t) => {
  const levels = [
    { count: 1, median: 2, minimum: 1 },
    { count: 100, median: 3, minimum: 1 },
  ];
  const slope = { median: 10.1, minimum: 0 };
  const table = growthTable([{ verb: 'state', crowd: 'mounts', runtime: 'crun', slope, levels }], ['noci', 'crun']);
  t.match(table, /\| state, 1–100 mounts +\| +\| 10\.1 \(0\.0\) \|$/);
});

t.test('numbers have three digits, cells of a column one width', async (t) => {
  t.strictSame(
    [format(0.5, 'ms'), format(12.34, 'ms'), format(123.4, 'ms'), format(9.6, 'kB')],
    ['0.50', '12.3', '123', '10'],
  );
  t.equal(
    align([
      ['a', 'b'],
      ['long', '1'],
    ]),
    '| a    |   b |\n|------|----:|\n| long |   1 |',
  );
});
