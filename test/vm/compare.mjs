// The integration tests under noci, runc and crun in guests: what they are called by is the only difference. A test about noci's own
// texts fails for the others, so this tells where to look and judges nothing.
import { Tally } from '../../build/tally.mjs';
import { prepare } from './guests.mjs';
import { notHere, runs, suites, whenNamed } from './runs.mjs';
import { makeStage, testsIn } from './stage.mjs';
import { runSuite } from './suite.mjs';

const runtimes = { noci: 'dist/noci', runc: '/usr/sbin/runc', crun: '/usr/bin/crun' };

/** About noci alone, or compares with runc itself. */
const ofNoci = ['debug', 'differential', 'hostile-state', 'resources', 'waiting-init'].map(
  (name) => `test/integration/${name}.test.ts`,
);

/** Runs of runs.mjs, by the driver that they use. */
const drivers = runs.filter(({ name }) => ['cgroupfs', 'systemd'].includes(name));

/** Of one file: a test may wait in vain for what another runtime does not do. */
const seconds = 300;

/**
 * A file under one runtime: "passed of all", or that the guest broke down. It has a guest of its own, so that nothing which another
 * file left there changes it.
 */
async function count(suite, run, file, stage, show) {
  const tally = new Tally(show);
  let ended = false;
  try {
    await runSuite(suite, run, [file], stage, tally, () => {
      ended = true;
    });
  } catch (error) {
    show(`# ${error.message}`);
  }
  return ended ? `${tally.pass}/${tally.pass + tally.fail}` : 'broken';
}

function filesFor(words) {
  const able = testsIn('test/integration').filter((file) => notHere[file] === undefined && !ofNoci.includes(file));
  const named = able.filter((file) => words.some((word) => file === `test/integration/${word}.test.ts`));
  if (named.length > 0) return { all: named, of: () => named };
  const everyday = able.filter((file) => whenNamed[file] === undefined);
  return { all: everyday, of: ({ only }) => everyday.filter((file) => only?.includes(file) ?? true) };
}

/** `words`: a suite, drivers, and names of files, those of every day when there are none. */
export async function compare(words) {
  const suite = suites.find((name) => words.includes(name)) ?? suites[0];
  const chosen = drivers.filter(({ name }) => words.includes(name));
  const files = filesFor(words);
  const lacking = await prepare(suite);
  if (lacking !== undefined) throw new Error(lacking);
  const stage = await makeStage(files.all);
  try {
    for (const run of chosen.length > 0 ? chosen : drivers) {
      const rows = [];
      for (const file of files.of(run)) {
        const row = { file };
        for (const [name, path] of Object.entries(runtimes)) {
          const show = (line) => console.log(`${run.name}, ${name}: ${line}`);
          row[name] = await count(suite, { ...run, seconds, env: { ...run.env, NOCI: path } }, file, stage.path, show);
        }
        rows.push(row);
      }
      tell(`${suite}, ${run.name}: assertions that hold`, rows);
    }
  } finally {
    stage.remove();
  }
}

function tell(title, rows) {
  const line = (first, cells) => console.log([first.padEnd(56), ...cells.map((cell) => cell.padStart(10))].join(''));
  console.log();
  line(title, Object.keys(runtimes));
  for (const { file, ...found } of rows) line(file, Object.values(found));
}
