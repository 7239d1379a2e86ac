// npm run bench -- --vm: create in a guest with cgroup v2 alone and systemd, where the machine itself may have neither. Processors
// are emulated there, so only ratios mean something.
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runInGuest } from '../test/vm/machine.mjs';
import { TemporaryFolder } from '../test/vm/temporary-folder.mjs';

const rounds = 40;
const suite = 'trixie';

/** `most`: of what the peer needs. */
const drivers = [
  { name: 'cgroupfs', options: [], peer: 'crun', most: 1 },
  { name: 'systemd', options: ['--systemd'], peer: 'runc', most: 0.9 },
];

const shipped = ['dist/noci', '.build/bench/main.mjs', '.build/bench/launch', '.build/bench/floor'];

/** The figures of one driver; the tables go to stderr. */
async function measure({ options }, stage) {
  const bench = `node .build/bench/main.mjs --only verbs --rounds ${rounds} ${options.join(' ')} --json /root/figures.json >&2`;
  const stdout = new PassThrough();
  const figures = text(stdout);
  const status = await runInGuest(suite, {
    words: ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', `${bench} && cat /root/figures.json`],
    cwd: '/noci',
    copies: [{ from: stage, to: '/noci' }],
    seconds: 1200,
    stdout,
  });
  if (status !== 0) throw new Error(`the benchmark ended with status ${status}`);
  return JSON.parse(await figures).figures;
}

function tell({ name, peer, most }, figures) {
  for (const figure of ['create', 'create, CPU']) {
    const [own, other] = ['noci', peer].map((runtime) =>
      figures.find((each) => each.name === figure && each.runtime === runtime),
    );
    const wrong = own?.error ?? other?.error;
    if (wrong !== undefined) throw new Error(`${figure} with ${name}: ${wrong}`);
    const [median, minimum] = ['median', 'minimum'].map((key) => own[key] / other[key]);
    const judged = figure === 'create' ? `, ${median <= most ? 'within' : 'beyond'} ${most}` : '';
    console.log(
      `${figure} with ${name}: ${median.toFixed(2)} of ${peer}, of the minima ${minimum.toFixed(2)}${judged}`,
    );
  }
}

const stage = new TemporaryFolder('noci-bench-');
for (const path of shipped) cpSync(path, join(stage.path, path), { recursive: true });
const features = JSON.parse(spawnSync('dist/noci', ['features'], { encoding: 'utf8', env: {} }).stdout);
try {
  for (const driver of drivers) {
    if (driver.name === 'systemd' && features.linux.cgroup.systemd !== true) {
      console.log('create with systemd: noci features says that it cannot');
    } else {
      console.error(`noci: ${rounds} rounds with ${driver.name} in a guest of ${suite}`);
      tell(driver, await measure(driver, stage.path));
    }
  }
} catch (error) {
  console.error(`noci: ${error.message}`);
  process.exitCode = 1;
} finally {
  stage.remove();
}
