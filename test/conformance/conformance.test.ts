// The validation suite of runtime-tools with noci: no program may tell worse than docs/conformance.md has it, or for another reason.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

// @ts-expect-error: it has no types
const { programsOf, runPrograms } = await import('./programs.mjs');
// @ts-expect-error: it has no types
const { isKnown, newer, races, reasonOf } = await import('./reasons.mjs');

const root = new URL('../../', import.meta.url).pathname;

interface Verdict {
  readonly passed: boolean;
  readonly failed: readonly string[];
}

/** Program → whether it passed with noci when the page was written. */
function recorded(): Map<string, boolean> {
  const page = readFileSync(join(root, 'docs/conformance.md'), 'utf8');
  const rows = page.matchAll(/^\| `(\w+)` \| (passes|fails) \|/gm);
  return new Map([...rows].map(([, program = '', verdict]) => [program, verdict === 'passes']));
}

/** The folder of the suite, built when it is not; or why it cannot be had. */
function suite(): { readonly folder: string } | { readonly skip: string } {
  if (process.getuid?.() !== 0) return { skip: 'root is needed' };
  // It reads limits in hierarchies of version 1, and refuses a machine without them.
  if (!existsSync('/sys/fs/cgroup/memory/tasks'))
    return { skip: 'it knows hierarchies of cgroups of version 1 only, and there are none here' };
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, NOCI_RUNTIME_TOOLS: process.env.NOCI_RUNTIME_TOOLS };
  const { status, stdout, stderr } = spawnSync('sh', [join(root, 'test/conformance/suite.sh')], {
    env,
    encoding: 'utf8',
  });
  if (status === 0) return { folder: stdout.trim() };
  if (status === 3) return { skip: stderr.trim() };
  throw new Error(stderr);
}

/** How often a program may try to be as it should be: a busy machine makes it late. */
const patience = 5;

const found = suite();
if ('skip' in found) t.pass('the suite of runtime-tools', { skip: found.skip });
else {
  const noci = realpathSync(process.env.NOCI ?? join(root, 'dist/noci'));
  const record = recorded();
  const isFine = (program: string, verdict: Verdict): boolean => {
    if (verdict.passed) return true;
    const mayFail = races[program] ?? newer[program] ?? record.get(program) === false;
    return mayFail && isKnown(program, verdict);
  };
  const programs: string[] = programsOf(found.folder);
  t.strictSame([...record.keys()].sort(), programs, 'docs/conformance.md has every program');
  const verdicts: Record<string, { readonly noci: Verdict }> = await runPrograms(
    found.folder,
    programs,
    { noci },
    () => {},
    (program: string, verdict: Verdict, tries: number) => tries < patience && !isFine(program, verdict),
  );
  for (const [program, { noci: verdict }] of Object.entries(verdicts)) {
    const { passed, ...found } = verdict;
    const words = passed ? 'passes' : `fails: ${reasonOf(program) ?? verdict.failed.join('; ')}`;
    t.ok(isFine(program, verdict), `${program} ${words}`, { found });
  }
}
