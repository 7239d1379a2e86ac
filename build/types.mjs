// The library's declarations, dist/types: as tsc writes them, without what src/node/index.ts does not lead to. They are CommonJS as
// dist/index.cjs is, so that `require` has types on every compiler; `import` has its own entry, dist/index.d.mts.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const all = '.build/types';
const fresh = '.build/types.new';
rmSync(all, { recursive: true, force: true });
rmSync(fresh, { recursive: true, force: true });
execFileSync('node_modules/.bin/tsc', ['-p', 'build/types.json'], { stdio: 'inherit' });

/** "from './x.ts'" and "import('./x.ts')": tsc leaves them as they are in declarations */
const specifier = /((?:from |import\()["'])(\.[^"']*)\.ts(["'])/g;

/** "import './x.ts';" */
const effects = /^import ['"].*['"];\n/gm;

const textOf = (/** @type {string} */ file) => readFileSync(join(all, file), 'utf8');

/** @param {string} file  @param {Set<string>} seen */
function follow(file, seen) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, , path] of textOf(file).matchAll(specifier))
    follow(`${normalize(join(dirname(file), path))}.d.ts`, seen);
  return seen;
}

for (const file of follow('node/index.d.ts', new Set())) {
  mkdirSync(join(fresh, dirname(file)), { recursive: true });
  writeFileSync(join(fresh, file), textOf(file).replace(effects, '').replace(specifier, '$1$2.js$3'));
}
writeFileSync(join(fresh, 'package.json'), '{ "type": "commonjs" }\n');
rmSync('dist/types', { recursive: true, force: true });
renameSync(fresh, 'dist/types');
writeFileSync('dist/index.d.mts', "export * from './types/node/index.js';\n");
