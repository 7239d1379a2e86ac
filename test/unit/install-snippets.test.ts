// What docs/install.md and docs/kubernetes.md show of an engine's configuration is the file that the suites of engines use.
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

const docs = new URL('../../docs/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, docs), 'utf8');
const pages = ['install.md', 'kubernetes.md'].map(read).join('\n');

/** "[install/x.toml](install/x.toml):" and the block of code behind it. */
const shown = new Map(
  [...pages.matchAll(/^\[(install\/\S+)\]\(\1\):\n\n```\w+\n(.*?)^```$/gms)].map(([, path = '', text = '']) => [
    path,
    text,
  ]),
);

t.test('every file is shown as it is', async (t) => {
  const files = readdirSync(new URL('install/', docs)).map((name) => `install/${name}`);
  t.strictSame([...shown.keys()].sort(), files.sort());
  for (const file of files) t.equal(shown.get(file), read(file), file);
});

t.test('all name the file that the package installs', async (t) => {
  for (const [path, text] of shown) if (!path.endsWith('.yaml')) t.match(text, '"/usr/bin/noci"', path);
});
