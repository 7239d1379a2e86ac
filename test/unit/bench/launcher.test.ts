import t from 'tap';
import { readSamples, toJob } from '../../../bench/launcher.ts';

t.test('a step becomes a head and its commands', async (t) => {
  t.equal(
    toJob([
      {
        row: 'state',
        runtime: 'crun',
        gap: 10,
        commands: [['/bin/crun', 'state', 'a']],
        alive: 0,
        expect: '"created"',
      },
      {
        row: 'many',
        runtime: 'crun',
        gap: 0.5,
        commands: [
          ['x', '1'],
          ['x', '2'],
        ],
        width: 8,
      },
    ]),
    'sample\tstate|crun\t10000\t1\t1\t0\t"created"\n/bin/crun\tstate\ta\n' +
      'sample\tmany|crun\t500\t8\t2\t-1\t-\nx\t1\nx\t2\n',
  );
});

t.test('samples are read in ms and kB, errors as one sentence', async (t) => {
  const log = 'time="2026-01-01T00:00:00Z" level=error msg="no \\"x\\" here"';
  t.strictSame(
    readSamples(`run|noci\t1500000\t2500\t900\t0\t\nrun|runc\t1\t1\t1\t1\t${log}\nrun|crun\t1\t1\t1\t1\tsays: no\n`),
    [
      { row: 'run', runtime: 'noci', wall: 1.5, cpu: 2.5, rss: 900, error: undefined },
      { row: 'run', runtime: 'runc', wall: 1e-6, cpu: 1e-3, rss: 1, error: 'no "x" here' },
      { row: 'run', runtime: 'crun', wall: 1e-6, cpu: 1e-3, rss: 1, error: 'says: no' },
    ],
  );
});
