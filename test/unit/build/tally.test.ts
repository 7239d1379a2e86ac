// What is counted of tests' output: a suite that dies must not look like one that passes.
import { spawnSync } from 'node:child_process';
import t from 'tap';

const module = new URL('../../../build/tally.mjs', import.meta.url).href;

/** pass, fail and skip of some lines, whose program ended well or not. */
function counted(text: string, endedWell: boolean): number[] {
  const script = `
    import { Tally } from ${JSON.stringify(module)};
    const tally = new Tally(() => {});
    for (const line of ${JSON.stringify(text.split('\n'))}) tally.take(line);
    tally.end(${endedWell});
    console.log(JSON.stringify([tally.pass, tally.fail, tally.skip]));`;
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

/** The last lines of a run of files, of which these fail each time they run, or the first time. */
function reported(files: readonly string[], failing: readonly string[], once: readonly string[]): string[] {
  const script = `
    import { countTests, report } from ${JSON.stringify(module)};
    let runs = 0;
    await countTests(${JSON.stringify(files)}, async (files, tally) => {
      const bad = [...${JSON.stringify(failing)}, ...(runs++ === 0 ? ${JSON.stringify(once)} : [])];
      for (const [index, file] of files.entries()) {
        tally.take((bad.includes(file) ? 'not ok ' : 'ok ') + (index + 1) + ' - ' + file + ' # time=1ms');
        tally.take('# { total: 2, pass: 1, ' + (bad.includes(file) ? 'fail' : 'pass') + ': 1 }');
        tally.end(!bad.includes(file));
      }
    }, () => {});
    report();`;
  const args = ['-i', process.execPath, '--input-type=module', '-e', script];
  return spawnSync('/usr/bin/env', args, { encoding: 'utf8' }).stdout.trim().split('\n');
}

t.test('a file that fails runs once more, and is named when it then passes', async (t) => {
  const files = ['a', 'b', 'c', 'd', 'e'].map((name) => `test/unit/${name}.test.ts`);
  const [a, b] = files as [string, string];
  t.strictSame(reported(files, [], []), ['5 passed, 0 failed, 0 skipped']);
  t.strictSame(reported(files, [], [a, b]), [
    `# unsteady: ${a} failed, and passed when it ran again`,
    `# unsteady: ${b} failed, and passed when it ran again`,
    '5 passed, 0 failed, 0 skipped',
  ]);
  t.strictSame(reported(files, [a], []), ['5 passed, 1 failed, 0 skipped']);
  t.strictSame(reported(files, [a], [b]), ['5 passed, 2 failed, 0 skipped']);
  t.strictSame(
    reported(files, [], files.slice(0, 4)),
    ['5 passed, 4 failed, 0 skipped'],
    'that many are no coincidence',
  );
});
