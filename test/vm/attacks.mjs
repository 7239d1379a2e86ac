// Attacks on what only guests have, as test/attacks does it on the machine itself: the test of each fails without its mitigation.

import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { build } from 'esbuild';
import { runInGuest } from './machine.mjs';
import { at, bundled, weakened } from './stage.mjs';

/** The rows of test/attacks/rows.ts with these names. */
async function rowsOf(names) {
  const { outputFiles } = await build({ entryPoints: ['test/attacks/rows.ts'], format: 'esm', write: false });
  const { rows } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return rows.filter(({ row }) => names.includes(row));
}

const pathOf = ({ file }) => `test/integration/${file}.test.ts`;

/** As tap's filter wants it. */
const pattern = (name) => `/^${name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$/`;

/** What the test of a row says when the mitigation `off` is turned off, '' for nothing. */
async function attack(suite, row, off, stage) {
  const stdout = new PassThrough();
  const lines = [];
  const reader = createInterface({ input: stdout }).on('line', (line) => lines.push(line));
  const read = new Promise((resolve) => reader.on('close', resolve));
  const env = {
    NOCI: weakened,
    NOCI_WEAKENED: off,
    NOCI_EMULATED: '1',
    TAP: '1',
    TAP_GREP: row.test.map(pattern).join('\n'),
    TAP_TIMEOUT: '300',
  };
  const words = ['node', 'test/vm/guest/run-tests.mjs', bundled(pathOf(row))];
  await runInGuest(suite, { words, cwd: at, env, copies: [{ from: stage, to: at }], seconds: 400, stdout });
  await read;
  return lines;
}

/** As runSuite, with two tests for each row: with every mitigation its test passes, without its own it fails. */
export async function runAttacks(suite, { attacks }, _, stage, tally) {
  const counted = { pass: 0, fail: 0 };
  const tell = (right, what, lines) => {
    counted[right ? 'pass' : 'fail']++;
    tally.take(`${right ? 'ok' : 'not ok'} ${counted.pass + counted.fail} - ${what}`);
    if (!right) for (const line of lines.slice(-25)) tally.take(`    ${line}`);
  };
  for (const row of await rowsOf(attacks)) {
    const [name] = row.test;
    const path = pathOf(row);
    const result = (lines) =>
      lines.find((line) => /^ *(not )?ok \d/.test(line) && line.includes(`- ${name}`))?.trim() ?? '';
    const green = await attack(suite, row, '', stage);
    tell(/^ok/.test(result(green)) && !/# SKIP/.test(result(green)), `${path}: ${row.row}: ${row.attack}`, green);
    const red = await attack(suite, row, row.row, stage);
    tell(/^not ok/.test(result(red)), `${path}: ${row.row}: without the mitigation the test fails`, red);
  }
  const { pass, fail } = counted;
  tally.take(`# { total: ${pass + fail}, pass: ${pass}, fail: ${fail} }`);
  tally.end(fail === 0);
}
