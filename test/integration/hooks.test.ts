// The six kinds of hook: order, namespaces, state document, environment, working directory, timeout, and what a failure does.
// Where Debian's runc 1.1.5 is the same, both run and are compared.
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { type Container, makeContainer, must } from './container.ts';

const skip = missing();
const timeout = 300_000;

const kinds = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;
type Kind = (typeof kinds)[number];

/** What a hook saw; each of its answers is a file in `hooks/` of the bundle. */
interface Seen {
  readonly stdin: string;
  readonly env: string;
  readonly cwd: string;
  readonly namespaces: string;
  readonly root: string;
}

/**
 * Writes what it sees to DIR/NAME.*, and NAME to DIR/order. Busybox only: it runs in the container's root too. The file of the
 * environment is opened by a fork of the shell, which has the shell's own; a program started by it would have more.
 */
const script = `#!/bin/busybox sh
b=/bin/busybox
dir=$1 name=$2
$b cat > $dir/$name.stdin
$b cat < /proc/self/environ > $dir/$name.env
$b pwd > $dir/$name.cwd
for ns in cgroup ipc mnt net pid uts; do echo $ns $($b readlink /proc/self/ns/$ns); done > $dir/$name.namespaces
$b test -e /probe && echo container > $dir/$name.root || echo host > $dir/$name.root
echo $name >> $dir/order
`;

/** A config whose hooks all write to `hooks/` of the bundle, which is at the same path in the container. */
function withHooks(config: Draft, folder: string, extra: Draft = {}): void {
  const directory = join(folder, 'hooks');
  mkdirSync(directory);
  const path = join(directory, 'hook.sh');
  writeFileSync(path, script, { mode: 0o755 });
  config.mounts.push({ destination: directory, type: 'bind', source: directory, options: ['bind', 'rw'] });
  config.process.args = ['/bin/sleep', '1000'];
  config.process.env = ['PATH=/bin', 'IMAGE=yes', 'LD_PRELOAD=/evil.so'];
  config.process.cwd = '/tmp';
  config.annotations = { key: 'value' };
  config.hooks = Object.fromEntries(
    kinds.map((kind) => [
      kind,
      [0, 1].map((index) => ({ path, args: ['hook', directory, `${kind}.${index}`], ...extra })),
    ]),
  );
}

function seen({ bundle }: Container, kind: Kind, index = 0): Seen {
  const read = (what: string): string => readFileSync(join(bundle, 'hooks', `${kind}.${index}.${what}`), 'utf8');
  return {
    stdin: read('stdin'),
    env: read('env'),
    cwd: read('cwd').trim(),
    namespaces: read('namespaces'),
    root: read('root').trim(),
  };
}

const order = ({ bundle }: Container): string[] => {
  const path = join(bundle, 'hooks/order');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};

const twice = (...names: readonly Kind[]): string[] => names.flatMap((kind) => [`${kind}.0`, `${kind}.1`]);

/** The environment of the runtime in these tests. */
const environment = { PATH: '/usr/bin:/bin', CALLER: 'yes' };

/** A whole life. Returns the pid of init. */
function live({ id, bundle, call, state }: Container): number {
  must(call(['create', '--bundle', bundle, id], environment));
  must(call(['start', id], environment));
  const { pid } = state();
  must(call(['delete', '--force', id], environment));
  return pid;
}

t.test('order: which hooks have run after each command', { skip, timeout }, async (t) => {
  const container = makeContainer(t, withHooks);
  const { id, bundle } = container;
  must(container.call(['create', '--bundle', bundle, id], environment));
  t.strictSame(order(container), twice('prestart', 'createRuntime', 'createContainer'), 'create');
  must(container.call(['start', id], environment));
  t.strictSame(order(container), twice(...kinds.slice(0, 5)), 'start');
  must(container.call(['delete', '--force', id], environment));
  t.strictSame(order(container), twice(...kinds), 'delete');
});

/** Namespaces as "host" or "container" by type. */
function whose(namespaces: string, pid: string): Record<string, string> {
  return Object.fromEntries(
    namespaces
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string])
      .map(([type, link]) => [
        type,
        link === readlinkSync(`/proc/self/ns/${type}`) ? 'host' : link === pid ? 'x' : 'container',
      ]),
  );
}

const runtimeKinds: readonly Kind[] = ['prestart', 'createRuntime', 'poststart', 'poststop'];
const own = {
  cgroup: 'host',
  ipc: 'container',
  mnt: 'container',
  net: 'container',
  pid: 'container',
  uts: 'container',
};

t.test('namespaces, root, working directory and environment', { skip, timeout }, async (t) => {
  const container = makeContainer(t, withHooks);
  live(container);
  const rootfs = join(container.bundle, 'rootfs');
  for (const kind of kinds) {
    const { namespaces, root, cwd, env } = seen(container, kind);
    const host = runtimeKinds.includes(kind);
    t.strictSame(
      whose(namespaces, ''),
      host ? { cgroup: 'host', ipc: 'host', mnt: 'host', net: 'host', pid: 'host', uts: 'host' } : own,
      `${kind}: namespaces`,
    );
    t.equal(root, kind === 'startContainer' ? 'container' : 'host', `${kind}: root`);
    const directory = { createContainer: rootfs, startContainer: '/tmp' }[kind as string] ?? container.bundle;
    t.equal(cwd, directory, `${kind}: working directory`);
    t.strictSame(env.split('\0').filter(Boolean).sort(), expectedEnv(kind), `${kind}: environment`);
  }
});

/** Without `env`: the caller's for what runs in its namespaces, nothing for createContainer, the process's for startContainer. */
function expectedEnv(kind: Kind): string[] {
  if (kind === 'createContainer') return [];
  if (kind === 'startContainer') return ['HOME=/root', 'IMAGE=yes', 'LD_PRELOAD=/evil.so', 'PATH=/bin'];
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

t.test('an environment that is given is all there is', { skip, timeout }, async (t) => {
  for (const env of [[], ['A=1', 'B=x=y', 'A=2']]) {
    const container = makeContainer(t, (config, folder) => withHooks(config, folder, { env }));
    live(container);
    for (const kind of kinds) {
      const entries = seen(container, kind).env.split('\0').filter(Boolean);
      t.strictSame(entries, env, `${kind}: ${JSON.stringify(env)}`);
    }
  }
});

t.test('the state document', { skip, timeout }, async (t) => {
  const container = makeContainer(t, withHooks);
  const pid = live(container);
  const { id, bundle } = container;
  const document = (status: string, pid?: number): Draft => ({
    ociVersion: '1.3.0',
    id,
    status,
    ...(pid === undefined ? {} : { pid }),
    bundle,
    annotations: { key: 'value' },
  });
  const expected: Record<Kind, Draft> = {
    prestart: document('creating', pid),
    createRuntime: document('creating', pid),
    createContainer: document('creating', 1),
    startContainer: document('created', 1),
    poststart: document('running', pid),
    poststop: document('stopped'),
  };
  for (const kind of kinds) {
    for (const index of [0, 1]) {
      const { stdin } = seen(container, kind, index);
      t.strictSame(JSON.parse(stdin), expected[kind], `${kind} #${index}`);
      t.strictSame(Object.keys(JSON.parse(stdin)), Object.keys(expected[kind]), `${kind} #${index}: keys in order`);
      t.equal(stdin, JSON.stringify(JSON.parse(stdin)), `${kind} #${index}: compact, no newline`);
    }
  }
});

t.test('no annotations, and those of another alphabet', { skip, timeout }, async (t) => {
  const cases = { absent: undefined, empty: {}, odd: { 'ü"\\': '\u2028<&>\n😀' } };
  for (const [name, annotations] of Object.entries(cases)) {
    const container = makeContainer(t, (config, folder) => {
      withHooks(config, folder);
      config.annotations = annotations;
    });
    live(container);
    for (const kind of kinds) {
      const document = JSON.parse(seen(container, kind).stdin);
      const some = annotations !== undefined && Object.keys(annotations).length > 0;
      t.strictSame(document.annotations, some ? annotations : undefined, `${kind}: ${name}`);
    }
  }
});

t.test('as under runc', { skip, timeout }, async (t) => {
  const [first, second] = [runc, noci].map((runtime) => makeContainer(t, withHooks, runtime)) as [Container, Container];
  for (const container of [first, second]) live(container);
  const later = (names: string[]): string[] => names.filter((name) => !name.startsWith('poststart'));
  t.strictSame(later(order(second)), later(order(first)), 'order, but for poststart: runc 1.1.5 runs it too early');
  for (const kind of kinds) {
    const [theirs, ours] = [first, second].map((container) => normalise(container, seen(container, kind))) as [
      Draft,
      Draft,
    ];
    // runc 1.1.5 leaves hooks of the runtime namespace where the caller is
    const unlike = kind === 'poststop' ? 'cwd' : kind === 'createContainer' ? 'env' : '';
    if (kind === 'poststart') theirs.stdin.status = 'running';
    // CVE-2025-23266: what runs with the host's root does not get the environment of an image; newer runc gives none either
    for (const hook of [theirs, ours]) delete hook[unlike];
    t.strictSame(ours, theirs, kind);
  }
});

function normalise(container: Container, hook: Seen): Draft {
  const stdin = JSON.parse(hook.stdin);
  return {
    ...hook,
    namespaces: whose(hook.namespaces, ''),
    env: hook.env.split('\0').filter(Boolean).sort(),
    cwd: hook.cwd.replace(container.bundle, 'BUNDLE'),
    stdin: {
      ...stdin,
      ociVersion: '',
      id: stdin.id === container.id,
      pid: stdin.pid > 10 ? 'host' : stdin.pid,
      bundle: stdin.bundle === container.bundle,
    },
  };
}

const failing = { path: '/bin/sh', args: ['sh', '-c', 'exit 1'] };

t.test('the first that fails is the last that runs, and poststop hooks run then', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config, folder) => {
    withHooks(config, folder);
    config.hooks.createRuntime[0] = failing;
  });
  t.equal(container.create().status, 1);
  t.strictSame(order(container), [...twice('prestart'), ...twice('poststop')], 'what ran');
});

t.test('all poststop hooks run, whatever one of them does', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config, folder) => {
    withHooks(config, folder);
    config.hooks = { poststop: [failing, { path: '/not/there' }, ...config.hooks.poststop] };
  });
  must(container.create());
  const outcome = container.delete('--force');
  t.equal(outcome.status, 0);
  t.strictSame(order(container), twice('poststop'), 'the others ran');
  t.match(outcome.stderr, /poststop hook #0: exit status 1(.|\n)*poststop hook #1: .*\/not\/there/, 'both are told');
});
