// Hooks of the runtime namespace: order, what they are given, and what follows when one fails.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';

const skip = missing();
const timeout = 120_000;

/** A hook that runs a shell script; $1 is the folder of the bundle. */
function script(text: string, folder: string, more: Draft = {}): Draft {
  return { path: '/bin/sh', args: ['sh', '-c', text, 'hook', folder], ...more };
}

/** A hook that writes its name and its stdin as a line of the file `log` of the bundle. */
const noting = (name: string, folder: string): Draft => script(`echo "${name} $(cat)" >> "$1/log"`, folder);

function makeHooked(t: Tap, hooks: (folder: string) => Draft): Container {
  return makeContainer(t, (config, folder) => {
    config.process.args = ['/bin/sleep', '1000'];
    config.process.capabilities.ambient = [];
    config.annotations = { key: 'value' };
    config.hooks = hooks(folder);
  });
}

type Tap = Parameters<typeof makeContainer>[0];

const log = ({ bundle }: Container): string[] =>
  existsSync(join(bundle, 'log')) ? readFileSync(join(bundle, 'log'), 'utf8').trim().split('\n') : [];

const names = (container: Container): string[] => log(container).map((line) => line.split(' ')[0] ?? '');

t.test('order and state documents', { skip, timeout }, async (t) => {
  const kinds = ['prestart', 'createRuntime', 'poststart', 'poststop'];
  const container = makeHooked(t, (folder) =>
    Object.fromEntries(kinds.map((kind) => [kind, [noting(`${kind}0`, folder), noting(`${kind}1`, folder)]])),
  );
  const { bundle, id } = container;
  must(container.create());
  const { pid } = container.state();
  t.strictSame(names(container), ['prestart0', 'prestart1', 'createRuntime0', 'createRuntime1'], 'create');
  must(container.start());
  t.strictSame(names(container).slice(4), ['poststart0', 'poststart1'], 'start');
  must(container.kill());
  await until(() => !isAlive(pid));
  must(container.delete());
  t.strictSame(names(container).slice(6), ['poststop0', 'poststop1'], 'delete');
  const document = (status: string): string =>
    `{"ociVersion":"1.3.0","id":"${id}","status":"${status}",${status === 'stopped' ? '' : `"pid":${pid},`}"bundle":"${bundle}","annotations":{"key":"value"}}`;
  const documents = log(container).map((line) => line.slice(line.indexOf(' ') + 1));
  const statuses = ['creating', 'creating', 'creating', 'creating', 'running', 'running', 'stopped', 'stopped'];
  t.strictSame(documents, statuses.map(document));
});

t.test('poststart hooks see the container’s command, not init', { skip, timeout }, async (t) => {
  const container = makeHooked(t, (folder) => ({
    poststart: [
      script('pid=$(grep -o \'"pid":[0-9]*\' | cut -d: -f2); tr "\\\\0" " " < /proc/$pid/cmdline > "$1/log"', folder),
    ],
  }));
  must(container.create());
  must(container.start());
  t.equal(log(container)[0]?.trim(), '/bin/sleep 1000', 'start');
  must(container.delete('--force'));
  must(container.run('--detach'));
  t.equal(log(container)[0]?.trim(), '/bin/sleep 1000', 'run');
});

t.test('environment, working directory and arguments', { skip, timeout }, async (t) => {
  const container = makeHooked(t, (folder) => {
    const print = 'echo "$PWD|$A|$LEAK|$0" >> "$1/log"';
    const own = script(print, folder, { env: ['A=1'] });
    return { createRuntime: [own, script(print, folder)] };
  });
  must(container.call(['create', '--bundle', container.bundle, container.id], { LEAK: 'yes' }));
  t.strictSame(log(container), [`${container.bundle}|1||hook`, `${container.bundle}||yes|hook`]);
});

t.test('in a hook of create the container does not exist yet', { skip, timeout }, async (t) => {
  const container = makeHooked(t, (folder) => ({
    createRuntime: [script('"$NOCI" --root "$ROOT" state "$ID" >> "$1/log" 2>&1; true', folder)],
    poststart: [script('"$NOCI" --root "$ROOT" state "$ID" >> "$1/log" 2>&1; true', folder)],
  }));
  const { root: ROOT, id: ID, bundle } = container;
  const env = { NOCI: noci, ROOT, ID };
  must(container.call(['create', '--bundle', bundle, ID], env));
  t.match(log(container), [/container does not exist/]);
  must(container.call(['start', ID], env));
  t.match(log(container).join('\n'), /"status": "running"/, 'in one of start it does, and is not locked');
});

/** Hooks of create that fail, and runc's words for it. */
const failures: readonly (readonly [name: string, hook: (folder: string) => Draft, text: RegExp])[] = [
  ['exit status', (f) => script('echo out; echo err >&2; exit 3', f), /exit status 3, stdout: out\n, stderr: err$/],
  ['signal', (f) => script('kill -KILL $$', f), /signal: killed, stdout: , stderr: $/],
  ['missing', () => ({ path: '/no/such/hook' }), /fork\/exec \/no\/such\/hook: no such file or directory/],
  ['timeout', (f) => script('sleep 60 & sleep 60', f, { timeout: 1 }), /hook ran past specified timeout of 1\.0s/],
];

t.test('a hook that fails fails the create, and poststop hooks run', { skip, timeout }, async (t) => {
  for (const kind of ['prestart', 'createRuntime']) {
    for (const [name, hook, text] of failures) {
      const container = makeHooked(t, (folder) => ({
        [kind]: [{ path: '/bin/true' }, hook(folder), noting('not-reached', folder)],
        poststop: [noting('poststop', folder)],
      }));
      const outcome = container.create();
      t.equal(outcome.status, 1);
      const message = JSON.parse(/msg=(".*")/.exec(outcome.stderr)?.[1] ?? '""');
      t.match(message, text, `${kind} ${name}`);
      t.ok(
        message.startsWith(`noci create failed: unable to start container process: error running ${kind} hook #1: `),
        message,
      );
      t.strictSame(names(container), ['poststop'], 'and none after it');
      t.strictSame(readdirSync(container.root), [], 'nothing is left');
    }
  }
});

t.test('a poststart hook that fails ends the container', { skip, timeout }, async (t) => {
  const container = makeHooked(t, (folder) => ({ poststart: [script('exit 1', folder)] }));
  must(container.create());
  const { pid } = container.state();
  const started = container.start();
  t.equal(started.status, 1);
  t.match(started.stderr, 'error running poststart hook #0: exit status 1');
  await until(() => !isAlive(pid));
  t.match(container.state(), { status: 'stopped' });
  must(container.delete());
  for (const options of [[], ['--detach']]) {
    t.match(container.run(...options).stderr, 'noci run failed: error running poststart hook #0: exit status 1');
    t.strictSame(readdirSync(container.root), [], `run ${options}`);
  }
});

t.test('a poststop hook that fails is a warning, and the others run', { skip, timeout }, async (t) => {
  const container = makeHooked(t, (folder) => ({ poststop: [script('exit 1', folder), noting('second', folder)] }));
  must(container.create());
  const deleted = container.delete();
  t.equal(deleted.status, 0);
  t.match(deleted.stderr, /level=warning msg="error running poststop hook #0: exit status 1/);
  t.strictSame(names(container), ['second']);
  t.strictSame(readdirSync(container.root), []);
});

t.test('a hook that reads nothing, writes much and leaves a child with its stdout', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config, folder) => {
    config.process.args = ['/bin/sleep', '1000'];
    config.annotations = { long: 'x'.repeat(1_000_000) };
    const hook = script('head -c 1000000 /dev/zero; sleep 3 & echo $! > "$1/log"', folder);
    config.hooks = { createRuntime: [hook] };
  });
  const begin = Date.now();
  must(container.create());
  t.ok(isAlive(Number(log(container)[0])) || Date.now() - begin >= 3000, 'the child was not waited for');
});
