// Runs the suite with noci and with runc: all of it, and writes docs/conformance.md; or the named programs, and tells what they say.
// usage: node run.mjs SUITE --page [--crun] | PROGRAM…     --crun: also with crun, whose verdicts are kept for later pages
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { page } from './page.mjs';
import { programsOf, runPrograms } from './programs.mjs';
import { isKnown, races } from './reasons.mjs';

const [suite, ...words] = process.argv.slice(2);
const withCrun = words.includes('--crun');
const writesPage = words.includes('--page');
const named = words.filter((word) => !word.startsWith('--'));
const recordOfCrun = new URL('crun.json', import.meta.url);

const which = (name) => execFileSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' }).trim();
const versionOf = (path) => / version (\S+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1] ?? '';

const runtimes = { noci: realpathSync(process.env.NOCI ?? 'dist/noci'), runc: which('runc') };
if (withCrun) runtimes.crun = which('crun');

function tell(program, runtime, { passed, tests, failed, errors }) {
  const cause = passed ? '' : `: ${failed.join('; ').replaceAll('\n', ' ')}`;
  console.log(`${runtime} ${passed ? 'passes' : 'fails'} ${program} (${tests} tests)${cause}`);
  if (!passed && !writesPage) console.log(errors.replace(/^/gm, '  '));
}

/** What is not known to fail gets another chance, since this machine may be busy. */
function triesAgain(program, verdict, tries) {
  if (verdict.passed) return false;
  return tries < (races[program] !== undefined ? 10 : isKnown(program, verdict) ? 1 : 2);
}

const verdicts = await runPrograms(suite, named.length > 0 ? named : programsOf(suite), runtimes, tell, triesAgain);

const passes = (runtime) =>
  Object.fromEntries(Object.entries(verdicts).map(([program, verdict]) => [program, verdict[runtime].passed]));

if (writesPage) {
  if (withCrun) {
    const record = { version: versionOf(runtimes.crun), passes: passes('crun') };
    writeFileSync(recordOfCrun, `${JSON.stringify(record, null, 2)}\n`);
  }
  const crun = existsSync(recordOfCrun) ? JSON.parse(readFileSync(recordOfCrun, 'utf8')) : undefined;
  const versions = { noci: versionOf(runtimes.noci), runc: versionOf(runtimes.runc) };
  if (crun !== undefined) versions.crun = crun.version;
  const all = { noci: passes('noci'), runc: passes('runc'), crun: crun?.passes };
  const table = Object.fromEntries(
    Object.keys(verdicts).map((program) => [
      program,
      Object.fromEntries(Object.keys(versions).map((runtime) => [runtime, all[runtime][program]])),
    ]),
  );
  writeFileSync('docs/conformance.md', page(table, versions));
}
