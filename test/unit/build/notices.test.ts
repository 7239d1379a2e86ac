// The licences that are passed on with what is built.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

const project = new URL('../../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'noci-notices-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** The notices of the bundle of an entry, or of all that is built. */
function notices(...entry: readonly string[]): string {
  const output = join(folder, 'NOTICES');
  const args = ['-i', process.execPath, 'build/notices.mjs', output, ...entry];
  const { status, stderr } = spawnSync('/usr/bin/env', args, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(output, 'utf8');
}

/** What it is about, without versions. */
const heads = (text: string): (string | undefined)[] =>
  [...text.matchAll(/^(.+)\n=+$/gm)].map(([, name = '']) => name.split(' ')[0]).filter((name) => name !== 'QuickJS-ng');

const libraries = ['musl', 'libstdc++', 'RapidJSON', 'node-addon-api', 'node-api-headers'];

t.test('of what is built', async (t) => {
  const text = notices();
  t.ok(heads(text).includes('yargs'), 'the packages in it');
  t.match(text, /Rich Felker/, 'musl');
  t.match(text, /GCC Runtime Library Exception/, 'libstdc++');
  t.match(text, /Milo Yip/, 'RapidJSON');
  t.match(text, /James Halliday/, 'yargs');
});

t.test('of the packages that a bundle holds, and of no others', async (t) => {
  const entry = join(folder, 'entry.js');
  writeFileSync(entry, `import strip from '${project}node_modules/strip-ansi/index.js'; strip(process.argv[1]);`);
  t.strictSame(heads(notices(entry)), [...libraries, 'ansi-regex', 'strip-ansi']);
  writeFileSync(entry, 'process.exit(1);');
  t.strictSame(heads(notices(entry)), libraries);
});
