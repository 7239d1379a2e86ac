// Every run in every guest. The guests of the suites run side by side: each uses about one processor.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { count, countTests, Tally } from '../../build/tally.mjs';
import { runAttacks } from './attacks.mjs';
import { isIn, notHere, runs, suites, whenNamed } from './runs.mjs';
import { makeStage, testsIn } from './stage.mjs';
import { runSuite } from './suite.mjs';

/** Makes the image. @returns undefined, or why it cannot be had here @throws Error when it can be and breaks */
export async function prepare(suite) {
  const child = spawn('sh', ['test/vm/image.sh', suite], { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = [];
  const read = (async () => {
    for await (const line of createInterface({ input: child.stderr })) lines.push(line);
  })();
  const status = await new Promise((resolve) => child.on('close', resolve));
  await read;
  if (status !== 0 && status !== 3) throw new Error(`its image cannot be made\n${lines.join('\n')}`);
  return status === 3 ? lines.at(-1) : undefined;
}

/** What `noci features` says, in JSON. */
function featuresOf(noci) {
  return JSON.parse(spawnSync(noci, ['features'], { encoding: 'utf8', env: {} }).stdout);
}

/** All runs of one suite; `files` tells those of a run. A guest that breaks is a failure, one that cannot be had is skipped. */
async function runAll(suite, chosen, features, files, stage) {
  const show = (line) => console.log(`${suite}: ${line}`);
  const skip = (what, why) => {
    const tally = new Tally(show);
    for (const line of [`ok - ${what} # SKIP ${why}`, '# { total: 1, skip: 1 }']) tally.take(line);
    tally.end(true);
    count(tally);
  };
  let lacking;
  try {
    lacking = await prepare(suite);
  } catch (error) {
    return broken(show, error);
  }
  if (lacking !== undefined) return skip(`a guest of ${suite}`, lacking);
  for (const run of chosen) {
    if (run.suites?.includes(suite) === false) continue;
    const title = `test/integration with ${run.name} in a guest of ${suite}`;
    if (run.when?.(features) === false) {
      skip(title, 'noci features says that it cannot');
      continue;
    }
    const absent = (run.needs ?? []).find((file) => !existsSync(join(stage, file)));
    if (absent !== undefined) {
      skip(title, `${absent} is not built`);
      continue;
    }
    const own = files(suite, run);
    if (own.length === 0) continue;
    show(`# ${title}: ${own.length} files`);
    const runFiles = run.attacks === undefined ? runSuite : runAttacks;
    try {
      await countTests(own, (files, tally) => runFiles(suite, run, files, stage, tally), show);
    } catch (error) {
      broken(show, error);
    }
  }
}

function broken(show, error) {
  const tally = new Tally(show);
  for (const line of `not ok - ${error.message}`.split('\n')) tally.take(line);
  tally.end(false);
  count(tally);
}

/** The words that are names of these; those of every day when there are none. */
function named(names, words, everyday = names) {
  const found = names.filter((name) => words.includes(name));
  return found.length > 0 ? found : everyday;
}

/** `slow` is the name of all that are. */
function namedRuns(words) {
  const slow = runs.filter((run) => run.slow).map(({ name }) => name);
  const all = runs.map(({ name }) => name);
  return named(
    all,
    words.flatMap((word) => (word === 'slow' ? slow : [word])),
    all.filter((name) => !slow.includes(name)),
  );
}

/** The files that words name, without folder and ending, in every run; else those of a run in a suite. */
function filesFor(words) {
  const able = testsIn('test/integration').filter((file) => notHere[file] === undefined);
  const found = able.filter((file) => words.includes(basename(file, '.test.ts')));
  if (found.length > 0)
    return {
      all: found,
      of: (_, { user, attacks, only }) => (user || attacks ? found.filter((file) => only.includes(file)) : found),
    };
  for (const [file, why] of Object.entries({ ...notHere, ...whenNamed }))
    console.log(`# not in guests: ${file}: ${why}`);
  const everyday = able.filter((file) => whenNamed[file] === undefined);
  return {
    all: able,
    of: (suite, run) => (run.slow ? able : everyday).filter((file) => isIn(suite, run, file)),
  };
}

/** `words`: names of suites, of runs, of files; all there are of a kind that has none. */
export async function runGuests(words = []) {
  const files = filesFor(words);
  const names = namedRuns(words);
  const stage = await makeStage(files.all);
  try {
    const features = featuresOf('dist/noci');
    const chosen = runs.filter(({ name }) => names.includes(name));
    await Promise.all(named(suites, words).map((suite) => runAll(suite, chosen, features, files.of, stage.path)));
  } finally {
    stage.remove();
  }
}
