// Writes docs/errors.md: runs every failure under noci, runc and crun in a guest, where nothing is lost when a host is broken on purpose.
// Ends with 1 when one is not mended by what noci says.
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runInGuest } from '../vm/machine.mjs';

const stage = mkdtempSync(join(tmpdir(), 'noci-stage-'));
const introduction = `# Errors

The commonest failures, and what three runtimes say of them. noci begins with runc's words where callers match on them; the cause and
the cure follow, then the place in \`config.json\`. \`npm run docs:errors\` writes this page: it makes each failure under all three, then
does what noci's message says and nothing else, after which the container has to run. \`noci validate\` finds what is wrong with a
\`config.json\` before a container is made, see [commands.md](commands.md).
`;

const block = (name, text) => `${name}:\n\n    ${(text || '(nothing)').replaceAll('\n', '\n    ')}\n`;

function section({ name, noci, runc, crun }) {
  return [`## ${name}\n`, block('noci', noci), block('runc', runc), block('crun', crun)].join('\n');
}

try {
  cpSync('test/errors', join(stage, 'errors'), { recursive: true });
  copyFileSync('dist/noci', join(stage, 'noci'));
  const stdout = new PassThrough();
  const chunks = [];
  stdout.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise((resolve) => stdout.on('close', resolve));
  const status = await runInGuest('trixie', {
    words: ['node', 'errors/guest.mjs', '/stage/noci'],
    cwd: '/stage',
    copies: [{ from: stage, to: '/stage' }],
    seconds: 900,
    stdin: 'ignore',
    stdout,
  });
  await ended;
  if (status !== 0) throw new Error(`the guest ended with status ${status}`);
  const told = JSON.parse(Buffer.concat(chunks).toString());
  writeFileSync('docs/errors.md', `${introduction}\n${told.map(section).join('\n')}`);
  for (const { name, rest } of told.filter(({ mended }) => !mended)) {
    console.error(`not mended: ${name}: ${rest}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(stage, { recursive: true });
}
