// Mounts whose places and sources are hostile: what the config asks for happens inside the root, or is refused.
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing } from './bundle.ts';
import { makeContainer } from './container.ts';
import { watchHost } from './host-watch.ts';
import type { Outcome } from './report.ts';

const skip = missing();
const timeout = 300_000;

const bind = (source: string, destination: string): Draft => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind'],
});
const tmpfs = (destination: string): Draft => ({ destination, type: 'tmpfs', source: 'tmpfs', options: ['size=1m'] });
const climbing = (path: string): string => `../../../../../../../..${path}`;

/** Mount points of the report, in order; the probe tells bytes as characters. */
function mountpoints(outcome: Outcome): string[] {
  const decoded = Buffer.from(outcome.stdout, 'latin1').toString('utf8');
  const lines: string[] = JSON.parse(decoded).mountinfo;
  return lines.map((line) => Buffer.from(line.split(' ')[4] ?? '', 'latin1').toString('utf8'));
}

/** A folder that a second container could write, at `vol` in the bundle. */
function makeVolume(folder: string): string {
  const volume = join(folder, 'vol');
  mkdirSync(volume);
  return volume;
}

t.test(
  'mount points below a symlink of a volume are made inside the root (CVE-2024-45310)',
  { skip, timeout },
  async (t) => {
    for (const [name, target] of [
      ['absolute', (canary: string) => canary],
      ['climbing', climbing],
      ['through proc', (canary: string) => `/proc/self/root${canary}`],
      ['through proc of init', (canary: string) => `/proc/1/root${canary}`],
      ['through the cwd', (canary: string) => `/proc/self/cwd${climbing(canary)}`],
    ] as const) {
      await t.test(name, async (t) => {
        const host = watchHost(t);
        const container = makeContainer(t, (config, folder) => {
          const volume = makeVolume(folder);
          symlinkSync(target(host.canary), join(volume, 'a'));
          config.root.readonly = false;
          config.process.args = ['/probe'];
          config.mounts.push(
            bind(volume, '/vol'),
            tmpfs('/vol/a/x/y/z'),
            bind(join(folder, 'config.json'), '/vol/a/f'),
          );
        });
        const outcome = container.run();
        if (outcome.status === 0) t.ok(mountpoints(outcome).length > 3, 'the mounts are in the container');
        else t.match(outcome.stderr, '/vol/a', 'refused, and the text names the path');
        host.assertUntouched(container);
      });
    }
  },
);

/** A mount that must not be: nothing may stand where the runtime or the container's programs expect procfs (CVE-2019-16884). */
const overProc: readonly (readonly [
  name: string,
  mount: (folder: string) => Draft,
  plant?: (rootfs: string) => void,
])[] = [
  ['tmpfs at /proc', () => tmpfs('/proc')],
  ['tmpfs at /proc/self', () => tmpfs('/proc/self')],
  ['tmpfs at /proc/sys', () => tmpfs('/proc/sys')],
  ['tmpfs at /proc/../proc', () => tmpfs('/proc/../proc')],
  ['tmpfs at /x/../proc/net', () => tmpfs('/x/../proc/net')],
  ['tmpfs at //proc//self', () => tmpfs('//proc//self')],
  ['a bind at /proc', (folder) => bind(join(folder, 'rootfs/etc'), '/proc')],
  ['a bind at /proc/self/attr', (folder) => bind(join(folder, 'rootfs/etc'), '/proc/self/attr')],
  ['a bind of a file at /proc/sysrq-trigger', (folder) => bind(join(folder, 'config.json'), '/proc/sysrq-trigger')],
  ['proc at /proc/self', () => ({ destination: '/proc/self', type: 'proc', source: 'proc' })],
  ['tmpfs through a symlink', () => tmpfs('/foo'), (rootfs) => symlinkSync('/proc', join(rootfs, 'foo'))],
  ['tmpfs through a symlink below', () => tmpfs('/foo/self'), (rootfs) => symlinkSync('/proc', join(rootfs, 'foo'))],
  [
    'tmpfs through two symlinks',
    () => tmpfs('/foo/bar'),
    (rootfs) => {
      mkdirSync(join(rootfs, 'foo'));
      symlinkSync('../proc/sys', join(rootfs, 'foo/bar'));
    },
  ],
];

t.test('nothing is mounted at or below /proc', { skip, timeout }, async (t) => {
  for (const [name, mount, plant] of overProc) {
    await t.test(name, async (t) => {
      const host = watchHost(t);
      const container = makeContainer(t, (config, folder) => {
        config.root.readonly = false;
        config.mounts.push(mount(folder));
        plant?.(join(folder, 'rootfs'));
      });
      const outcome = container.run();
      t.equal(outcome.status, 1, 'refused');
      t.match(outcome.stderr, /cannot be mounted because it is (inside \/proc|not of type proc)/, "runc's text");
      host.assertUntouched(container);
    });
  }
});

t.test('the files of lxcfs and a real procfs are allowed', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const files = ['cpuinfo', 'diskstats', 'meminfo', 'stat', 'swaps', 'uptime', 'loadavg'].map(
    (name) => `/proc/${name}`,
  );
  const container = makeContainer(t, (config, folder) => {
    writeFileSync(join(folder, 'fake'), 'from lxcfs');
    config.mounts.push(...files.map((path) => bind(join(folder, 'fake'), path)));
    config.process.args.push(...files.flatMap((path) => ['--read', path]));
  });
  const outcome = container.run();
  t.equal(outcome.status, 0, outcome.stderr);
  const { read } = JSON.parse(outcome.stdout);
  t.strictSame(
    read,
    files.map((path) => ({ path, text: 'from lxcfs' })),
    'each is the bound file',
  );
  host.assertUntouched(container);
  const shared = makeContainer(t, (config) => {
    config.mounts = [bind('/proc', '/proc')];
    config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'pid');
    config.linux.maskedPaths = [];
    config.linux.readonlyPaths = [];
  });
  const bound = shared.run();
  t.equal(bound.status, 0, bound.stderr);
  host.assertUntouched(shared);
});

t.test('a mount below a symlink of a volume does not leave the root (CVE-2021-30465)', { skip, timeout }, async (t) => {
  for (const target of ['/', '/proc', '../../../../../../..', '/proc/self/root', '/proc/self/fd/3', '/etc']) {
    await t.test(`sub leads to ${target}`, async (t) => {
      const host = watchHost(t);
      const container = makeContainer(t, (config, folder) => {
        const volume = makeVolume(folder);
        symlinkSync(target, join(volume, 'sub'));
        config.process.args = ['/bin/sh', '-c', `ls ${host.canary} /vol/sub${host.canary}; cat /proc/self/mountinfo`];
        config.mounts.push(bind(volume, '/vol'), tmpfs('/vol/sub'));
      });
      const outcome = container.run();
      t.notMatch(outcome.stdout, 'canary-marker', 'nothing of the host is seen');
      if (outcome.status !== 0) t.match(outcome.stderr, /\/vol\/sub|canary/, 'refused, or ls finds nothing');
      host.assertUntouched(container);
    });
  }
});

t.test('options of a filesystem on a bind are refused', { skip, timeout }, async (t) => {
  for (const options of [
    ['bind', 'size=1m'],
    ['rbind', 'mode=777'],
    ['bind', 'nosuch'],
  ]) {
    const host = watchHost(t);
    const container = makeContainer(t, (config, folder) => {
      config.mounts.push({ destination: '/tmp', type: 'bind', source: folder, options });
    });
    const outcome = container.run();
    t.equal(outcome.status, 1, options.join());
    t.match(outcome.stderr, 'bind mounts cannot have any filesystem-specific options applied', "runc's text");
    t.match(outcome.stderr, '/mounts/7', 'the place in config.json');
    host.assertUntouched(container);
  }
});

t.test('tmpcopyup copies links as links and leaves the image as it is', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config, folder) => {
    const top = join(folder, 'rootfs/copied');
    mkdirSync(join(top, 'sub'), { recursive: true });
    symlinkSync(climbing(host.canary), join(top, 'folder'));
    symlinkSync(join(host.canary, 'file'), join(top, 'file'));
    writeFileSync(join(top, 'setuid'), 'x');
    chmodSync(join(top, 'setuid'), 0o4755);
    execFileSync('mkfifo', [join(top, 'fifo')]);
    execFileSync('mknod', [join(top, 'node'), 'c', '1', '3']);
    writeFileSync(join(top, 'sub/big'), 'x'.repeat(200_000));
    config.mounts.push({ destination: '/copied', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', 'size=1m'] });
    for (const name of ['folder', 'file', 'setuid', 'fifo', 'node', 'sub/big'])
      config.process.args.push('--stat', `/copied/${name}`);
  });
  const image = join(container.bundle, 'rootfs/copied');
  const before = lstatSync(join(image, 'setuid'));
  const outcome = container.run();
  if (outcome.status === 0) {
    const stat = JSON.parse(outcome.stdout).stat as Draft[];
    const find = (name: string): Draft => stat.find(({ path }) => path === `/copied/${name}`);
    t.equal(find('folder').target, climbing(host.canary), 'a link stays a link');
    t.equal(find('file').target, join(host.canary, 'file'), 'a link to a file too');
    t.equal(find('sub/big').size, 200_000, 'a file is copied whole');
    t.notOk((find('fifo').mode ?? 0o010000) & 0o100000 && !((find('fifo').mode ?? 0) & 0o010000), 'a FIFO is no file');
  } else t.match(outcome.stderr, '/copied', 'refused, and the text names the path');
  t.equal(lstatSync(join(image, 'setuid')).mode, before.mode, 'the image is as it was');
  host.assertUntouched(container);
});

t.test('a destination is below the root', { skip, timeout }, async (t) => {
  for (const destination of [
    '/',
    '/.',
    '//',
    '/..',
    '..',
    '/etc/..',
    `/${'a'.repeat(4096)}`,
    `/${'a'.repeat(256)}`,
    `/${'ü'.repeat(128)}`,
  ]) {
    const host = watchHost(t);
    const container = makeContainer(t, (config) => {
      config.root.readonly = false;
      config.mounts.push(tmpfs(destination));
    });
    const outcome = container.run();
    t.equal(outcome.status, 1, `${destination.slice(0, 20)} (${destination.length}): ${outcome.stderr.slice(0, 200)}`);
    t.match(outcome.stderr, '/mounts/7', 'the place in config.json');
    host.assertUntouched(container);
  }
});

t.test('names of 255 bytes, spaces and newlines are names', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const names = ['a'.repeat(255), `${'ü'.repeat(127)}x`, 'a b', 'a\nb', 'a\\040b', '..a', 'a..', '...'];
  const container = makeContainer(t, (config) => {
    config.root.readonly = false;
    config.mounts.push(...names.map((name) => tmpfs(`/tmp/${name}`)));
  });
  const outcome = container.run();
  t.equal(outcome.status, 0, outcome.stderr.slice(0, 300));
  const octal = (text: string): string =>
    text.replace(/[\n \\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
  const seen = outcome.status === 0 ? mountpoints(outcome) : [];
  for (const name of names) t.ok(seen.includes(`/tmp/${octal(name)}`), name.slice(0, 20));
  host.assertUntouched(container);
});

t.test('the root is no symlink and no file', { skip, timeout }, async (t) => {
  const wrong: readonly (readonly [name: string, plant: (folder: string) => void, path: string])[] = [
    ['a symlink', (folder) => symlinkSync('rootfs', join(folder, 'link')), 'link'],
    ['below a symlink', (folder) => symlinkSync('.', join(folder, 'link')), 'link/rootfs'],
    ['a symlink to the host', (folder) => symlinkSync('/', join(folder, 'link')), 'link'],
    ['a file', (folder) => writeFileSync(join(folder, 'file'), ''), 'file'],
    ['missing', () => {}, 'missing'],
    ['moved', (folder) => renameSync(join(folder, 'rootfs'), join(folder, 'other')), 'rootfs'],
  ];
  for (const [name, plant, path] of wrong) {
    const host = watchHost(t);
    const container = makeContainer(t, (config, folder) => {
      plant(folder);
      config.root.path = path;
    });
    const outcome = container.run();
    t.equal(outcome.status, 1, name);
    t.match(outcome.stderr, /invalid rootfs: .*\/root\/path/, `${name}: ${outcome.stderr.trim()}`);
    host.assertUntouched(container);
  }
});

/** Every text of the config that becomes a C string somewhere. */
const texts: readonly (readonly [name: string, plant: (config: Draft) => void])[] = [
  ['mounts destination', (c) => (c.mounts[0].destination = '/proc\0/x')],
  ['mounts source', (c) => (c.mounts[1].source = 'tmpfs\0x')],
  ['mounts type', (c) => (c.mounts[1].type = 'tmpfs\0x')],
  ['mounts options', (c) => c.mounts[1].options.push('size=1m\0x')],
  ['root path', (c) => (c.root.path = 'rootfs\0/../..')],
  ['args', (c) => (c.process.args = ['/probe\0x'])],
  ['env', (c) => c.process.env.push('A=b\0C=d')],
  ['cwd', (c) => (c.process.cwd = '/\0x')],
  ['hostname', (c) => (c.hostname = 'a\0b')],
  ['masked path', (c) => c.linux.maskedPaths.push('/etc\0/x')],
  ['read-only path', (c) => c.linux.readonlyPaths.push('/etc\0/x')],
  ['cgroupsPath', (c) => (c.linux.cgroupsPath = '/a\0b')],
  ['namespace path', (c) => (c.linux.namespaces[0].path = '/proc/self/ns/pid\0x')],
  ['sysctl key', (c) => (c.linux.sysctl = { 'net.ipv4.ip_forward\0x': '1' })],
  ['sysctl value', (c) => (c.linux.sysctl = { 'net.ipv4.ip_forward': '1\0x' })],
  ['hook path', (c) => (c.hooks = { poststop: [{ path: '/bin/true\0x' }] })],
  ['hook args', (c) => (c.hooks = { poststop: [{ path: '/bin/true', args: ['a\0b'] }] })],
  ['device path', (c) => (c.linux.devices = [{ path: '/dev/a\0b', type: 'p' }])],
  ['annotations', (c) => (c.annotations = { 'a\0b': 'c' })],
];

t.test('NUL in any text is refused with its place', { skip, timeout }, async (t) => {
  for (const [name, plant] of texts) {
    const host = watchHost(t);
    const container = makeContainer(t, plant);
    const outcome = container.create();
    t.equal(outcome.status, 1, name);
    t.match(outcome.stderr, /line \d+, column \d+/, `${name}: ${outcome.stderr.trim()}`);
    host.assertUntouched(container);
  }
});
