// Ids, state roots and state files that somebody else has chosen or written: nothing outside the root is touched, and no
// process is signalled but the container's own.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { type Container, isAlive, makeContainer, must, startTime, until } from './container.ts';
import { watchHost } from './host-watch.ts';
import { call } from './report.ts';

const skip = missing();
const timeout = 300_000;

const sleeping = (config: Draft): void => {
  config.process.args = ['/bin/sleep', '1000'];
};

/** Ids made of every byte that an argument may hold, of what shells and paths make of them, and of lengths. */
function makeIds(): string[] {
  const characters = Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1));
  const signs = characters.filter((char) => !/[A-Za-z0-9]/.test(char));
  const single = [...signs, 'a', 'Z', '0'];
  const inside = signs.map((char) => `a${char}b`);
  const odd = [
    '..',
    '...',
    '../x',
    '../../x',
    'a/b',
    './a',
    'a/.',
    '.a',
    'a..',
    '-x',
    '--',
    '--force',
    '-',
    '+',
    '_',
    ' a',
  ];
  const unicode = ['ä', 'a\u0301', 'ａ', '٣', '\u202ea', 'a\u2028', '😀', 'ſ', 'K', 'a\u00a0'];
  const lengths = [1, 2, 127, 128, 254, 255, 256, 300, 1023, 1024, 1025, 4096].map((length) => 'a'.repeat(length));
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'state.json',
    'creating.json',
    'CON',
    '%2e%2e',
    '$(id)',
    '`id`',
    '~',
  ];
  return [...single, ...inside, ...odd, ...unicode, ...lengths, ...names];
}

const valid = (id: string): boolean => /^[A-Za-z0-9_+.-]{1,1024}$/.test(id) && id !== '.' && id !== '..';

t.test('ids', { skip, timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'noci-ids-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'x'));
  mkdirSync(join(folder, 'root'), { mode: 0o700 });
  writeFileSync(join(folder, 'x/state.json'), '{}');
  const before = readdirSync(folder, { recursive: true });
  const ids = makeIds();
  for (const [index, id] of ids.entries()) {
    // a command that only looks: whatever takes an id for a path must not remove what it leads to
    const { status, stderr } = call(noci, join(folder, 'root'), ['state', '--', id]);
    const text = valid(id) ? 'container does not exist' : 'invalid container ID format';
    t.match(
      [status, stderr],
      [1, text],
      `id ${index}, of ${id.length}, in hex ${Buffer.from(id).toString('hex').slice(0, 20)}`,
    );
  }
  t.match(call(noci, join(folder, 'root'), ['state', '']).stderr, 'container id cannot be empty');
  t.strictSame(readdirSync(folder, { recursive: true }), before, 'nothing was made and nothing removed');
});

t.test('a valid id names a container, an invalid one leaves nothing', { skip, timeout }, async (t) => {
  for (const id of ['.a', 'a..', '...', '-x', '+', '__proto__', 'a'.repeat(200)]) {
    const host = watchHost(t);
    const container = makeContainer(t, sleeping);
    const all = (...args: string[]) => container.call([...args, '--', id]);
    const created = all('create', '--bundle', container.bundle);
    t.equal(created.status, 0, `${id.slice(0, 20)}: ${created.stderr}`);
    t.match(JSON.parse(all('state').stdout), { id, status: 'created' }, 'state');
    t.equal(all('delete', '--force').status, 0, 'delete');
    host.assertUntouched(container);
  }
  for (const id of ['a/b', '../a', '', 'a b', 'a\nb', 'a'.repeat(255 + 1)]) {
    const host = watchHost(t);
    const container = makeContainer(t, sleeping);
    const created = container.call(['create', '--bundle', container.bundle, '--', id]);
    t.equal(created.status, 1, `${JSON.stringify(id).slice(0, 20)}: ${created.stderr}`);
    host.assertUntouched(container);
  }
});

function mkdirWith(path: string, mode: number, owner = 0): void {
  mkdirSync(path);
  chmodSync(path, mode);
  chownSync(path, owner, owner);
}

function symlinkTo(path: string, directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  symlinkSync(directory, path);
}

/** State roots that are not safe, and the word that the refusal has. */
const unsafe: readonly (readonly [name: string, plant: (root: string, folder: string) => void, text: string])[] = [
  ['writable by all', (root) => mkdirWith(root, 0o777), 'is writable by others'],
  ['writable by all, sticky', (root) => mkdirWith(root, 0o1777), 'is writable by others'],
  ['writable by the group', (root) => mkdirWith(root, 0o770), 'is writable by others'],
  ['owned by somebody else', (root) => mkdirWith(root, 0o700, 1000), 'is owned by uid 1000'],
  ['a symlink', (root, folder) => symlinkTo(root, join(folder, 'real')), 'is not a directory'],
  ['a file', (root) => writeFileSync(root, ''), 'is not a directory'],
];

t.test('a state root that others could write is refused (CVE-2019-11328)', { skip, timeout }, async (t) => {
  for (const [name, plant, text] of unsafe) {
    await t.test(name, async (t) => {
      const host = watchHost(t);
      const container = makeContainer(t, sleeping);
      const folder = mkdtempSync(join(container.bundle, 'unsafe-'));
      const root = join(folder, 'root');
      plant(root, folder);
      const { id, bundle } = container;
      for (const args of [
        ['create', '--bundle', bundle, id],
        ['state', id],
        ['list'],
        ['kill', id],
        ['delete', '--force', id],
      ]) {
        const { status, stderr } = call(noci, root, args);
        t.equal(status, 1, args[0] ?? '');
        t.match(stderr, text, `${args[0]}: ${stderr.trim()}`);
      }
      const left = readdirSync(folder, { recursive: true });
      t.strictSame(
        left.filter((entry) => `${entry}`.includes(id)),
        [],
        'nothing was made in it',
      );
      host.assertUntouched(container);
    });
  }
});

/** Runs noci under a umask. */
async function withUmask(umask: string, container: Container): Promise<number | null> {
  const { bundle, id, root } = container;
  const script = `umask ${umask}; exec ${noci} --root ${root}/made/here create --bundle ${bundle} ${id}`;
  const child = spawn('/bin/sh', ['-c', script], { stdio: 'ignore', env: {} });
  return new Promise((resolve) => child.on('exit', resolve));
}

t.test('modes of the state do not depend on the umask', { skip, timeout }, async (t) => {
  for (const umask of ['000', '022', '077']) {
    const host = watchHost(t);
    const container = makeContainer(t, (config) => {
      sleeping(config);
      config.process.env.push('SECRET=canary');
      config.annotations = { secret: 'canary' };
    });
    const root = join(container.root, 'made/here');
    t.equal(await withUmask(umask, container), 0, `umask ${umask}`);
    const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
    t.equal(mode(root), '700', 'the root');
    t.equal(mode(join(root, container.id)), '711', "the container's directory");
    t.equal(mode(join(root, container.id, 'state.json')), '600', 'state.json');
    t.notMatch(readFileSync(join(root, container.id, 'state.json'), 'utf8'), 'SECRET', 'no environment in the state');
    t.equal(call(noci, root, ['delete', '--force', container.id]).status, 0);
    rmSync(join(container.root, 'made'), { recursive: true });
    host.assertUntouched(container);
  }
});

/** Changes what state.json says. */
function forge(container: Container, change: (record: Draft) => void): void {
  const path = join(container.root, container.id, 'state.json');
  const record = JSON.parse(readFileSync(path, 'utf8'));
  change(record);
  writeFileSync(path, JSON.stringify(record));
}

/** A process that must survive: not the container's. */
function bystander(t: Test): number {
  const child = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
  return child.pid as number;
}

/** Every way to signal init, none of which may reach `pid`. */
function signalInit(t: Test, container: Container, pid: number): void {
  const killed = container.kill('KILL');
  t.match([killed.status, killed.stderr], [1, 'container not running'], 'kill');
  t.match(container.start().stderr, 'cannot start a container that has stopped', 'start');
  t.ok(isAlive(pid), 'the process lives');
  t.match(container.state(), { status: 'stopped', pid: 0 }, 'state');
}

/** The same for every process of its cgroup. */
function signalAll(t: Test, container: Container, pid: number): void {
  for (const signal of ['KILL', 'TERM']) {
    const all = container.call(['kill', '--all', container.id, signal]);
    t.equal(all.status, 0, 'kill --all of one that has stopped is no error');
  }
  t.ok(isAlive(pid), 'the process lives');
}

t.test('a pid that belongs to another process now is not signalled', { skip, timeout }, async (t) => {
  await t.test('another start time', async (t) => {
    const container = makeContainer(t, sleeping);
    must(container.create());
    const { pid } = container.state();
    forge(container, ({ init }) => (init.startTime += 1));
    signalInit(t, container, pid);
    forge(container, ({ init }) => (init.startTime -= 1));
    t.equal(container.state().status, 'created', 'it was this alone');
  });
  await t.test('another boot', async (t) => {
    const container = makeContainer(t, sleeping);
    must(container.create());
    const { pid } = container.state();
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    forge(container, ({ init }) => (init.bootId = '00000000-0000-4000-8000-000000000000'));
    signalInit(t, container, pid);
    signalAll(t, container, pid);
    forge(container, ({ init }) => (init.bootId = boot));
    t.equal(container.state().status, 'created', 'it was this alone');
  });
  await t.test('the pid of a bystander', async (t) => {
    const container = makeContainer(t, sleeping);
    const pid = bystander(t);
    must(container.run('-d'));
    const { pid: init } = container.state();
    forge(container, (record) => (record.init.pid = pid));
    signalInit(t, container, pid);
    t.not(startTime(pid), startTime(init), 'their start times differ');
    signalAll(t, container, pid);
    t.equal(container.delete('--force').status, 0, 'delete --force');
    t.ok(isAlive(pid), 'the bystander lives');
    if (isAlive(init)) process.kill(init, 'SIGKILL');
  });
});

t.test('pids that mean more than one process are refused', { skip, timeout }, async (t) => {
  for (const pid of [0, -1, 1, -process.pid, 4_294_967_297, 'x', null]) {
    const container = makeContainer(t, sleeping);
    must(container.create());
    const path = join(container.root, container.id, 'state.json');
    const good = readFileSync(path);
    const { pid: init } = container.state();
    forge(container, (record) => {
      record.init.pid = pid;
    });
    for (const args of [
      ['kill', container.id, 'KILL'],
      ['start', container.id],
      ['delete', container.id],
    ])
      t.equal(container.call(args).status, 1, `${pid}: ${args[0]}`);
    t.ok(isAlive(init), 'init was not reached by chance');
    writeFileSync(path, good);
    must(container.delete('--force'));
    await until(() => !isAlive(init));
  }
});

/** state.json files that are none. */
const broken = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{}',
  '{"version":99}',
  `{"a":${'['.repeat(200)}`,
  '\0',
  'x'.repeat(100_000),
];

t.test('a broken state.json is told, and delete --force removes it', { skip, timeout }, async (t) => {
  for (const text of broken) {
    const host = watchHost(t);
    const container = makeContainer(t, sleeping);
    mkdirSync(join(container.root, container.id));
    writeFileSync(join(container.root, container.id, 'state.json'), text);
    const seen = container.call(['state', container.id]);
    t.match([seen.status, seen.stderr], [1, 'state.json'], `${text.slice(0, 20)}: ${seen.stderr.trim().slice(0, 200)}`);
    const listed = container.call(['list']);
    t.match([listed.status, listed.stderr], [0, `load container ${container.id}: `], 'list goes on');
    t.equal(container.delete('--force').status, 0, 'delete --force');
    t.strictSame(readdirSync(container.root), [], 'the directory is gone');
    host.assertUntouched(container);
  }
});

t.test('cgroups that state.json names are below their mount points', { skip, timeout }, async (t) => {
  const mount = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'].find((path) => existsSync(path)) ?? '';
  const victim = join(mount, 'noci-test-victim');
  mkdirSync(victim, { recursive: true });
  t.teardown(() => rmSync(victim, { recursive: true, force: true, maxRetries: 0 }));
  for (const path of [`${mount}/../${basename(mount)}/noci-test-victim`, '/tmp', mount, '/', '']) {
    const container = makeContainer(t, sleeping);
    must(container.create());
    const { pid } = container.state();
    const good = readFileSync(join(container.root, container.id, 'state.json'));
    forge(container, ({ cgroup }) => {
      for (const directory of cgroup.directories) directory.path = path;
    });
    const refused = container.delete();
    t.match([refused.status, refused.stderr], [1, 'has no valid cgroup'], path);
    t.ok(statSync(victim).isDirectory(), 'the victim is there');
    t.ok(isAlive(pid), 'init is there');
    writeFileSync(join(container.root, container.id, 'state.json'), good);
    t.equal(container.delete('--force').status, 0);
  }
});

t.test('runc refuses the same ids', { skip, timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'noci-ids-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const id of ['a', '.', '..', 'a/b', 'a b', 'ä', '+', '_', '-x', '...', 'a:b', 'a\n']) {
    const [first, second] = [runc, noci].map((runtime) => call(runtime, folder, ['state', '--', id]));
    const text = (stderr = ''): string | undefined =>
      /container does not exist|invalid \w+/.exec(stderr)?.[0].replace(' id', ' container');
    t.equal(text(second?.stderr), text(first?.stderr), JSON.stringify(id));
  }
});
