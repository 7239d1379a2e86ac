// docs/conformance.md, from the verdicts.
import { deliberate, races, reasonOf } from './reasons.mjs';

const words = (passed) => (passed === undefined ? '' : passed ? 'passes' : 'fails');

/**
 * @param {Readonly<Record<string, Readonly<Record<string, boolean>>>>} verdicts   program → runtime → whether it passes
 * @param {Readonly<Record<string, string>>} versions   runtime → its version, in the order of the columns
 */
export function page(verdicts, versions) {
  const programs = Object.keys(verdicts).sort();
  const runtimes = Object.keys(versions);
  const count = (runtime) => programs.filter((program) => verdicts[program][runtime]).length;
  const fails = programs.filter((program) => !verdicts[program].noci);
  const onPurpose = fails.filter((program) => deliberate[program] !== undefined);
  const rows = (names) => names.map((name) => `* \`${name}\`: ${reasonOf(name) ?? 'not known'}.`);
  return [
    '# Conformance',
    '',
    'The validation suite of [opencontainers/runtime-tools](https://github.com/opencontainers/runtime-tools), version 0.9.0.109 as',
    `Debian has it, is ${programs.length} programs. \`npm run test:conformance\` builds it from Debian's sources and fails when noci does worse`,
    'than here, or fails for another reason; `npm run test:conformance -- --page` runs it with runc too, with `--crun` also with',
    'crun, and writes this page; the tests of every change run the first. The suite knows hierarchies of cgroups',
    'of version 1 only, and so the page is made on a machine that has them.',
    '',
    `| runtime | passes | of |`,
    '|---|---|---|',
    ...runtimes.map((name) => `| ${name} ${versions[name]} | ${count(name)} | ${programs.length} |`),
    '',
    '## What noci fails on purpose',
    '',
    'Another runtime passes these programs.',
    '',
    ...rows(onPurpose),
    '',
    '## What no runtime passes',
    '',
    ...rows(fails.filter((program) => !onPurpose.includes(program) && races[program] === undefined)),
    '',
    '## Races',
    '',
    'What these programs tell depends on which of two processes is the first, with every runtime. They may try ten times.',
    '',
    ...rows(Object.keys(races)),
    '',
    '## All programs',
    '',
    `| program | ${runtimes.join(' | ')} |`,
    `|---|${runtimes.map(() => '---').join('|')}|`,
    ...programs.map(
      (name) => `| \`${name}\` | ${runtimes.map((runtime) => words(verdicts[name][runtime])).join(' | ')} |`,
    ),
    '',
  ].join('\n');
}
