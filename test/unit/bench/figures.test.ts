import t from 'tap';
import { figuresOf, growths } from '../../../bench/figures.ts';
import type { Sample } from '../../../bench/launcher.ts';

function sample(row: string, runtime: string, wall: number, error?: string): Sample {
  return { row, runtime, wall, cpu: wall / 2, rss: 1000, error };
}

t.test('each row and runtime gets its figures', async (t) => {
  const figures = figuresOf([sample('run', 'noci', 3), sample('run', 'crun', 9), sample('run', 'noci', 5)]);
  t.match(figures, [
    { name: 'run', runtime: 'noci', unit: 'ms', median: 4, minimum: 3, samples: 2 },
    { name: 'run, CPU', runtime: 'noci', unit: 'ms', median: 2 },
    { name: 'run, peak RSS', runtime: 'noci', unit: 'kB', median: 1000 },
    { name: 'run', runtime: 'crun', median: 9, samples: 1 },
  ]);
});

t.test('one failure fails the figure', async (t) => {
  const figures = figuresOf([sample('run', 'noci', 3), sample('run', 'noci', 1, 'no'), sample('run', 'crun', 3)]);
  t.equal(figures.find(({ runtime }) => runtime === 'noci')?.error, '1 of 2: no');
  t.equal(figures.find(({ runtime }) => runtime === 'crun')?.error, undefined);
});

t.test('growth is µs for each, of levels that did not fail', async (t) => {
  const samples = [
    sample('state +1 containers', 'noci', 2.001),
    sample('state +100 containers', 'noci', 2.1),
    sample('state +1000 containers', 'noci', 2),
    sample('state +1000 containers', 'noci', 4),
    sample('state +1 containers', 'crun', 2),
    sample('state +100 containers', 'crun', 9, 'no'),
    sample('state', 'noci', 50),
  ];
  const [growth, ...more] = growths(figuresOf(samples));
  t.strictSame(more, []);
  t.match(growth, { verb: 'state', crowd: 'containers', runtime: 'noci' });
  t.strictSame(growth?.levels, [
    { count: 1, median: 2.001, minimum: 2.001 },
    { count: 100, median: 2.1, minimum: 2.1 },
    { count: 1000, median: 3, minimum: 2 },
  ]);
  t.equal(growth?.slope.median.toFixed(3), '1.000');
  t.ok(growth && Math.abs(growth.slope.minimum) < 0.1, 'the minima hardly grow');
});
