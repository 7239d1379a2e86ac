// The integration suite in a guest.
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { runInGuest } from './machine.mjs';
import { at, bundled } from './stage.mjs';

/**
 * Runs files of a stage in a guest of `suite`, as `run` says (runs.mjs). Every line goes to `tally.take`, and after the last one of a
 * file `ended` gets the file.
 * @throws Error when the guest breaks down
 */
export async function runSuite(suite, run, files, stage, tally, ended = () => {}) {
  const { user = false, prefix = [], seconds = 900, kernel } = run;
  // test/integration/emulation.ts; TAP_TIMEOUT: of one file
  const env = { NOCI_EMULATED: '1', TAP_TIMEOUT: String(seconds), ...run.env };
  let left = files.length;
  const stdout = new PassThrough();
  const lines = createInterface({ input: stdout }).on('line', (line) => {
    tally.take(line);
    const end = /^(not )?ok \d+ - ([\w./-]+)/.exec(line);
    if (end === null) return;
    left--;
    tally.end(end[1] === undefined);
    ended(end[2]);
  });
  const read = new Promise((resolve) => lines.on('close', resolve));
  const status = await runInGuest(suite, {
    words: [
      ...(user ? ['as-user', ...inherited(env)] : []),
      ...prefix,
      'node',
      'test/vm/guest/run-tests.mjs',
      ...files.map(bundled),
    ],
    cwd: at,
    env,
    copies: [{ from: stage, to: at }],
    seconds: 3 * seconds,
    kernel,
    stdout,
  });
  await read;
  if (status !== 0 || left > 0)
    throw new Error(`the tests ended with status ${status}, ${left} files before their end`);
}

/** as-user begins with an environment of its own. */
const inherited = (env) => ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
