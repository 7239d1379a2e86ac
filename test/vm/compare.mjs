// The integration tests under noci, runc and crun in one guest: what they are called by is the only difference. A test about noci's
// own texts fails for the others, so this tells where to look and judges nothing.
import { Tally } from '../../build/tally.mjs';
import { notHere, suites } from './runs.mjs';
import { makeStage, testsIn } from './stage.mjs';
import { runSuite } from './suite.mjs';

const runtimes = { noci: 'dist/noci', runc: '/usr/sbin/runc', crun: '/usr/bin/crun' };

/** About noci alone, or compares with runc itself. */
const ofNoci = ['debug', 'differential', 'hostile-state', 'waiting-init'].map(
  (name) => `test/integration/${name}.test.ts`,
);

const drivers = { cgroupfs: {}, systemd: { NOCI_CGROUP_DRIVER: 'systemd' } };

/** File → "passed of all", of one runtime. */
async function counts(suite, env, files, stage, show) {
  const tally = new Tally(show);
  const found = new Map();
  let before = { pass: 0, fail: 0 };
  const ended = (file) => {
    const [pass, fail] = [tally.pass - before.pass, tally.fail - before.fail];
    found.set(file, `${pass}/${pass + fail}`);
    before = { pass: tally.pass, fail: tally.fail };
  };
  try {
    await runSuite(suite, { env }, files, stage, tally, ended);
  } catch (error) {
    show(`# ${error.message}`);
  }
  return found;
}

/** `words`: a suite, drivers, and names of files, all when there are none. */
export async function compare(words) {
  const suite = suites.find((name) => words.includes(name)) ?? suites[0];
  const chosen = Object.keys(drivers).filter((name) => words.includes(name));
  const all = testsIn('test/integration').filter((file) => notHere[file] === undefined && !ofNoci.includes(file));
  const named = all.filter((file) => words.some((word) => file === `test/integration/${word}.test.ts`));
  const files = named.length > 0 ? named : all;
  const stage = await makeStage(files);
  try {
    for (const driver of chosen.length > 0 ? chosen : Object.keys(drivers)) {
      const columns = new Map();
      for (const [name, path] of Object.entries(runtimes)) {
        const show = (line) => console.log(`${driver}, ${name}: ${line}`);
        columns.set(name, await counts(suite, { NOCI: path, ...drivers[driver] }, files, stage.path, show));
      }
      tell(`${suite}, ${driver}: assertions that hold`, files, columns);
    }
  } finally {
    stage.remove();
  }
}

function tell(title, files, columns) {
  console.log(`\n${[title.padEnd(56), ...[...columns.keys()].map((name) => name.padStart(10))].join('')}`);
  for (const file of files) {
    console.log(
      [file.padEnd(56), ...[...columns.values()].map((found) => (found.get(file) ?? '-').padStart(10))].join(''),
    );
  }
}
