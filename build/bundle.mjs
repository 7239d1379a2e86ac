// Bundles the TypeScript: for the standalone executable, for the one that runs in Node.js, what both load only when asked
// (cold), the library, the fault-injection build that the crash tests use, and with the argument `weakened` only the build in
// which tests of attacks turn a mitigation off.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { build } from 'esbuild';
import { bundleShared } from './shared.mjs';
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
  target: 'node20',
  logLevel: 'warning',
  legalComments: 'none',
  // no mitigation can be turned off: statements with this label are left out, see src/native/weakened.ts
  dropLabels: ['WEAKENED'],
  define: { NOCI_VERSION: JSON.stringify(version), NOCI_COMMIT: JSON.stringify(commit()) },
};

/** Replaced in one step: somebody may be starting it. */
async function replace(path, write) {
  const fresh = `${dirname(path)}/.${basename(path)}-${process.pid}`;
  await write(fresh);
  renameSync(fresh, path);
}

/** The launcher, and beside it the script that it starts Node.js with. CommonJS starts faster than a module. */
async function bundleExecutable(entry, path) {
  mkdirSync(dirname(path), { recursive: true });
  const script = { ...common, platform: 'node', format: 'cjs', entryPoints: [entry] };
  await replace(`${path}.cjs`, (outfile) => build({ ...script, outfile }));
  await replace(path, (copy) => copyFileSync('.build/launcher/launcher', copy));
}

function script(entry, options = {}) {
  return {
    ...common,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    format: 'cjs',
    entryPoints: [entry],
    ...options,
  };
}

async function bundleScript(entry, outfile, options = {}) {
  await build({ ...script(entry, options), outfile });
}

/**
 * The library is CommonJS, which `require` loads on every Node.js; what `import` loads gives the same classes by their names, so that an
 * error of the one is an instance of the other's. Beside it the script of its thread.
 */
async function bundleLibrary() {
  const node = { ...common, platform: 'node', format: 'cjs' };
  await build({ ...node, entryPoints: ['src/node/index.ts'], outfile: 'dist/index.cjs' });
  await build({ ...node, entryPoints: ['src/node/planner-thread.ts'], outfile: 'dist/noci-planner.cjs' });
  const names = Object.keys(createRequire(import.meta.url)('../dist/index.cjs'));
  await replace('dist/index.mjs', (file) =>
    writeFileSync(file, `export { ${names.join(', ')} } from './index.cjs';\n`),
  );
}

/** What a call loads when it is asked for it, by the name that native.cold knows. */
const cold = {
  usage: {
    entry: 'src/cli/usage.ts',
    plugins: [yargsOnAnyHost],
    minifySyntax: true,
    minifyWhitespace: true,
    // shorter names are less bytecode, and nobody reads a stack of yargs
    minifyIdentifiers: true,
  },
  systemd: { entry: 'src/cgroup/systemd/driver.ts' },
  seldom: { entry: 'src/commands/seldom.ts' },
  advice: { entry: 'src/bundle/advice/advice.ts', minifySyntax: true },
  trace: { entry: 'src/commands/traced.ts', minifySyntax: true },
  beyond: { entry: 'src/commands/beyond.ts', minifySyntax: true },
  seccomp: { entry: 'src/seccomp/module.ts', minifySyntax: true },
};

async function bundleCold(folder, extension, changes = {}) {
  for (const [name, { entry, ...options }] of Object.entries(cold))
    await bundleScript(entry, `${folder}/${name}.${extension}`, { ...options, ...changes });
}

/** What dist/noci is linked of. */
async function bundleStandalone(folder) {
  const modules = Object.entries(cold).map(([name, { entry, ...options }]) => [name, script(entry, options)]);
  const { main, ...texts } = await bundleShared(script('src/main.ts'), Object.fromEntries(modules));
  mkdirSync(`${folder}/cold`, { recursive: true });
  writeFileSync(`${folder}/main.js`, main);
  for (const [name, text] of Object.entries(texts)) writeFileSync(`${folder}/cold/${name}.js`, text);
}

if (process.argv[2] === 'weakened') {
  await bundleScript('test/attacks/main.ts', '.build/weakened/main.js', { dropLabels: [] });
  await bundleCold('.build/weakened/cold', 'js', { dropLabels: [] });
  process.exit();
}

await bundleExecutable('src/node/main.ts', 'dist/noci-node');
await bundleCold('dist/cold', 'cjs');
await bundleStandalone('.build/standalone');
await bundleLibrary();

if (existsSync('.build/faults/noci.node')) {
  await bundleExecutable('test/faults/main.ts', '.build/faults/noci');
  await bundleCold('.build/faults/cold', 'cjs');
}
