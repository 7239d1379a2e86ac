// What run.sh does when everything is built: runs the suite, writes docs/conformance.md, and fails where noci fails without a
// reason that reasons.mjs has.
// usage: node run.mjs SUITE [--crun] [PROGRAM]…     --crun: also with crun, and keeps its verdicts for later pages
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { page } from './page.mjs';
import { programsOf, runPrograms } from './programs.mjs';
import { isKnown, reasonOf, triesOf } from './reasons.mjs';

const [suite, ...words] = process.argv.slice(2);
const withCrun = words.includes('--crun');
const named = words.filter((word) => word !== '--crun');
const recordOfCrun = new URL('crun.json', import.meta.url);

const which = (name) => execFileSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
const versionOf = (path) => / version (\S+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1] ?? '';

const runtimes = { noci: realpathSync(process.env.NOCI ?? 'dist/noci'), runc: which('runc') };
if (withCrun) runtimes.crun = which('crun');
const programs = named.length > 0 ? named : programsOf(suite);

function tell(program, runtime, { passed, tests, failed }) {
  console.log(
    `# ${runtime} ${passed ? 'passes' : 'fails'} ${program}: ${tests} tests${passed ? '' : `; ${failed.join('; ').replaceAll('\n', ' ')}`}`,
  );
}

const verdicts = await runPrograms(suite, programs, runtimes, tell, triesOf);

let passed = 0;
let failed = 0;
for (const [index, program] of programs.entries()) {
  const { noci, runc } = verdicts[program];
  const reason = isKnown(program, noci) ? reasonOf(program) : undefined;
  const fine = noci.passed || reason !== undefined;
  if (fine) passed++;
  else failed++;
  const beside = runc.passed && !noci.passed ? '; runc passes' : '';
  console.log(
    `${fine ? 'ok' : 'not ok'} ${index + 1} - ${program}${noci.passed ? '' : ` fails: ${reason ?? noci.failed.join('; ')}${beside}`}`,
  );
  if (!fine) console.log(noci.errors.replace(/^/gm, '  '));
}

const passes = (runtime) => Object.fromEntries(programs.map((program) => [program, verdicts[program][runtime].passed]));
if (named.length === 0) {
  if (withCrun)
    writeFileSync(
      recordOfCrun,
      `${JSON.stringify({ version: versionOf(runtimes.crun), passes: passes('crun') }, null, 2)}\n`,
    );
  const crun = existsSync(recordOfCrun) ? JSON.parse(readFileSync(recordOfCrun, 'utf8')) : undefined;
  const versions = { noci: versionOf(runtimes.noci), runc: versionOf(runtimes.runc) };
  if (crun !== undefined) versions.crun = crun.version;
  const all = { noci: passes('noci'), runc: passes('runc'), crun: crun?.passes };
  const table = Object.fromEntries(
    programs.map((program) => [
      program,
      Object.fromEntries(Object.keys(versions).map((runtime) => [runtime, all[runtime][program]])),
    ]),
  );
  writeFileSync('docs/conformance.md', page(table, versions));
}
console.log(`1..${programs.length}`);
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;
