// What every command of the lifecycle says and answers in every status: each script of commands runs under runc too, and
// status, stdout and the error are compared.
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';

const skip = missing();
const timeout = 300_000;

/** What one command showed, with everything taken out that differs between two runs of one runtime. */
interface Shown {
  readonly command: string;
  readonly status: number | null;
  readonly stdout: string;
  readonly text: string;
}

/** A command line of a script: ID and BUNDLE stand for the container's. */
type Line = readonly string[];

function normalise(text: string, { id, bundle, root }: Container): string {
  return text
    .replaceAll(id, 'ID')
    .replaceAll(bundle, 'BUNDLE')
    .replaceAll(root, 'ROOT')
    .replaceAll(noci, 'PROGRAM')
    .replaceAll(runc, 'PROGRAM')
    .replace(/\b(runc|noci) (create|run) failed/g, 'RUNTIME $2 failed')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, 'TIME')
    .replace(/"ociVersion": ?"[^"]*"/g, '"ociVersion": "VERSION"')
    .replace(/\b[1-9]\d{2,}\b/g, 'NUMBER')
    .replace(/ {2,}/g, ' ');
}

/** The words of the error, without the log around them; warnings are not of interest here: newer runc has more of them. */
function errorText(stderr: string): string {
  if (!stderr.includes('level=error')) return stderr.replace(/^time=\S+ level=warning .*\n/gm, '');
  const text = /level=error msg=("(?:[^"\\]|\\.)*"|\S+)/.exec(stderr)?.[1];
  if (text === undefined) return stderr;
  return text.startsWith('"') ? JSON.parse(text) : text;
}

/** Runs a script of commands. `wait` as a command waits until init has ended. */
async function show(container: Container, script: readonly Line[]): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (const line of script) {
    if (line[0] === 'wait') {
      const { pid } = container.state();
      await until(() => pid === 0 || !isAlive(pid));
      continue;
    }
    const words = line.map((word) => word.replace('ID', container.id).replace('BUNDLE', container.bundle));
    const { status, stdout, stderr } = container.call(words);
    shown.push({
      command: line.join(' '),
      status,
      // the text of the help is each runtime's own
      stdout: stdout.startsWith('Incorrect Usage.') ? 'Incorrect Usage.' : normalise(stdout, container),
      text: normalise(errorText(stderr), container).trim(),
    });
  }
  return shown;
}

const sleeping = (config: Draft): void => {
  config.process.args = ['/bin/sleep', '1000'];
};

const ending = (config: Draft): void => {
  config.process.args = ['/bin/true'];
};

const annotated = (config: Draft): void => {
  sleeping(config);
  config.annotations = { b: '1', a: '"<&>\u2028ü' };
};

const create = ['create', '--bundle', 'BUNDLE', 'ID'];
const all: readonly Line[] = [
  ['state', 'ID'],
  ['list'],
  ['list', '-q'],
  ['list', '--format', 'json'],
  ['list', '-f', 'table'],
];

/** Scripts whose output is the same under both. */
const scripts: readonly (readonly [name: string, change: (config: Draft) => void, script: readonly Line[]])[] = [
  [
    'no container',
    sleeping,
    [
      ...all,
      ['start', 'ID'],
      ['kill', 'ID'],
      ['kill', '--all', 'ID', '9'],
      ['delete', 'ID'],
      ['delete', '--force', 'ID'],
    ],
  ],
  ['created', sleeping, [create, ...all, create, ['kill', 'ID', '0'], ['delete', 'ID'], ['state', 'ID']]],
  [
    'running',
    sleeping,
    [
      create,
      ['start', 'ID'],
      ...all,
      ['start', 'ID'],
      ['delete', 'ID'],
      ['kill', 'ID', '0'],
      ['delete', '--force', 'ID'],
      ['state', 'ID'],
    ],
  ],
  [
    'stopped',
    ending,
    [
      create,
      ['start', 'ID'],
      ['wait'],
      ...all,
      ['start', 'ID'],
      ['kill', 'ID'],
      ['kill', 'ID', 'KILL'],
      ['kill', '--all', 'ID', 'KILL'],
      ['state', 'ID'],
      ['delete', 'ID'],
      ['delete', 'ID'],
      ['delete', '--force', 'ID'],
    ],
  ],
  [
    'signals',
    sleeping,
    [
      create,
      ['kill', 'ID', 'NOSUCH'],
      ['kill', 'ID', 'SIGNOSUCH'],
      ['kill', 'ID', 'SIGRTMIN'],
      ['kill', 'ID', 'x9'],
      ['kill', 'ID', '1x'],
      ['start', 'ID'],
      ['kill', 'ID', 'sigkill'],
      ['wait'],
      ['kill', 'ID', 'kill'],
      ['delete', 'ID'],
    ],
  ],
  [
    'killed when created',
    sleeping,
    [create, ['kill', 'ID', 'KILL'], ['wait'], ['state', 'ID'], ['start', 'ID'], ['delete', 'ID']],
  ],
  [
    'formats',
    sleeping,
    [
      ['list', '--format', 'xml'],
      ['list', '-q', '-f', 'json'],
      ['list', '--format=json'],
    ],
  ],
  ['annotations', annotated, [create, ['state', 'ID'], ['list', '-f', 'json'], ['delete', 'ID']]],
  [
    'arguments',
    sleeping,
    [['state'], ['state', 'ID', 'x'], ['start'], ['delete'], ['delete', 'ID', 'x'], ['kill'], ['create']],
  ],
];

async function compare(t: Test, change: (config: Draft) => void, script: readonly Line[]): Promise<void> {
  const expected = await show(makeContainer(t, change, runc), script);
  const seen = await show(makeContainer(t, change, noci), script);
  for (const [index, line] of expected.entries()) {
    t.strictSame(seen[index], line, `${index}: ${line.command}`);
  }
}

t.test('the lifecycle as under runc', { skip, timeout }, async (t) => {
  for (const [name, change, script] of scripts) await t.test(name, (t) => compare(t, change, script));
});

t.test('a signal that ends an ordinary process ends a created container too', { skip, timeout }, async (t) => {
  for (const signal of ['', 'TERM', 'INT', 'HUP', '15']) {
    const container = makeContainer(t, sleeping);
    must(container.create());
    const { pid } = container.state();
    t.equal(container.call(['kill', container.id, signal]).status, 0, `kill ${signal}`);
    await until(() => !isAlive(pid));
    t.equal(container.state().status, 'stopped', 'stopped');
  }
});
