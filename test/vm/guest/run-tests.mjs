// usage: node run-tests.mjs FILE…     in the guest: runs bundled tests one after the other. What a file prints is indented, as in
// a subtest, and after it stands a line that says how it ended.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** ms, of one file: tap ends it before, after TAP_TIMEOUT, as .taprc does elsewhere, unless it cannot. */
const limit = (Number(process.env.TAP_TIMEOUT) + 60) * 1000;

async function run(file) {
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limit,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise((resolve) => child.on('exit', (status, signal) => resolve(signal ?? status)));
  // A process that a test has lost may hold the pipe for longer than the file runs.
  const gone = ended.then(() => new Promise((resolve) => setTimeout(resolve, 1000).unref()));
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => console.log(`    ${line}`));
  await Promise.race([new Promise((resolve) => lines.on('close', resolve)), gone]);
  lines.close();
  child.stdout.destroy();
  return ended;
}

for (const [index, file] of process.argv.slice(2).entries()) {
  const name = file.replace(/\.mjs$/, '.ts');
  const begin = performance.now();
  console.log(`# Subtest: ${name}`);
  const status = await run(file);
  const time = `# time=${Math.round(performance.now() - begin)}ms`;
  console.log(
    status === 0
      ? `ok ${index + 1} - ${name} ${time}`
      : `not ok ${index + 1} - ${name}: it ended with ${status} ${time}`,
  );
}
