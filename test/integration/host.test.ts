// What the two hosts of noci do differently, each by its name, and that everything else is the same to the byte.
// src/node/host.ts tells why Node.js cannot do as the standalone executable does.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, host, makeBundle, missing, noci } from './bundle.ts';
import { type Container, makeContainer } from './container.ts';
import { bare, call, type Outcome } from './report.ts';

const skip = missing();
const timeout = 120_000;

const shell = (text: string) => (config: Draft) => {
  config.process.args = ['/bin/sh', '-c', text];
  config.process.rlimits = [];
  // runc spec's are more than the permitted ones, and noci says so
  delete config.process.capabilities.ambient;
};

/** Runs a container by a shell that becomes noci; `script` has $NOCI for the words up to the options of run. */
function runIn({ root, bundle, id }: Container, script: string, env: Record<string, string> = {}): Outcome {
  const words = `'${noci}' --root '${root}' run --bundle '${bundle}'`;
  const text = script.replaceAll('$NOCI', words).replaceAll('$ID', id);
  return spawnSync('/usr/bin/env', [...bare(env), '/bin/sh', '-c', text], { encoding: 'utf8', timeout: 60_000 });
}

/** What a host does: the test's name is the host's, so that each result tells whose it is. */
type Expected = Readonly<Record<typeof host, (t: Test, outcome: Outcome) => void>>;

function expects(t: Test, outcome: Outcome, expected: Expected): Promise<unknown> {
  return t.test(`on ${host}`, async (t) => expected[host](t, outcome));
}

const succeeds =
  (stdout: string) =>
  (t: Test, outcome: Outcome): void => {
    t.strictSame([outcome.status, outcome.stdout, outcome.stderr], [0, stdout, ''], 'what the container prints');
  };

t.test("the caller's soft limit of open files", { skip, timeout }, async (t) => {
  const container = makeContainer(t, shell('ulimit -Sn; ulimit -Hn'));
  const outcome = runIn(container, 'ulimit -Sn 64; ulimit -Hn 512; exec $NOCI $ID');
  await expects(t, outcome, { standalone: succeeds('64\n512\n'), 'Node.js': succeeds('512\n512\n') });
});

t.test('variables that change how a program starts', { skip, timeout }, async (t) => {
  const container = makeContainer(t, shell('true'));
  const marker = join(container.bundle, 'marker');
  const script = join(container.bundle, 'script.cjs');
  writeFileSync(script, `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`);
  const env = { NODE_OPTIONS: `--require=${script}`, LD_PRELOAD: '/no/such/library' };
  const outcome = container.call(['run', '--bundle', container.bundle, container.id], env);
  await expects(t, outcome, {
    standalone: (t, { status, stderr }) => {
      t.strictSame([status, stderr], [0, ''], 'no loader reads them');
      t.notOk(existsSync(marker), 'NODE_OPTIONS is nothing');
    },
    'Node.js': (t, { status, stderr }) => {
      t.equal(status, 0, stderr);
      t.match(stderr, /LD_PRELOAD cannot be preloaded/, 'the loader reads LD_PRELOAD');
      t.ok(existsSync(marker), 'NODE_OPTIONS is obeyed');
    },
  });
});

t.test('--preserve-fds with both ends of one pipe', { skip, timeout }, async (t) => {
  const container = makeContainer(t, shell('echo through >&4; head -n 1 <&3'));
  // /proc/self/fd/3 is a pipe, and opened again it is the other end
  const both = 'exec 3<&0 4>/proc/self/fd/0 </dev/null; exec $NOCI --preserve-fds 2 $ID';
  const outcome = runIn(container, `sleep 0 | { ${both}; }`);
  await expects(t, outcome, {
    standalone: succeeds('through\n'),
    'Node.js': (t, { status, stderr }) => {
      t.equal(status, 1, 'it looks like one of the engine');
      t.match(stderr, 'unable to stat preserved-fd 0 (of 2)', 'so it is not there');
    },
  });
});

t.test('a small stack', { skip, timeout }, async (t) => {
  const container = makeContainer(t, shell('ulimit -Ss'));
  const outcome = runIn(container, 'ulimit -Ss 128; exec $NOCI $ID');
  await expects(t, outcome, { standalone: succeeds('128\n'), 'Node.js': succeeds('128\n') });
});

/** Commands that make no container, and what they answer is all that they do. */
const commands: readonly (readonly string[])[] = [
  ['--version'],
  ['--help'],
  ['help'],
  ['create', '--help'],
  ['exec', '--help'],
  ['features'],
  ['list'],
  ['list', '--format', 'json'],
  [],
  ['nonsense'],
  ['--nonsense'],
  ['run', '--bundle', '/no/such/bundle', 'x'],
  ['state', 'absent'],
  ['--log-format', 'json', 'kill', 'absent', 'TERM'],
  ['kill', 'absent', 'NONSENSE'],
  ['delete', '--force', 'absent'],
  ['exec', 'absent'],
];

const dist = new URL('../../dist/', import.meta.url).pathname;
const [standalone, inNode] = [join(dist, 'noci'), join(dist, 'noci-node')];
const unbuilt = [standalone, inNode].find((path) => !existsSync(path));

t.test(
  'both hosts answer the same',
  { skip: skip || (unbuilt !== undefined && `${unbuilt} is not built`), timeout },
  async (t) => {
    const empty = makeBundle(t);
    for (const args of commands) {
      const [ours, theirs] = [standalone, inNode].map((path) => unnamed(call(path, join(empty, 'root'), args)));
      t.strictSame(ours, theirs, args.join(' '));
    }
    const broken = makeBundle(t, (config) => {
      config.process.cwd = 'relative';
      config.mounts[0].options = ['nonsense'];
      config.linux.resources.memory = { limit: 2 ** 60 };
    });
    for (const format of ['text', 'json']) {
      const args = ['--log-format', format, 'run', '--bundle', broken, 'x'];
      const [ours, theirs] = [standalone, inNode].map((path) => unnamed(call(path, join(empty, 'root'), args)));
      t.strictSame(ours, theirs, `a config.json with problems, ${format}`);
    }
  },
);

/** Without the name that it was called by, and without times. */
function unnamed(outcome: Outcome): Outcome {
  const text = (words: string): string =>
    words.replaceAll('noci-node', 'noci').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, 'TIME');
  return { ...outcome, stdout: text(outcome.stdout), stderr: text(outcome.stderr) };
}
