// docs/api says what the docstrings say.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

const project = new URL('../../../', import.meta.url).pathname;

function pagesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

t.test('the pages about the library are those of its docstrings (npm run docs writes them)', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'noci-api-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const words = ['--options', 'build/typedoc.json', '--out', folder];
  const env = { PATH: process.env.PATH, HOME: folder };
  const { status, stdout, stderr } = spawnSync(join(project, 'node_modules/.bin/typedoc'), words, {
    cwd: project,
    env,
    encoding: 'utf8',
  });
  t.equal(status, 0, status === 0 ? 'typedoc has no complaint' : stdout + stderr);
  const pages = pagesIn(folder);
  t.ok(Object.keys(pages).includes('classes/Runtime.md'));
  t.strictSame(pagesIn(join(project, 'docs/api')), pages);
});
