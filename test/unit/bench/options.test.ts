import t from 'tap';
import { readOptions } from '../../../bench/options.ts';

t.test('noci, crun and runc are always there; more come by name', async (t) => {
  const { runtimes } = readOptions([
    '--runtime',
    'crun-static=/opt/crun',
    '--noci',
    '/opt/noci',
    '--runtime',
    'runc=/opt/runc',
  ]);
  t.strictSame(
    [...runtimes],
    [
      ['noci', '/opt/noci'],
      ['crun', '/usr/bin/crun'],
      ['runc', '/opt/runc'],
      ['crun-static', '/opt/crun'],
    ],
  );
});

t.test('words that make no sense are refused', async (t) => {
  const cases = [
    ['--runtime', 'x'],
    ['--runtime', 'a|b=/x'],
    ['--runtime', 'floor=/x'],
    ['--view', 'v3'],
    ['--rounds', '0'],
    ['--fast'],
    ['--only', 'run,walk'],
    ['more'],
  ];
  for (const words of cases) t.throws(() => readOptions(words), words.join(' '));
});
