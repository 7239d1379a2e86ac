// noci gc: what it removes, and what it never does.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import t from 'tap';
import { background } from './background.ts';
import { type Draft, host, missing, noci, runc } from './bundle.ts';
import { withoutCgroupfs } from './cgroup-driver.ts';
import { type Container, isAlive, makeContainer, must, running, until } from './container.ts';
import { snapshot } from './host-snapshot.ts';
import { bare } from './report.ts';

const skip = missing();
const timeout = 120_000;

const isPublished = new Ajv().compile(
  JSON.parse(readFileSync(new URL('../../schemas/noci/gc.json', import.meta.url), 'utf8')),
);

/** id → what gc says of it */
function gc(container: Container, ...options: string[]): Record<string, Draft> {
  const { stdout } = must(container.call(['gc', '--json', ...options]));
  const value = JSON.parse(stdout);
  const { found } = value;
  if (!isPublished(value)) throw new Error(`${stdout}: ${JSON.stringify(isPublished.errors)}`);
  return Object.fromEntries(found.map((one: Draft) => [one.id, one]));
}

/** Ended, and not deleted. */
async function stopped(container: Container): Promise<void> {
  const { pid } = container.state();
  must(container.kill('KILL'));
  await until(() => !isAlive(pid));
}

const NAME = 'trusted.noci';

/** os.getxattr and os.setxattr of Python; '' where there is no such attribute. */
function python(name: string, path: string, attribute: string, value?: string): string {
  const script = `import os, sys
try: print((${name}(sys.argv[1], sys.argv[2], *map(str.encode, sys.argv[3:])) or b'').decode(), end='')
except OSError as error: error.errno == 61 or sys.exit(str(error))`;
  const words = ['-c', script, path, attribute, ...(value === undefined ? [] : [value])];
  return execFileSync('/usr/bin/python3', words, { encoding: 'utf8' });
}

const statePath = ({ root, id }: Container) => join(root, id, 'state.json');

t.test('what is in use, or may be', { skip, timeout }, async (t) => {
  const container = running(t);
  renameSync(container.bundle, `${container.bundle}.away`);
  t.match(gc(container)[container.id], { action: 'kept', why: 'it is in use' });
  renameSync(`${container.bundle}.away`, container.bundle);
  await stopped(container);
  t.match(gc(container)[container.id], { action: 'kept', why: /^it has stopped/ });
  t.equal(container.state().status, 'stopped');
});

t.test('a bundle that is gone', { skip, timeout }, async (t) => {
  const container = running(t);
  const { root, id, bundle } = container;
  const { cgroup } = JSON.parse(readFileSync(statePath(container), 'utf8'));
  await stopped(container);
  renameSync(bundle, `${bundle}.away`);
  t.match(gc(container, '--dry-run')[id], { action: 'would remove' });
  t.ok(existsSync(statePath(container)), 'a dry run removes nothing');
  const { stdout } = must(container.call(['gc']));
  renameSync(`${bundle}.away`, bundle);
  t.match(stdout, new RegExp(`^ID +ACTION +REASON\n${id} +removed +it has stopped, and its bundle is gone\n`));
  t.notOk(existsSync(join(root, id)));
  for (const { path } of cgroup.directories) t.notOk(existsSync(path), path);
  t.equal(must(container.call(['gc'])).stdout, 'nothing is left of any container\n');
});

t.test('seen stopped long enough ago', { skip, timeout }, async (t) => {
  const container = running(t);
  const { id } = container;
  await stopped(container);
  t.match(gc(container, '--older-than', '0s', '--dry-run')[id], { action: 'would remove' });
  t.match(gc(container, '--older-than', '1h')[id], { action: 'kept' });
  const note = join(container.root, id, 'stopped-since');
  writeFileSync(note, String(BigInt(readFileSync(note, 'utf8')) - 3600n * 1_000_000_000n));
  t.match(gc(container, '--older-than', '2h')[id], { action: 'kept' });
  t.match(gc(container)[id], { action: 'kept' }, 'without the option for ever');
  t.match(gc(container, '--older-than', '1h')[id], { action: 'removed' });
  for (const text of ['soon', '-1h']) t.equal(container.call(['gc', '--older-than', text]).status, 1, text);
});

t.test('of an earlier boot: its cgroups are not what they were', { skip, timeout }, async (t) => {
  const container = running(t);
  await stopped(container);
  const record = JSON.parse(readFileSync(statePath(container), 'utf8'));
  record.init.bootId = '00000000-0000-0000-0000-000000000000';
  writeFileSync(statePath(container), JSON.stringify(record));
  const left = record.cgroup.directories.map(({ path }: Draft) => path).filter(existsSync);
  t.match(gc(container)[container.id], { action: 'removed', why: 'it is of an earlier boot' });
  t.strictSame(left.filter(existsSync), left, 'cgroups of these names are somebody else’s');
  for (const path of left) rmdirSync(path);
});

t.test('what proves nothing', { skip, timeout }, async (t) => {
  const container = running(t);
  const { root } = container;
  const outside = join(container.bundle, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'state.json'), '{}');
  symlinkSync(outside, join(root, 'link'));
  for (const name of ['empty', 'foreign', 'full', 'broken', 'own'])
    mkdirSync(join(root, name), { mode: name === 'empty' ? 0o755 : 0o711 });
  chownSync(join(root, 'foreign'), 12345, 12345);
  writeFileSync(join(root, 'full/data'), 'precious');
  writeFileSync(join(root, 'broken/state.json'), '{"version":1,"id":"another"}');
  writeFileSync(join(root, 'own/creating.json.new'), '');
  writeFileSync(join(root, 'file'), '');
  const found = gc(container);
  t.match(found, {
    empty: { action: 'kept', why: /the mode of a directory of others/ },
    foreign: { action: 'kept', why: /owned by uid 12345/ },
    full: { action: 'kept', why: /holds what no runtime has made/ },
    broken: { action: 'kept', why: /belongs to another container/ },
    own: { action: 'removed' },
  });
  t.strictSame([found.link, found.file], [undefined, undefined]);
  for (const name of ['empty', 'foreign', 'full/data', 'broken/state.json', 'link/state.json', 'file'])
    t.ok(existsSync(join(root, name)), name);
  t.notOk(existsSync(join(root, 'own')));
});

t.test('what somebody is at work on', { skip, timeout }, async (t) => {
  const container = running(t);
  await stopped(container);
  const held = background(t, container.root, 'gc');
  await held.ended;
  const lock = ['-x', join(container.root, container.id), noci, '--root', container.root, 'gc', '--json'];
  const { stdout, error } = spawnSync('/usr/bin/env', [...bare({}), 'flock', ...lock], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  t.match(JSON.parse(stdout).found, [{ action: 'kept', why: 'another command is at work on it' }]);
});

t.test('an unfinished seccomp program', { skip, timeout }, async (t) => {
  const container = makeContainer(t);
  const { root } = container;
  const key = 'a'.repeat(64);
  mkdirSync(join(root, '@seccomp'), { mode: 0o700 });
  for (const name of [key, `${key}.4194304`, `${key}.${process.pid}`, 'other.4194304'])
    writeFileSync(join(root, '@seccomp', name), '');
  t.strictSame(Object.keys(gc(container)), [`@seccomp/${key}.4194304`]);
  for (const name of [key, `${key}.${process.pid}`, 'other.4194304']) t.ok(existsSync(join(root, '@seccomp', name)));
});

/** The directories of a container's cgroups that are there. */
function cgroupsOf(container: Container): string[] {
  const { cgroup } = JSON.parse(readFileSync(statePath(container), 'utf8'));
  return cgroup.directories.map(({ path }: Draft) => path).filter(existsSync);
}

/** systemd removes the cgroup of a scope with its last process. */
const noCgroups = skip || withoutCgroupfs;

t.test('a record that was taken away: its cgroups are found', { skip: noCgroups, timeout }, async (t) => {
  for (const lost of ['the record', 'the directory']) {
    const container = running(t);
    const { id, root } = container;
    const cgroups = cgroupsOf(container);
    mkdirSync(join(cgroups[0] as string, 'made-inside'));
    await stopped(container);
    if (lost === 'the record') rmSync(statePath(container));
    else rmSync(join(root, id), { recursive: true });
    t.match(gc(container, '--dry-run')[id], { action: 'would remove' }, lost);
    t.strictSame(cgroups.filter(existsSync), cgroups, 'a dry run removes nothing');
    t.equal(existsSync(join(root, id)), lost === 'the record');
    t.match(gc(container)[id], { action: 'removed', why: /record/ }, lost);
    t.strictSame(cgroups.filter(existsSync), []);
    t.strictSame(readdirSync(root), []);
    t.strictSame(gc(container), {});
  }
});

t.test('a process in the cgroup of a lost record', { skip, timeout }, async (t) => {
  for (const lost of ['the record', 'the directory']) {
    const container = running(t);
    const { id, root } = container;
    const { pid } = container.state();
    const record = readFileSync(statePath(container), 'utf8');
    const cgroups = cgroupsOf(container);
    if (lost === 'the record') rmSync(statePath(container));
    else rmSync(join(root, id), { recursive: true });
    t.match(gc(container)[id], { action: 'kept', why: `it has no record, and process ${pid} is in its cgroup` }, lost);
    t.ok(isAlive(pid));
    t.strictSame(cgroups.filter(existsSync), cgroups);
    mkdirSync(join(root, id), { recursive: true });
    writeFileSync(statePath(container), record);
    must(container.delete('--force'));
  }
});

t.test('cgroups of others', { skip: noCgroups, timeout }, async (t) => {
  const container = running(t);
  const other = running(t);
  const foreign = makeContainer(t, undefined, runc);
  must(foreign.create());
  const record = JSON.parse(readFileSync(join(foreign.root, foreign.id, 'state.json'), 'utf8'));
  const alike: string[] = Object.values(record.cgroup_paths as Record<string, string>).filter(existsSync);
  t.ok(alike.length > 0);
  const others = cgroupsOf(other);
  for (const one of [container, other, foreign]) {
    const { pid } = one.state();
    must(one.kill('KILL'));
    await until(() => !isAlive(pid));
  }
  const own = cgroupsOf(container);
  const bare = join(dirname(own[0] as string), `${container.id}-bare`);
  mkdirSync(bare);
  t.teardown(() => rmdirSync(bare));
  rmSync(join(container.root, container.id), { recursive: true });
  t.strictSame(Object.keys(gc(container)), [container.id], 'neither those of another root nor those without a mark');
  t.strictSame(own.filter(existsSync), []);
  for (const path of [...others, ...alike, bare]) t.ok(existsSync(path), path);
  t.equal(other.state().status, 'stopped');
});

t.test('a container whose cgroup is below that of a lost record', { skip: noCgroups, timeout }, async (t) => {
  const id = `noci-test-outer-${process.pid}`;
  const outer = running(t, (config) => {
    config.linux.cgroupsPath = `/${id}`;
  });
  const inner = running(t, (config) => {
    config.linux.cgroupsPath = `/${id}/inner`;
  });
  const [below, above] = [cgroupsOf(inner), cgroupsOf(outer)];
  for (const one of [inner, outer]) await stopped(one);
  rmSync(join(outer.root, outer.id), { recursive: true });
  t.match(gc(outer)[outer.id], {
    action: 'kept',
    why: `container ${inner.id} of ${inner.root} has its cgroup below it`,
  });
  t.strictSame(below.filter(existsSync), below);
  must(inner.delete());
  t.match(gc(outer)[outer.id], { action: 'removed' });
  t.strictSame(above.filter(existsSync), []);
});

t.test('a root that is another directory by now', { skip: noCgroups, timeout }, async (t) => {
  const container = running(t);
  const { id, root } = container;
  const cgroups = cgroupsOf(container);
  await stopped(container);
  renameSync(root, `${root}.away`);
  mkdirSync(root, { mode: 0o700 });
  t.match(gc(container)[id], { action: 'kept', why: /another directory at the path of this root/ });
  t.strictSame(cgroups.filter(existsSync), cgroups);
  rmdirSync(root);
  renameSync(`${root}.away`, root);
  t.match(gc(container)[id], { action: 'kept', why: /^it has stopped/ });
});

t.test('marks that are none', { skip: noCgroups, timeout }, async (t) => {
  const container = running(t);
  const { id, root } = container;
  const cgroups = cgroupsOf(container);
  await stopped(container);
  rmSync(join(root, id), { recursive: true });
  const marked = cgroups.find((path) => python('os.getxattr', path, NAME) !== '') as string;
  const mark = python('os.getxattr', marked, NAME);
  const { cgroup, ...rest } = JSON.parse(mark);
  const elsewhere = { ...cgroup, directories: [{ ...cgroup.directories[0], path: '/etc', mountpoint: '/' }] };
  for (const forged of [
    '',
    'x',
    '[]',
    'null',
    '{"version":1}',
    JSON.stringify(rest),
    JSON.stringify({ ...rest, cgroup, id: '../x' }),
    JSON.stringify({ ...rest, cgroup, version: 2 }),
    JSON.stringify({ ...rest, cgroup: elsewhere }),
    JSON.stringify({ ...rest, cgroup: { mode: 'v1', directories: [null] } }),
  ]) {
    python('os.setxattr', marked, NAME, forged);
    t.strictSame(gc(container), {}, forged);
  }
  t.strictSame(cgroups.filter(existsSync), cgroups);
  python('os.setxattr', marked, NAME, mark);
  t.match(gc(container)[id], { action: 'removed' });
  t.strictSame(cgroups.filter(existsSync), []);
});

t.test('no root', { skip, timeout }, async (t) => {
  const container = makeContainer(t);
  const { status, stderr } = container.call(['--root', join(container.root, 'nowhere'), 'gc']);
  t.equal(status, 1);
  t.match(stderr, 'there is no state root');
});

/** Moments of create at which it is killed: what changes something, in the order in which it comes. */
const moments = [
  'flock:1',
  'fchmod:1',
  'write:1',
  'fsync:1',
  'renameat:1',
  'mkdirat:2',
  'clone3:1',
  'fsync:3',
  'sendmsg:1',
  'renameat:3',
];

const noStrace =
  skip ||
  (host !== 'standalone' && `on ${host} the engine makes calls of its own`) ||
  (spawnSync('/usr/bin/strace', ['--version']).status !== 0 && 'Debian package strace is missing');

t.test('a create that was killed', { skip: noStrace, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sleep', '60'];
  });
  const { id, root, bundle } = container;
  const before = snapshot(id, bundle, [root]);
  let [killed, removed] = [0, 0];
  for (const moment of moments) {
    const [name, when] = moment.split(':');
    const trace = ['/usr/bin/strace', '-qq', '-o', '/dev/null', `--trace=${name}`];
    const words = [
      ...trace,
      `--inject=${name}:signal=KILL:when=${when}`,
      noci,
      '--root',
      root,
      'create',
      '--bundle',
      bundle,
      id,
    ];
    if (spawnSync('/usr/bin/env', [...bare({}), ...words], { stdio: 'ignore' }).status !== 0) killed++;
    // its init dies of it, a moment later
    await until(
      () => !/its init is still there|process \d+ is in its cgroup/.test(gc(container, '--dry-run')[id]?.why ?? ''),
    );
    const found = gc(container)[id];
    if (found?.action === 'removed') removed++;
    else if (found !== undefined) must(container.delete('--force'));
    t.strictSame(snapshot(id, bundle, [root]), before, `killed at ${moment}: ${found?.why}`);
  }
  t.ok(killed >= 8, `${killed} of ${moments.length} were killed`);
  t.ok(removed >= 6, `${removed} left something that was removed`);
});
