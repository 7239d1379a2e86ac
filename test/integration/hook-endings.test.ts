// How hooks end, in good and in bad ways, and what comes of it.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';
import { watchHost } from './host-watch.ts';
import type { CallOptions, Outcome } from './report.ts';

const skip = missing();
const timeout = 300_000;

const kinds = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;
type Kind = (typeof kinds)[number];

/** Those that run in the namespaces of the runtime. */
const runtimeKinds: readonly Kind[] = ['prestart', 'createRuntime', 'poststart', 'poststop'];

/** A container with one hook of one kind. */
function withHook(t: Test, kind: Kind, hook: (folder: string) => Draft): Container {
  return makeContainer(t, (config, folder) => {
    config.process.args = ['/bin/sleep', '1000'];
    delete config.process.capabilities.ambient;
    config.root.readonly = false;
    config.mounts.push({ destination: folder, type: 'bind', source: folder, options: ['bind', 'rw'] });
    config.hooks = { [kind]: [hook(folder)] };
  });
}

const shell =
  (text: string, more: Draft = {}): (() => Draft) =>
  () => ({ path: '/bin/busybox', args: ['sh', '-c', text], ...more });

/** Which commands a life consists of, up to the one that a kind of hook belongs to. */
function upTo(container: Container, kind: Kind, options: CallOptions = {}): Outcome {
  const { bundle, id } = container;
  const created = container.call(['create', '--bundle', bundle, id], {}, options);
  if (kind === 'prestart' || kind === 'createRuntime' || kind === 'createContainer') return created;
  must(created);
  const started = container.call(['start', id], {}, options);
  if (kind !== 'poststop') return started;
  must(started);
  return container.call(['delete', '--force', id], {}, options);
}

t.test('a hook that fails', { skip, timeout }, async (t) => {
  for (const kind of kinds) {
    await t.test(kind, async (t) => {
      const host = watchHost(t);
      const container = withHook(t, kind, shell('echo to stdout; echo to stderr >&2; exit 3'));
      const outcome = upTo(container, kind);
      const text = `error running ${kind} hook #0: exit status 3, stdout: to stdout\\n, stderr: to stderr`;
      if (kind === 'startContainer') await failedInside(t, container, outcome);
      else if (kind === 'poststop') {
        t.equal(outcome.status, 0, 'the container is gone all the same');
        t.match(outcome.stderr, `level=warning msg="${text}"`, 'a warning');
      } else {
        t.equal(outcome.status, 1, 'the command fails');
        t.match(outcome.stderr, text, 'the text');
      }
      if (kind === 'poststart') await until(() => container.state().status === 'stopped');
      else if (kind !== 'startContainer') t.strictSame(readdirSync(container.root), [], 'no state is left');
      host.assertUntouched(container);
    });
  }
});

/** startContainer runs after `start` has returned: the text is on the container's stderr, which is the one of `create`. */
async function failedInside(t: Test, container: Container, outcome: { status: number | null }): Promise<void> {
  t.equal(outcome.status, 0, 'start has returned already');
  await until(() => container.state().status === 'stopped');
  must(container.delete());
  const run = container.run();
  t.equal(run.status, 255, 'run: init ends with 255');
  t.match(run.stderr, 'error running startContainer hook #0: exit status 3', "run: the text on the container's stderr");
  t.equal(run.stdout, '', 'run: nothing on its stdout');
}

t.test('run: a hook that fails, and nothing is left', { skip, timeout }, async (t) => {
  for (const kind of kinds.filter((kind) => kind !== 'startContainer')) {
    for (const options of [[], ['-d']]) {
      if (kind === 'poststop' && options.length > 0) continue;
      const host = watchHost(t);
      const container = withHook(t, kind, shell('exit 4'));
      if (kind === 'poststop') {
        const path = join(container.bundle, 'config.json');
        const config = JSON.parse(readFileSync(path, 'utf8'));
        writeFileSync(
          path,
          JSON.stringify({ ...config, process: { ...config.process, args: ['/bin/sh', '-c', 'exit 5'] } }),
        );
      }
      const outcome = container.run(...options);
      t.equal(outcome.status, kind === 'poststop' ? 5 : 1, `${kind} ${options}: status`);
      t.match(outcome.stderr, `error running ${kind} hook #0: exit status 4`, `${kind} ${options}: text`);
      t.strictSame(readdirSync(container.root), [], `${kind} ${options}: no state is left`);
      host.assertUntouched(container);
    }
  }
});

t.test('how hooks can end', { skip, timeout }, async (t) => {
  const ends: readonly (readonly [name: string, hook: () => Draft, text: RegExp])[] = [
    ['killed', shell('kill -9 $$'), /: signal: killed, stdout: , stderr: /],
    ['missing', () => ({ path: '/not/there' }), /\/not\/there: no such file or directory/],
    ['not executable', () => ({ path: '/etc/passwd' }), /\/etc\/passwd: permission denied/],
    ['a directory', () => ({ path: '/etc' }), /\/etc: permission denied/],
    ['megabytes on stdout', shell('yes | head -c 5000000; exit 1'), /exit status 1, stdout: (y\\n|.)*, stderr: /],
    ['megabytes on stderr', shell('yes | head -c 5000000 >&2; exit 1'), /exit status 1, stdout: , stderr: (y\\n|.)*/],
  ];
  for (const kind of ['createRuntime', 'createContainer'] as const) {
    for (const [name, hook, text] of ends) {
      const host = watchHost(t);
      const outcome = withHookOutcome(t, kind, hook);
      t.equal(outcome.status, 1, `${kind}: ${name}`);
      t.match(outcome.stderr, text, `${kind}: ${name}: ${outcome.stderr.slice(0, 200)}`);
      t.match(outcome.stderr, `error running ${kind} hook #0: `, `${kind}: ${name}`);
      t.ok(outcome.stderr.length < 60_000, `${kind}: ${name}: the text has an end`);
      host.assertUntouched();
    }
  }
});

function withHookOutcome(t: Test, kind: Kind, hook: () => Draft): Outcome {
  return upTo(withHook(t, kind, hook), kind);
}

t.test('hooks that are well but odd', { skip, timeout }, async (t) => {
  const odd: readonly (readonly [name: string, hook: () => Draft])[] = [
    ['reads nothing', shell('true')],
    ['closes stdin', shell('exec <&-; sleep 0.1')],
    ['closes everything', shell('exec <&- >&- 2>&-; sleep 0.1')],
    ['megabytes on stdout', shell('yes | head -c 5000000')],
    ['no args', () => ({ path: '/bin/true' })],
    ['empty args', () => ({ path: '/bin/true', args: [] })],
    ['a child that outlives it', shell('sleep 1000 & echo $! > "$0"')],
    ['a timeout that is not needed', shell('true', { timeout: 100 })],
  ];
  for (const kind of ['createRuntime', 'createContainer', 'poststart'] as const) {
    for (const [name, hook] of odd) {
      const outlives = name === 'a child that outlives it';
      const container = withHook(t, kind, (folder) => {
        const made = hook();
        if (outlives) made.args.push(join(folder, 'child'));
        // /bin/true is the host's there and the container's here
        return made;
      });
      const outcome = upTo(container, kind);
      t.equal(outcome.status, 0, `${kind}: ${name}: ${outcome.stderr}`);
      if (outlives && kind !== 'createContainer') {
        const child = Number(readFileSync(join(container.bundle, 'child'), 'utf8'));
        t.ok(isAlive(child), `${kind}: ${name}: and it was not waited for`);
        process.kill(child, 'SIGKILL');
      }
      container.delete('--force');
    }
  }
});

t.test('a timeout ends the hook and its children, and the command', { skip, timeout }, async (t) => {
  for (const kind of ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'] as const) {
    const host = watchHost(t);
    const container = withHook(t, kind, (folder) =>
      shell(`echo $$ > ${folder}/pids; (echo $(exec sh -c 'echo $PPID') >> ${folder}/pids; sleep 1000) & sleep 1000`, {
        timeout: 1,
      })(),
    );
    const outcome = upTo(container, kind);
    t.equal(outcome.status, kind === 'poststop' ? 0 : 1, kind);
    t.match(outcome.stderr, `error running ${kind} hook #0: hook ran past specified timeout of 1.0s`, kind);
    const pids = readFileSync(join(container.bundle, 'pids'), 'utf8').trim().split('\n').map(Number);
    if (runtimeKinds.includes(kind)) for (const pid of pids) t.notOk(isAlive(pid), `${kind}: process ${pid} is gone`);
    host.assertUntouched(container);
  }
});

t.test('hooks keep nothing of the caller open and have no fd but 0, 1, 2', { skip, timeout }, async (t) => {
  const inherited = Array.from({ length: 3 }, () => openSync('/', 'r'));
  t.teardown(() => {
    for (const fd of inherited) closeSync(fd);
  });
  for (const kind of kinds) {
    const container = withHook(t, kind, (folder) => shell(`ls -l /proc/self/fd > ${folder}/fds; sleep 0`)());
    const outcome = upTo(container, kind, { fds: inherited });
    t.equal(outcome.status, 0, `${kind}: ${outcome.stderr}`);
    await until(
      () =>
        existsSync(join(container.bundle, 'fds')) &&
        readFileSync(join(container.bundle, 'fds'), 'utf8').includes('2 ->'),
    );
    const lines = readFileSync(join(container.bundle, 'fds'), 'utf8').trim().split('\n');
    const fds = lines.flatMap((line) => (/ (\d+) -> (.*)/.exec(line) ? [`${RegExp.$1} ${RegExp.$2}`] : []));
    t.strictSame(fds.map((line) => line.split(' ')[0]).sort(), ['0', '1', '2'], `${kind}: ${fds.join()}`);
    for (const line of fds)
      if (!line.startsWith('1 ')) t.match(line, /^\d (pipe|\/dev\/null|socket)/, `${kind}: ${line}`);
    container.delete('--force');
  }
});

t.test('a hook may call the runtime for its own container', { skip, timeout }, async (t) => {
  for (const [kind, seenStatus] of [
    ['createRuntime', 'container does not exist'],
    ['poststart', '"status": "running"'],
    ['poststop', 'container does not exist'],
  ] as const) {
    const container = makeContainer(t, (config) => (config.process.args = ['/bin/sleep', '1000']));
    const path = join(container.bundle, 'config.json');
    const config = JSON.parse(readFileSync(path, 'utf8'));
    const call = `${noci} --root ${container.root} state ${container.id} > ${container.bundle}/answer 2>&1; true`;
    writeFileSync(path, JSON.stringify({ ...config, hooks: { [kind]: [shell(call)()] } }));
    t.equal(upTo(container, kind).status, 0, kind);
    t.match(readFileSync(join(container.bundle, 'answer'), 'utf8'), seenStatus, kind);
  }
});
