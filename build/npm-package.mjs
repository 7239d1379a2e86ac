// An npm package of what is built: the library, its types, the addon, and the executable.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What stands in dist/ by the names that the library looks for. */
const built = [
  'noci',
  'noci-keeper',
  'noci-planner.cjs',
  'noci-node',
  'noci-node.cjs',
  'noci.node',
  'noci-library.node',
  'cold',
  'index.cjs',
  'index.mjs',
  'index.d.mts',
  'types',
  'NOTICES',
];

/**
 * @param {Record<string, unknown>} release   package.json
 * @returns {string} the path of the package
 */
export function npmPackage(release) {
  const folder = '.build/npm';
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of built) cpSync(join('dist', name), join(folder, name), { recursive: true });
  for (const name of ['LICENSE', 'README.md']) cpSync(name, join(folder, name));
  const { name, version, description, license, type, engines, os, optionalDependencies } = release;
  const { peerDependencies, peerDependenciesMeta } = release;
  const manifest = {
    name,
    version,
    description,
    license,
    type,
    engines,
    os,
    optionalDependencies,
    cpu: [process.arch],
    bin: { noci: 'noci', 'noci-node': 'noci-node' },
    main: './index.cjs',
    types: './types/node/index.d.ts',
    exports: release.exports,
    peerDependencies,
    peerDependenciesMeta,
  };
  // what is dist/ here is the folder of the package there
  const text = JSON.stringify(manifest, null, 2).replaceAll('"./dist/', '"./');
  writeFileSync(join(folder, 'package.json'), `${text}\n`);
  const words = ['pack', '--silent', '--ignore-scripts', '--pack-destination', 'dist', `./${folder}`];
  return join('dist', execFileSync('npm', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim());
}
