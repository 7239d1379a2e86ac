// Bundles the TypeScript: the executable, what it loads only when asked (cold), the library, and the fault-injection
// build that the crash tests use.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { yargsOnAnyHost } from './yargs.mjs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  legalComments: 'none',
  define: { NOCI_VERSION: JSON.stringify(version), NOCI_COMMIT: JSON.stringify(commit()) },
};

// Callers start a runtime without PATH, so the interpreter is named by its absolute path.
const executable = { ...common, format: 'cjs', banner: { js: `#!${process.execPath}` } };

async function bundleExecutable(entry, folder) {
  mkdirSync(folder, { recursive: true });
  // A file without an extension is what the nearest package.json says; CommonJS starts faster than a module.
  writeFileSync(`${folder}/package.json`, '{ "type": "commonjs" }\n');
  const fresh = `${folder}/.noci-${process.pid}`;
  await build({ ...executable, entryPoints: [entry], outfile: fresh });
  chmodSync(fresh, 0o755);
  // Replaced in one step: somebody may be starting it.
  renameSync(fresh, `${folder}/noci`);
}

async function bundleCold(folder) {
  await build({
    ...common,
    plugins: [yargsOnAnyHost],
    format: 'cjs',
    entryPoints: { usage: 'src/cli/usage.ts' },
    outdir: `${folder}/cold`,
    outExtension: { '.js': '.cjs' },
  });
}

await bundleExecutable('src/node/main.ts', 'dist');
await bundleCold('dist');
await build({ ...common, format: 'esm', entryPoints: ['src/node/index.ts'], outfile: 'dist/index.mjs' });

if (existsSync('.build/faults/noci.node')) await bundleExecutable('test/faults/main.ts', '.build/faults');
