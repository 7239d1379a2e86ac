// Runs tap, one suite after the other, and ends with one line that a machine can read. Arguments: folders or files of tests.
//
// What runs containers runs on each host: all of it on the standalone executable, then on Node.js, and a part of it on a
// standalone executable with sanitizers. The environment variable NOCI, the path of an executable, chooses one instead.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { runGuests } from '../test/vm/guests.mjs';
import { countTests, report, total } from './tally.mjs';

const standalone = 'dist/noci';
/** dist/noci-node by the name that tests expect: a program's name stands in its texts. */
const node = '.build/node/noci';
mkdirSync(dirname(node), { recursive: true });
rmSync(node, { force: true });
symlinkSync('../../dist/noci-node', node);

/** Where the engine's sources could not be had there is no standalone executable, and Node.js stands in for it. */
const hasStandalone = existsSync(standalone) && !existsSync(`${realpathSync(standalone)}.cjs`);
/** With AddressSanitizer and UndefinedBehaviorSanitizer; a report of them ends it with a status that no test expects. */
const checked = '.build/checked/noci';
const usualHosts = hasStandalone ? [standalone, node, checked] : [node];
const hosts = process.env.NOCI ? [process.env.NOCI] : usualHosts;
const called = { [standalone]: 'the standalone executable', [node]: 'Node.js', [checked]: 'sanitizers' };

/** Unit tests may run side by side; the others look at what is left on the machine, so each has it for itself. */
const suites = [
  { folder: 'test/unit', jobs: 2 },
  { folder: 'test/native', jobs: 1 },
  { folder: 'test/integration', jobs: 1, onEveryHost: true },
  // those that test attacks again, on a program that does not stop them
  { folder: 'test/attacks', jobs: 1 },
  // the official suite
  { folder: 'test/conformance', jobs: 1 },
  // what users install
  { folder: 'test/dist', jobs: 1 },
  // each file has hosts of its own and mostly waits for engines
  { folder: 'test/engines', jobs: 2 },
  // the integration tests again, each suite of Debian in a machine of its own
  { folder: 'test/vm', run: runGuests },
  // runs when it is named
  { folder: '', jobs: 1 },
];

/**
 * Files that run on one host only: faults are injected into the TypeScript in Node.js and into the system calls of the other,
 * the library is Node.js's own, the file dist/noci the other's, 500 containers are enough, and so is one look
 * at a page, and strace(1) of one program. What shows the kernel and the addon at length, and nothing of the host, runs on the one that
 * engines call.
 */
const once = {
  'test/integration/crash.test.ts': node,
  'test/integration/differential.test.ts': standalone,
  'test/integration/exec-races.test.ts': standalone,
  'test/integration/executable.test.ts': standalone,
  'test/integration/explain.test.ts': standalone,
  'test/integration/hook-endings.test.ts': standalone,
  'test/integration/hostile-rootfs.test.ts': standalone,
  'test/integration/hostile-state.test.ts': standalone,
  'test/integration/killed.test.ts': standalone,
  'test/integration/library-examples.test.ts': node,
  'test/integration/library-load.test.ts': node,
  'test/integration/library-remains.test.ts': node,
  'test/integration/library.test.ts': node,
  'test/integration/limits.test.ts': standalone,
  'test/integration/races.test.ts': standalone,
  'test/integration/resctrl.test.ts': node,
  'test/integration/resources.test.ts': standalone,
  'test/integration/seccomp.test.ts': standalone,
  'test/integration/soak.test.ts': standalone,
  'test/integration/timeline.test.ts': standalone,
};

/** What runs with sanitizers too: every command, its errors, hooks, fds, texts that are not UTF-8, hostile input. */
const withSanitizers = [
  'bytes-in-paths',
  'debug',
  'errors',
  'errors-of-commands',
  'fds',
  'hooks',
  'hostile-state',
  'lifecycle',
  'namespaces',
  'stdio',
].map((name) => `test/integration/${name}.test.ts`);

function testsIn(path) {
  if (!statSync(path).isDirectory()) return [relative('.', path)];
  return readdirSync(path, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => relative('.', join(path, name)))
    .sort();
}

async function run(files, jobs, env, tally) {
  const tap = spawn('node_modules/.bin/tap', ['run', '--reporter=tap', `--jobs=${jobs}`, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise((resolve) => tap.on('close', resolve));
  for await (const line of createInterface({ input: tap.stdout })) tally.take(line);
  tally.end((await ended) === 0);
}

/** The files of a suite by the host that they run on; a suite that runs no containers has none. */
function byHost(suite, files) {
  if (!suite.onEveryHost) return [[undefined, files]];
  const isOn = (host) => (file) => {
    if (host === checked && host !== process.env.NOCI) return withSanitizers.includes(file);
    return once[file] === undefined || (hosts.includes(once[file]) ? once[file] : hosts[0]) === host;
  };
  return hosts.map((host) => [host, files.filter(isOn(host))]);
}

const folders = process.argv.length > 2 ? process.argv.slice(2) : suites.map(({ folder }) => folder).filter(Boolean);
const chosen = [...new Set(folders.flatMap(testsIn))];
for (const suite of suites) {
  if (suite.run !== undefined) {
    if (folders.includes(suite.folder)) await suite.run();
    continue;
  }
  const files = chosen.filter((file) => suites.find(({ folder }) => file.startsWith(folder)) === suite);
  for (const [host, some] of byHost(suite, files)) {
    if (some.length === 0) continue;
    console.log(
      `# ${suite.folder || 'tests'}${host === undefined ? '' : ` on ${called[host] ?? host}`}: ${some.length} files`,
    );
    const env = host === undefined ? {} : { NOCI: host };
    await countTests(some, (files, tally) => run(files, suite.jobs, env, tally));
  }
}
if (!hosts.includes(standalone) && !process.env.NOCI) {
  console.log(`ok - test/integration on ${standalone} # SKIP it is not built: sh build/quickjs.sh tells why`);
  total.skip++;
}

report();
