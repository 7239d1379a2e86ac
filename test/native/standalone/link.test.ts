// Node-API over QuickJS has what the addon calls, and nothing that nobody calls.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import t from 'tap';
import { addon } from '../host.ts';
import { work } from './executable.ts';

const sources = 'addon/standalone/napi';

function symbols(args: readonly string[]): string[] {
  const lines = execFileSync('nm', args, { encoding: 'utf8' }).split('\n');
  const names = lines.map((line) => line.replace(/^.* /, '')).filter((name) => /^(napi|node_api)_/.test(name));
  return [...new Set(names)].sort();
}

/** Nothing of the engine but its header is needed to see what is defined. */
function definedSymbols(headers: string): string[] {
  mkdirSync(work, { recursive: true });
  const names = readdirSync(sources).filter((name) => name.endsWith('.cc'));
  const flags = [
    '-std=c++17',
    '-O0',
    '-DNAPI_VERSION=8',
    '-isystem',
    headers,
    '-isystem',
    'node_modules/node-api-headers/include',
  ];
  return names.flatMap((name) => {
    const object = `${work}/link-${name}.o`;
    execFileSync('g++', [...flags, '-c', `${sources}/${name}`, '-o', object], { stdio: 'inherit' });
    return symbols(['--defined-only', '--extern-only', object]);
  });
}

function engineHeaders(): string | undefined {
  try {
    return execFileSync('sh', ['build/quickjs.sh'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

const headers = engineHeaders();

t.test(
  'what the addon calls is what there is',
  { skip: headers === undefined && 'no sources of the engine here' },
  async (t) => {
    const called = symbols(['--dynamic', '--undefined-only', addon]);
    t.ok(called.length > 40, `${called.length} functions`);
    t.strictSame(definedSymbols(headers as string).sort(), called);
  },
);
