// The programs of docs/examples, as their readers run them.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import t, { type Test } from 'tap';
import { makeBundle, missing } from './bundle.ts';

const project = new URL('../../', import.meta.url).pathname;
const skip = missing() || (!existsSync(`${project}dist/index.mjs`) && 'dist/index.mjs is not built');

/** A bundle whose container lives until it is ended. */
const makeBusy = (t: Test) =>
  makeBundle(t, (config) => {
    config.process.args = ['/bin/sh', '-c', 'while :; do sleep 1000; done'];
    // without inheritable ones they are warned of
    delete config.process.capabilities.ambient;
  });

/** Without what tap puts into the environment of Node.js. `typed` goes to stdin as soon as something was printed. */
async function run(name: string, words: readonly string[], typed = '') {
  const program = spawn(process.execPath, [`docs/examples/${name}.mjs`, ...words], {
    cwd: project,
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const texts = ['', ''];
  for (const [index, stream] of [program.stdout, program.stderr].entries())
    stream.setEncoding('utf8').on('data', (text) => {
      texts[index] += text;
    });
  program.stdout.once('data', () => program.stdin.write(typed));
  const status = await new Promise((resolve) => program.on('close', resolve));
  return { status, stdout: texts[0], stderr: texts[1] };
}

t.test('output', { skip }, async (t) => {
  const bundle = makeBusy(t);
  t.strictSame(await run('output', [bundle]), { status: 0, stdout: 'hello\n', stderr: '' });
  const script = 'echo out; echo err >&2; exit 3';
  t.strictSame(await run('output', [bundle, 'sh', '-c', script]), { status: 3, stdout: 'out\n', stderr: 'err\n' });
  t.match(await run('output', ['/nothing']), { status: 1, stderr: /chdir \/nothing: .*\n {2}\(ENOENT, no step, / });
});

t.test('terminal', { skip }, async (t) => {
  const { status, stdout, stderr } = await run('terminal', [makeBusy(t)], 'tty; stty size; exit 6\n');
  t.equal(stderr, '');
  t.match(stdout, /\/dev\/pts\/0\r\n24 80\r\n/);
  t.equal(status, 6);
});

t.test('many', { skip }, async (t) => {
  const { status, stdout, stderr } = await run('many', [makeBusy(t), '10', '3000']);
  t.equal(stderr, '');
  t.match(stdout, /^10 containers, looked at \d{2,} times, at most \d+ processes in one\n$/);
  t.equal(status, 0);
});
