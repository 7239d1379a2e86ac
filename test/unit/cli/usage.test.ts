// The help is tested as it ships: bundled, and evaluated where there is nothing but ECMAScript.
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { build, type Plugin } from 'esbuild';
import t from 'tap';
import { commands, grammarOf, type Verb } from '../../../src/cli/options.ts';

type Usage = typeof import('../../../src/cli/usage.ts');

const folder = new URL('../../../', import.meta.url).pathname;

async function load(): Promise<Usage> {
  process.chdir(folder);
  const { yargsOnAnyHost } = (await import(`${folder}build/yargs.mjs`)) as { yargsOnAnyHost: Plugin };
  const { outputFiles } = await build({
    entryPoints: ['src/cli/usage.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'usage',
    platform: 'neutral',
    plugins: [yargsOnAnyHost],
  });
  const context = vm.createContext({}, { codeGeneration: { strings: false, wasm: false } });
  vm.runInContext('delete globalThis.console; delete globalThis.Intl; delete globalThis.WebAssembly;', context);
  vm.runInContext(outputFiles[0]?.text ?? '', context);
  return vm.runInContext('usage', context) as Usage;
}

const usage = await load();
const program = { name: 'noci', version: '1.2.3' };
const verbs = Object.keys(commands) as Verb[];
const available = verbs.filter((verb) => grammarOf(verb).available !== false);

t.test('the help of the program', async (t) => {
  const text = usage.help(program, undefined);
  t.match(text, /^NAME:\n {3}noci - \S.*\n\nUSAGE:\n {3}noci \[global options\] command /);
  t.match(text, /\nVERSION:\n {3}1\.2\.3\n/);
  t.match(text, /\n {2}-h, --help .*\n/);
  t.match(text, /\n {2}-v, --version .*\n/);
  t.match(text, / --rootless .*\[default: "auto"\]/);
  t.ok(text.endsWith('\n') && !text.endsWith('\n\n'));
  t.notMatch(text, /criu/, 'hidden');
  t.same(
    text.split('\n').filter((row) => row.length > 100),
    [],
  );
  for (const verb of verbs) t.equal(new RegExp(`\\n {3}${verb} `).test(text), available.includes(verb), verb);
});

t.test('the help of each command names its options, and no line is wider than 100', async (t) => {
  for (const verb of verbs) {
    const text = usage.help(program, verb);
    const { options } = grammarOf(verb);
    t.ok(text.startsWith(`NAME:\n   noci ${verb} - `), verb);
    for (const [name, option] of Object.entries(options)) {
      const line = text.split('\n').find((row) => new RegExp(`^ +(-[a-z], )?--${name}( |$)`).test(row)) ?? '';
      t.equal(line === '', option.hidden === true, `${verb} --${name}`);
      if (option.short !== undefined && option.hidden !== true) t.match(line, `-${option.short}, --${name}`);
    }
    t.same(
      text.split('\n').filter((row) => row.length > 100),
      [],
      verb,
    );
    t.notMatch(text, /undefined|\[object|\n\n\n/);
  }
});

/** runc's have more options than lines. */
const longer = new Set(['exec', 'update']);

t.test('the help of a command fits a screen', async (t) => {
  for (const verb of available) {
    const lines = usage.help(program, verb).trimEnd().split('\n').length;
    t.ok(longer.has(verb) || lines <= 24, `${verb}: ${lines} lines`);
  }
});

t.test('an option of the command that is called as a global one is described once', async (t) => {
  const rows = usage
    .help(program, 'spec')
    .split('\n')
    .filter((row) => row.startsWith('      --rootless '));
  t.match(rows, [/without privileges/]);
  t.equal(rows.length, 1);
});

t.test('what was probably meant', async (t) => {
  t.equal(usage.nearestOption('create', 'bundel'), 'Did you mean --bundle?\n');
  t.equal(usage.nearestOption('create', 'pidfile'), 'Did you mean --pid-file?\n');
  t.equal(usage.nearestOption('start', 'debgu'), 'Did you mean --debug?\n', 'a global option');
  t.equal(usage.nearestOption(undefined, 'rot'), 'Did you mean --root?\n');
  t.equal(usage.nearestOption('start', 'bundel'), '', "another command's option");
  t.equal(usage.nearestCommand('crate'), 'Did you mean create?\n');
  t.equal(usage.nearestCommand('lits'), 'Did you mean list?\n');
  for (const word of ['qqqqqqqqqq', '', '__proto__', '$0', 'a b']) t.equal(usage.nearestCommand(word), '', word);
});

t.test('completions', async (t) => {
  const words = (...line: string[]) =>
    usage
      .completions(['noci', ...line], '/bin/bash', ['c1', 'c2'])
      .split('\n')
      .filter((word) => word !== '');
  t.same(words(''), [...available, 'completion', 'help']);
  t.same(
    words('create', '--').filter((word) => !Object.keys(grammarOf('create').options).includes(word.slice(2))),
    ['--debug', '--log', '--log-format', '--root', '--systemd-cgroup', '--rootless'],
  );
  t.ok(words('--root', '/r', 'delete', '--').includes('--force'));
  t.notOk(words('delete', '--force', '--').includes('--force'), 'once is enough');
  t.match(usage.completions(['noci', 'list', '--'], '/usr/bin/zsh', []), /^--format:table or json\n/);
  t.match(usage.completions(['noci', 'list', '--'], '/usr/bin/fish', []), /^--format\ttable or json\n/);
});

t.test('the id of a container, where one is wanted', async (t) => {
  const ids = (...line: string[]) => usage.completions(['noci', ...line], '', ['c1', 'c2']) === 'c1\nc2\n';
  t.ok(ids('start', ''));
  t.ok(ids('--root', '/r', 'delete', '--force', 'c'));
  t.ok(ids('kill', 'c'));
  t.notOk(ids('start', '-'), 'an option');
  t.notOk(ids('kill', 'c1', ''), 'there is one');
  t.notOk(ids('list', ''), 'none is wanted');
  t.notOk(ids('create', ''), 'a new one is wanted');
  t.notOk(ids('start', '--root', ''), 'the value of an option');
  t.notOk(ids('star'), 'the name of a command');
});

t.test('completion scripts', async (t) => {
  const bash = usage.completionScript('/usr/bin/noci', 'bash') ?? '';
  t.match(bash, 'complete -o bashdefault -o default -F _noci_yargs_completions noci\n');
  t.match(bash, '(SHELL=bash /usr/bin/noci --get-yargs-completions "');
  t.match(bash, '/usr/bin/noci completion bash >> ~/.bashrc');
  const zsh = usage.completionScript('noci', 'zsh') ?? '';
  t.match(zsh, /^#compdef noci\n/);
  t.match(zsh, 'SHELL=zsh noci --get-yargs-completions');
  const fish = usage.completionScript('/usr/bin/noci', 'fish') ?? '';
  t.match(
    fish,
    /^complete --command noci --no-files --arguments '\(SHELL=fish \/usr\/bin\/noci --get-yargs-completions .*\)'\n$/,
  );
  t.equal(usage.completionScript('noci', 'tcsh'), undefined);
});

t.test('nothing that create, start or kill load brings in the help', async (t) => {
  for (const file of ['dispatch', 'parse', 'scan', 'options', 'log', 'record', 'root']) {
    const source = readFileSync(`${folder}src/cli/${file}.ts`, 'utf8');
    t.notMatch(source, /^import .* from '(yargs|\.\/usage)/m, file);
  }
});
