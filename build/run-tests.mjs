// Runs tap, one suite after the other, and ends with one line that a machine can read. Arguments: folders or files of tests.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Unit tests may run side by side; the others look at what is left on the machine, so each has it for itself. */
const suites = [
  { folder: 'test/unit', jobs: 2 },
  { folder: 'test/native', jobs: 1 },
  { folder: 'test/integration', jobs: 1 },
];

function testsIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(path, name))
    .sort();
}

const total = { pass: 0, fail: 0, skip: 0 };

/** What of tap's output a person wants to see: a line a file, what failed and why, what was skipped. */
function isWorthShowing(line) {
  return /^(not )?ok /.test(line) || /^\s*not ok/.test(line) || /# SKIP/.test(line);
}

/** The summary of the outermost test: "# { total: 12, pass: 10, fail: 1, skip: 1 }", on one line or several. */
function count(summary) {
  for (const key of Object.keys(total)) {
    total[key] += Number(new RegExp(`\\b${key}: (\\d+)`).exec(summary)?.[1] ?? 0);
  }
}

async function run(files, jobs) {
  const tap = spawn('node_modules/.bin/tap', ['run', '--reporter=tap', `--jobs=${jobs}`, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => tap.on('close', resolve));
  const lines = [];
  let details = 0;
  for await (const line of createInterface({ input: tap.stdout })) {
    lines.push(line);
    // what follows a failure says why
    if (/^\s*not ok/.test(line)) details = 30;
    if (isWorthShowing(line) || details-- > 0) console.log(line);
  }
  const status = await ended;
  const failed = total.fail;
  count(lines.slice(-8).join(' '));
  if (status !== 0 && total.fail === failed) total.fail++;
}

const chosen = process.argv.slice(2);
if (chosen.length > 0) await run(chosen.flatMap(testsIn), 1);
else for (const { folder, jobs } of suites) await run(testsIn(folder), jobs);

console.log(`${total.pass} passed, ${total.fail} failed, ${total.skip} skipped`);
process.exitCode = total.fail === 0 ? 0 : 1;
