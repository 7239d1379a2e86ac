// Both sides of the comparison: a script in a Node.js of its own, and the same script as the main of an executable that
// is built like dist/noci.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { buildSync } from 'esbuild';
import { plainNode } from '../host.ts';

export const work = '.build/conformance';

/** `checked` has AddressSanitizer and UndefinedBehaviorSanitizer, and takes its heap apart at the end. */
export type Flavour = 'static' | 'checked';

/** What the main of the executable needs of the addon, whichever it is. */
const main = (script: string): string => `
import { run } from ${JSON.stringify(script)};
export function main(native) {
  // What noci's own code never uses of the language is there after the first of them.
  native.cold('nothing');
  for (const line of run(native, (buffer) => buffer.transfer())) native.write(1, line + '\\n');
  return 0;
}`;

/**
 * The lines of `script` in an executable whose addon is `module`, noci's own when it is absent. Undefined: the engine's
 * sources cannot be had here.
 */
export function linesOfExecutable(script: string, flavour: Flavour, module?: string): string[] | undefined {
  mkdirSync(work, { recursive: true });
  const path = `${work}/${script.replace(/^.*\//, '').replace('.ts', '')}-${flavour}`;
  buildSync({
    stdin: { contents: main(script), resolveDir: process.cwd() },
    bundle: true,
    format: 'cjs',
    target: 'es2022',
    outfile: `${path}.js`,
    logLevel: 'error',
  });
  writeFileSync(`${work}/nothing.js`, '');
  const built = spawnSync('sh', ['build/standalone.sh', path, `${path}.js`, `${work}/nothing.js`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...(flavour === 'checked' ? { NOCI_CHECKED: '1' } : {}),
      ...(module === undefined ? {} : { NOCI_MODULE: module }),
    },
  });
  if (built.status === 3) return undefined;
  if (built.status !== 0) throw new Error(`build/standalone.sh: exit status ${built.status}`);
  const output = execFileSync('/usr/bin/env', ['-i', path], { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 300_000 });
  return output.split('\n').slice(0, -1);
}

/** The addon of tests for Node.js. */
export function buildProbe(): string {
  mkdirSync(work, { recursive: true });
  const path = `${process.cwd()}/${work}/probe.node`;
  const flags = ['-std=c++17', '-O1', '-fPIC', '-shared', '-Wall', '-Wextra', '-Werror', '-DNAPI_VERSION=8'];
  const headers = ['-isystem', 'node_modules/node-api-headers/include'];
  execFileSync('g++', [...flags, ...headers, 'test/native/standalone/probe.cc', '-o', path], { stdio: 'inherit' });
  return path;
}

/** The lines of `script` in a Node.js of its own. */
export function linesOfNode(script: string, addon: string): string[] {
  mkdirSync(work, { recursive: true });
  const path = `${work}/${script.replace(/^.*\//, '').replace('.ts', '')}-node.cjs`;
  const detach = '(buffer) => structuredClone(buffer, { transfer: [buffer] })';
  const contents = `
import { run } from ${JSON.stringify(script)};
const addon = process.argv[2];
process.stdout.write(run(require(addon), ${detach}).map((line) => line + '\\n').join(''));`;
  buildSync({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile: path,
    logLevel: 'error',
  });
  const [command = '', ...args] = plainNode;
  const output = execFileSync(command, [...args, path, addon], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 300_000,
  });
  return output.split('\n').slice(0, -1);
}

/** Where two lists differ, at most `count` of the places. */
export function differences(node: readonly string[], executable: readonly string[], count: number): string[][] {
  const length = Math.max(node.length, executable.length);
  const found: string[][] = [];
  for (let i = 0; i < length && found.length < count; i++) {
    if (node[i] !== executable[i]) found.push([`node: ${node[i]}`, `executable: ${executable[i]}`]);
  }
  return found;
}
