// What a guest gets to run: every test of a folder as plain JavaScript, with tap in it (its loader of TypeScript would take longer
// than most tests there), and the programs that tests call, all at the paths that they have in the project.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { TemporaryFolder } from './temporary-folder.mjs';

/** koffi looks for its addon beside itself, so it is not bundled. */
const packages = ['koffi', '@koromix/koffi-linux-x64'];

/** Where the stage is in the guest. */
export const at = '/noci';

/** These only where they were built: build/weakened.sh, compilePolicy. */
export const weakened = '.build/weakened/noci';
export const policy = '.build/selinux/policy';

const shipped = [
  'dist/noci',
  // tests ask it what the kernel tells
  'dist/noci.node',
  'schemas/noci',
  '.build/probe',
  'test/vm/guest',
  ...packages.map((name) => join('node_modules', name)),
];

/** tap can print JSX, which loads React; what is not bundled could not be loaded in the guest. */
const withoutJsx = {
  name: 'without-jsx',
  setup: (bundler) =>
    bundler.onLoad({ filter: /[/]tcompare[/].*[/]react-element-to-jsx-string\.js$/ }, () => ({
      contents: 'export default String;',
    })),
};

/** How esbuild makes of TypeScript what a guest's node runs. */
export const plainJavaScript = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
  legalComments: 'none',
  // packages of CommonJS in it ask for modules of Node.js
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  external: packages,
  plugins: [withoutJsx],
};

/** The tests of a folder by the names that they have in the guest. */
export function testsIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(folder, name));
}

export const bundled = (file) => file.replace(/\.ts$/, '.mjs');

/** For the run `selinux`, of version 33, which the kernels of all guests know. Without Debian's package secilc there is none. */
function compilePolicy(stage) {
  const output = join(stage, policy);
  mkdirSync(dirname(output), { recursive: true });
  const words = ['--mls', 'true', '--policyvers', '33', '--output', output, '--filecontext', '/dev/null'];
  const { error, status, stderr } = spawnSync('secilc', [...words, 'test/vm/selinux/policy.cil'], { encoding: 'utf8' });
  if (error === undefined && status !== 0) throw new Error(`policy.cil: ${stderr}`);
}

/** @returns a temporary folder */
export async function makeStage(files) {
  const stage = new TemporaryFolder('noci-stage-');
  for (const path of [...shipped, ...(existsSync(weakened) ? [weakened] : [])])
    cpSync(path, join(stage.path, path), { recursive: true });
  compilePolicy(stage.path);
  await build({
    ...plainJavaScript,
    entryPoints: files.map((file) => ({ in: file, out: basename(file, '.ts') })),
    outdir: join(stage.path, 'test/integration'),
    outExtension: { '.js': '.mjs' },
    // tap once, and not in each of the files
    splitting: true,
  });
  return stage;
}
