// Runs tap and ends with one line that a machine can read. Arguments: files or folders of tests (default: all).
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const chosen = process.argv.slice(2);
const files = chosen.length > 0 ? chosen : ['test/unit', 'test/native', 'test/integration'];
const tap = spawn('npx', ['--no-install', 'tap', 'run', '--disable-coverage', '--reporter=tap', ...files], {
  stdio: ['inherit', 'pipe', 'inherit'],
});

const totals = { pass: 0, fail: 0, skip: 0 };
const lines = [];
for await (const line of createInterface({ input: tap.stdout })) {
  // the outermost summary has no indent: "# { total: 12, pass: 10, skip: 2 }" on one line or several
  lines.push(line);
  const skipped = /^\s*ok \d+ - .*# SKIP/.test(line);
  if (
    /^(not )?ok /.test(line) ||
    /^\s*not ok/.test(line) ||
    skipped ||
    /^\s+(found|wanted|diff|message|at):/.test(line)
  )
    console.log(line);
}
const status = await new Promise((resolve) =>
  tap.exitCode === null ? tap.on('close', resolve) : resolve(tap.exitCode),
);
const summary = lines.slice(-40).join(' ').replace(/#\s*/g, '');
for (const key of Object.keys(totals)) totals[key] = Number(new RegExp(`\\b${key}: (\\d+)`).exec(summary)?.[1] ?? 0);
if (status !== 0 && totals.fail === 0) {
  console.log(lines.slice(-60).join('\n'));
  totals.fail = 1;
}
console.log(`${totals.pass} passed, ${totals.fail} failed, ${totals.skip} skipped`);
process.exitCode = status === 0 && totals.fail === 0 ? 0 : 1;
