// noci inspect: what nobody has changed shows no drift, what somebody has changed is marked, and a container that ends is told so.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t, { type Test } from 'tap';
import { attached, attachForeign, BPF_F_ALLOW_MULTI, detach, withDirectory } from '../native/device-programs.ts';
import { type Draft, missing, noci } from './bundle.ts';
import { driver } from './cgroup-driver.ts';
import { cgroupOf, unified } from './cgroup-files.ts';
import { type Container, isAlive, makeContainer, must, running, until } from './container.ts';
import { bare } from './report.ts';
import { onUnified, unifiedCgroup } from './unified.ts';

const skip = missing();
const timeout = 240_000;
const isPublished = new Ajv().compile(
  JSON.parse(readFileSync(new URL('../../schemas/noci/inspect.json', import.meta.url), 'utf8')),
);

const MB = 1 << 20;

/** As engines have it: limits that are no whole pages, masked paths, binds, a filter, capabilities, id 0. */
function dockerLike(config: Draft, folder: string): void {
  mkdirSync(join(folder, 'volume'));
  config.mounts.push(
    { destination: '/volume', type: 'bind', source: join(folder, 'volume'), options: ['rbind', 'rprivate', 'ro'] },
    { destination: '/etc/hosts', type: 'bind', source: '/etc/hosts', options: ['rbind', 'rprivate'] },
    // by a symlink of the image
    { destination: '/link/inside', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'size=1m'] },
  );
  execFileSync('ln', ['-s', 'tmp', join(folder, 'rootfs/link')]);
  mkdirSync(join(folder, 'rootfs/tmp'), { recursive: true });
  config.linux.namespaces.push({ type: 'cgroup' });
  config.linux.resources = {
    ...config.linux.resources,
    memory: { limit: 64 * MB + 1, reservation: 32 * MB + 17, swap: 128 * MB + 5 },
    cpu: { shares: 512, quota: 50_000, period: 100_000, cpus: '0' },
    pids: { limit: 50 },
  };
  config.linux.seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['swapon'], action: 'SCMP_ACT_ERRNO' }],
  };
  config.process.oomScoreAdj = 100;
  config.root.readonly = true;
}

/** What inspect says, which must be as published. */
function inspected(t: Test, container: Container): Draft {
  const { stdout } = must(container.call(['inspect', '--json', container.id]));
  const document = JSON.parse(stdout);
  t.ok(isPublished(document), JSON.stringify(isPublished.errors));
  t.equal(document.drift, document.rows.filter(({ verdict }: Draft) => verdict === 'drift').length);
  return document;
}

const drifted = ({ rows }: Draft): string[] =>
  rows.filter(({ verdict }: Draft) => verdict === 'drift').map(({ name, note }: Draft) => `${name}: ${note}`);

const row = ({ rows }: Draft, name: string): Draft => rows.find((one: Draft) => one.name === name);

t.test('what nobody has changed', { skip, timeout }, async (t) => {
  const container = running(t, dockerLike);
  const document = inspected(t, container);
  t.strictSame(drifted(document), []);
  t.strictSame(
    document.rows.filter(({ verdict }: Draft) => verdict === 'unknown'),
    [],
  );
  t.match(document, { status: 'running', config: 'as created', pid: container.state().pid });
  t.match(row(document, 'pids.max'), { configured: '50', now: '50', pointer: '/linux/resources/pids/limit' });
  t.match(row(document, 'seccomp'), { configured: '1 filter' });
  t.match(row(document, '/'), { verdict: 'same', now: /ro/ });
  t.match(row(document, '/link/inside'), { verdict: 'same', now: /tmpfs/ });
  const { stdout } = must(container.call(['inspect', container.id]));
  t.match(stdout, /no drift/);
  t.notMatch(stdout, /DRIFT/);
});

t.test('between create and start', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config, folder) => {
    dockerLike(config, folder);
    config.process.args = ['/bin/sleep', '1000'];
  });
  must(container.create());
  const document = inspected(t, container);
  t.equal(document.status, 'created');
  t.strictSame(drifted(document), []);
});

t.test('limits that somebody else has changed', { skip, timeout }, async (t) => {
  const container = running(t, dockerLike);
  const { pid } = container.state();
  writeFileSync(join(cgroupOf(pid, 'pids'), 'pids.max'), '77');
  const memory = unified ? 'memory.max' : 'memory.limit_in_bytes';
  writeFileSync(join(cgroupOf(pid, 'memory'), memory), String(96 * MB));
  const document = inspected(t, container);
  t.strictSame(drifted(document).sort(), [
    `${memory}: changed behind the back of noci`,
    'pids.max: changed behind the back of noci',
  ]);
  t.match(row(document, 'pids.max'), { configured: '50', now: '77' });
  t.match(row(document, memory), { now: String(96 * MB), pointer: '/linux/resources/memory/limit' });
  t.match(must(container.call(['inspect', container.id])).stdout, /DRIFT pids\.max +50 → 77/);
});

t.test('limits that an update has changed', { skip, timeout }, async (t) => {
  const container = running(t, dockerLike);
  const { pid } = container.state();
  must(container.call(['update', '--pids-limit', '60', '--cpu-share', '1000', container.id]));
  must(container.call(['update', '--memory', String(80 * MB), container.id]));
  const document = inspected(t, container);
  t.strictSame(drifted(document), []);
  t.match(row(document, 'pids.max'), { configured: '60', now: '60', note: 'by update' });
  writeFileSync(join(cgroupOf(pid, 'pids'), 'pids.max'), '50');
  t.strictSame(drifted(inspected(t, container)), ['pids.max: changed since the update']);
});

const withRules = (config: Draft, folder: string) => {
  dockerLike(config, folder);
  config.linux.resources.devices = [
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', major: 1, minor: 11, access: 'r' },
    { allow: true, type: 'b', major: 7, access: 'rw' },
  ];
};

t.test(
  'devices that somebody else has allowed or taken away, version 1',
  { skip: skip || (unified && 'cgroup v1 only'), timeout },
  async (t) => {
    const container = running(t, withRules);
    const folder = cgroupOf(container.state().pid, 'devices');
    const list = () => row(inspected(t, container), 'devices.list');
    t.match(list(), { verdict: 'same', configured: '13 rules', now: '13 rules', pointer: '/linux/resources/devices' });
    writeFileSync(join(folder, 'devices.allow'), 'c 1:1 rwm');
    writeFileSync(join(folder, 'devices.deny'), 'c 10:200 rwm');
    t.match(list(), {
      verdict: 'drift',
      now: '13 rules',
      note: 'allowed behind the back of noci: c 1:1 rwm; taken away: c 10:200 rwm',
    });
    writeFileSync(join(folder, 'devices.allow'), 'a');
    t.match(list(), { verdict: 'drift', configured: '13 rules', now: 'every device' });
    t.match(must(container.call(['inspect', container.id])).stdout, /DRIFT devices\.list +13 rules → every device/);
  },
);

t.test('the device program of version 2, in its place and not', { skip, timeout }, async (t) => {
  const container = running(
    t,
    (config) => {
      config.linux.resources = { devices: [{ allow: false, access: 'rwm' }] };
    },
    onUnified(t, noci),
  );
  const path = unifiedCgroup(container.state().pid);
  const program = () => row(inspected(t, container), 'device program');
  const first = program();
  t.match(first, { verdict: 'same', configured: /^program [0-9a-f]{16}$/, pointer: '/linux/resources/devices' });
  t.equal(first.now, first.configured);
  const [own] = withDirectory(path, attached);
  withDirectory(path, (cgroup) => attachForeign(cgroup, BPF_F_ALLOW_MULTI));
  t.match(program(), {
    ...(driver === 'systemd' ? { verdict: 'noted' } : { verdict: 'drift', note: /another program is beside it/ }),
    now: /^program [0-9a-f]{16}, [0-9a-f]{16}$/,
  });
  withDirectory(path, (cgroup) => detach(cgroup, own as number));
  t.match(program(), { verdict: 'drift', note: 'another program is in its place' });
  for (const id of withDirectory(path, attached)) withDirectory(path, (cgroup) => detach(cgroup, id));
  t.match(program(), { verdict: 'drift', now: 'none', note: 'it was detached: every device is allowed' });
  t.match(
    must(container.call(['inspect', container.id])).stdout,
    /DRIFT device program +program \w{16} → none; it was/,
  );
});

/** Words that make the rest a call of root's without any capability. */
const powerless = ['/usr/bin/setpriv', '--bounding-set', '-all', '--inh-caps', '-all'];

t.test('what may not be read is no drift', { skip, timeout }, async (t) => {
  const container = running(t, dockerLike);
  const { id, root } = container;
  const words = [...bare({}), ...powerless, noci, '--root', root, 'inspect'];
  const told = (...options: string[]) => execFileSync('/usr/bin/env', [...words, ...options, id], { encoding: 'utf8' });
  const document = JSON.parse(told('--json'));
  t.ok(isPublished(document), JSON.stringify(isPublished.errors));
  t.strictSame(drifted(document), []);
  // of what is behind a symlink it is not known where it is mounted
  for (const name of ['pid', 'mount', '/link/inside'])
    t.match(row(document, name), { verdict: 'unknown', note: 'not readable: access refused (EACCES)' }, name);
  t.match(row(document, '/tmp/inside'), { verdict: 'unknown', note: /^it was added, or is one of those/ });
  t.match(row(document, 'pids.max'), { verdict: 'same', now: '50' });
  t.match(row(document, 'capabilities bounding'), { verdict: 'same' });
  if (unified) t.match(row(document, 'device program'), { verdict: 'unknown', note: /^not readable: .*EPERM/ });
  t.match(told(), /^ {2}\? {5}pid +own; not readable: access refused \(EACCES\)$/m);
  t.match(told(), /no drift/);
});

/** In the mount namespace of a container, by busybox of its image; mount(8) looks into /proc/self. */
function inMounts(pid: number, ...words: string[]): void {
  execFileSync('nsenter', ['--target', String(pid), '--mount', '--pid', ...words], { stdio: 'ignore' });
}

t.test('mounts that somebody else has changed', { skip, timeout }, async (t) => {
  const container = running(t, (config, folder) => {
    dockerLike(config, folder);
    mkdirSync(join(folder, 'rootfs/more'));
  });
  const { pid } = container.state();
  inMounts(pid, '/bin/umount', '/volume');
  inMounts(pid, '/bin/mount', '-t', 'tmpfs', 'none', '/more');
  inMounts(pid, '/bin/mount', '-o', 'remount,bind,rw,suid', '/dev/shm');
  inMounts(pid, '/bin/mount', '-t', 'tmpfs', 'none', '/proc/sys');
  const found = drifted(inspected(t, container)).sort();
  t.match(found, [
    /^\/dev\/shm: nosuid was taken away/,
    '/more: it was added',
    '/proc/sys: it was added, over the one that was configured',
    '/volume: it was unmounted',
  ]);
});

t.test('what programs do themselves is noted', { skip, timeout }, async (t) => {
  const container = running(t, (config) => {
    config.process.args = ['/bin/sh', '-c', 'ulimit -S -n 100; echo 500 >/proc/self/oom_score_adj; exec sleep 1000'];
    config.process.oomScoreAdj = 100;
  });
  const { pid } = container.state();
  await until(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sleep');
  const document = inspected(t, container);
  t.strictSame(drifted(document), []);
  t.match(row(document, 'RLIMIT_NOFILE'), { verdict: 'noted', now: '100, at most 1024' });
  t.match(row(document, 'oom_score_adj'), { verdict: 'noted', configured: '100', now: '500' });
});

t.test('a config.json that is another one by now, or none', { skip, timeout }, async (t) => {
  const container = running(t, dockerLike);
  const file = join(container.bundle, 'config.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text);
  t.match(inspected(t, container), { config: 'changed since', drift: 0 });
  writeFileSync(file, '{}');
  t.match(inspected(t, container), { config: 'not readable', drift: 0, problem: /config\.json/ });
  renameSync(file, `${file}.gone`);
  t.match(inspected(t, container), { config: 'not readable', drift: 0, problem: /not found/ });
});

t.test('a container that has ended', { skip, timeout }, async (t) => {
  const container = running(t, dockerLike);
  const { pid } = container.state();
  must(container.kill());
  await until(() => !isAlive(pid));
  t.match(inspected(t, container), { status: 'stopped', pid: 0, rows: [], drift: 0 });
  t.match(must(container.call(['inspect', container.id])).stdout, /has stopped/);
});

t.test('one that is none', { skip }, async (t) => {
  const container = makeContainer(t);
  t.match(container.call(['inspect', 'nobody']), { status: 1, stdout: '', stderr: /container does not exist/ });
  t.match(container.call(['inspect', '../nobody']), { status: 1, stderr: /id/ });
  t.match(container.call(['inspect']), { status: 1 });
});

t.test(
  'hostile names of mounts are no lines',
  { skip: skip || (driver === 'systemd' && 'once is enough'), timeout },
  async (t) => {
    const container = running(t, (config, folder) => {
      config.mounts.push({ destination: '/a\n  DRIFT forged\x1b[31m', type: 'tmpfs', source: 'tmpfs' });
      mkdirSync(join(folder, 'rootfs/tmp'), { recursive: true });
    });
    t.strictSame(drifted(inspected(t, container)), []);
    const { stdout } = must(container.call(['inspect', container.id]));
    t.notMatch(stdout, /^ {2}DRIFT forged/m);
    t.notMatch(stdout, '\x1b');
  },
);

t.test('while it ends', { skip, timeout }, async (t) => {
  for (let round = 0; round < 5; round++) {
    const container = running(t, (config) => {
      config.process.args = ['/bin/sleep', `0.0${round}`];
    });
    const outcomes = [];
    do outcomes.push(container.call(['inspect', '--json', container.id]));
    while (container.state().status !== 'stopped');
    for (const { status, stdout, stderr } of outcomes) {
      // all of it, or that it has ended
      if (status === 0) t.strictSame(drifted(JSON.parse(stdout)), [], stdout);
      else t.match(stderr, /has ended while it was looked at|does not exist/);
    }
    must(container.delete());
  }
});
