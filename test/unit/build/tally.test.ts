// What is counted of tests' output: a suite that dies must not look like one that passes.
import { spawnSync } from 'node:child_process';
import t from 'tap';

const module = new URL('../../../build/tally.mjs', import.meta.url).href;

/** pass, fail and skip of some lines, whose program ended well or not. */
function counted(text: string, endedWell: boolean): number[] {
  const script = `
    import { Tally, total } from ${JSON.stringify(module)};
    const tally = new Tally(() => {});
    for (const line of ${JSON.stringify(text.split('\n'))}) tally.take(line);
    tally.end(${endedWell});
    console.log(JSON.stringify([total.pass, total.fail, total.skip]));`;
  const args = ['-i', process.execPath, '--input-type=module', '-e', script];
  return JSON.parse(spawnSync('/usr/bin/env', args, { encoding: 'utf8' }).stdout);
}

t.test('the summary of the outermost test', async (t) => {
  t.strictSame(counted('1..2\n# { total: 12, pass: 10, fail: 1, skip: 1 }\n# time=1ms', false), [10, 1, 1]);
  t.strictSame(counted('# {\n#   total: 3,\n#   pass: 3\n# }\nok 1 - x.test.ts', true), [3, 0, 0], 'on several lines');
});

t.test('what ended badly is a failure', async (t) => {
  t.strictSame(counted('# { total: 3, pass: 3 }', false), [3, 1, 0], 'though no test failed');
  t.strictSame(counted('ok 1 - a\n    ok 2 - b', true), [0, 1, 0], 'without a summary');
  t.strictSame(counted('', true), [0, 1, 0], 'without a word');
});
