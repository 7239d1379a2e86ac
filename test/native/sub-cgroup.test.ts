// The way into cgroups below a container's, on the cgroups of this machine: what is opened is told by the inode.
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Cgroups } from '../../src/cgroup/directory.ts';
import { openSubCgroups, parseSubCgroups } from '../../src/cgroup/sub-cgroup.ts';
import { probeHost } from '../../src/host/facts.ts';
import { native } from './host.ts';

const { cgroup: host } = probeHost(native);
const unified = host.hierarchies.find(({ version }) => version === 2);
const version1 = host.hierarchies.filter(({ version }) => version === 1);

function missing(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root to make cgroups';
  return host.mode === 'none' && 'needs a host with cgroups mounted';
}

const skip = missing();
const onVersion1 = skip || (version1.length === 0 && 'needs cgroup v1 mounted');
const onVersion2 = skip || (unified === undefined && 'needs cgroup v2 mounted');

let count = 0;

/** The cgroups of a container "foo" with "sub/inner" below them, and those of its sibling "foobar". */
function container(t: Test, mode: Cgroups['mode'], hierarchies: typeof host.hierarchies): Cgroups {
  const parent = `noci-sub-cgroup-test-${process.pid}-${count++}`;
  const paths = ['', '/foo', '/foobar', '/foo/sub', '/foo/sub/inner'];
  for (const { mountpoint } of hierarchies) {
    for (const path of paths) mkdirSync(`${mountpoint}/${parent}${path}`);
    t.teardown(() => {
      for (const path of [...paths].reverse()) rmdirSync(`${mountpoint}/${parent}${path}`);
    });
  }
  const directories = hierarchies.map(({ version, controllers, mountpoint }) => ({
    version,
    controllers,
    mountpoint,
    path: `${mountpoint}/${parent}/foo`,
  }));
  return { mode, directories };
}

/** Where the fds lead, below each of the container's cgroups: '' for that cgroup itself. */
function entered(cgroups: Cgroups, args: string[]): string[] {
  const { cgroup, tasks } = openSubCgroups(native, cgroups, parseSubCgroups(args));
  const of1 = cgroups.directories.filter(({ version }) => version === 1);
  const of2 = cgroups.directories.filter(({ version }) => version === 2);
  const name = (fd: number, path: string, file: string) =>
    ['', '/sub', '/sub/inner', 'bar'].find((below) => {
      const { ino, dev } = statSync(path + below + file, { bigint: true });
      const found = native.stat(fd, '', 0x1000);
      return found?.ino === ino && found.dev === dev;
    }) ?? '?';
  const found = [
    ...of1.map(({ path }, index) => name(tasks[index] ?? -1, path, '/tasks')),
    ...of2.map(({ path }) => name(cgroup, path, '')),
  ];
  for (const fd of cgroup === -1 ? tasks : [...tasks, cgroup]) native.close(fd);
  return found;
}

function openFds(): number {
  const folder = native.open(-100, '/proc/self/fd', 0x80000, 0);
  const { length } = native.readdir(folder);
  native.close(folder);
  return length;
}

const own = ['', '/', '.', './/'];
const below = [
  ['sub', '/sub'],
  ['/sub/', '/sub'],
  ['./sub//inner', '/sub/inner'],
] as const;

/** Every path that is refused, and how. */
const refused = [
  ...[
    '..',
    '/..',
    '../foobar',
    '/../foobar',
    'sub/../../foobar',
    'sub/..',
    '../foo/sub',
    'sub\n',
    'x'.repeat(5000),
  ].map((path) => [path, `bad sub cgroup path: ${path}`] as const),
  ...['bar', 'foobar', 'cgroup.procs', 'cgroup.procs/x', 'sub/cgroup.procs', 'tasks', 'no/such', 'x'.repeat(256)].map(
    (path) => [path, `sub cgroup path ${path}: there is no such cgroup below `] as const,
  ),
];

function refuses(t: Test, cgroups: Cgroups, args: string[], message: string): void {
  const before = openFds();
  let text = '';
  try {
    entered(cgroups, args);
  } catch (error) {
    text = (error as Error).message;
  }
  t.equal(text.slice(0, message.length), message, JSON.stringify(args).slice(0, 80));
  t.notMatch(text, /no such file or directory|permission denied/);
  t.equal(openFds(), before, 'no fd stays open');
}

t.test('v2: exactly one bare path', { skip: onVersion2 }, async (t) => {
  const cgroups = container(t, 'v2', unified === undefined ? [] : [unified]);
  t.strictSame(entered(cgroups, []), ['']);
  for (const path of own) t.strictSame(entered(cgroups, [path]), [''], path);
  for (const [path, name] of below) t.strictSame(entered(cgroups, [path]), [name], path);
  for (const [path, message] of refused) refuses(t, cgroups, [path], message);
  refuses(t, cgroups, ['hugetlb:/'], 'unknown controller hugetlb in SubCgroupPaths');
});

t.test('v1: one path for all, or one for a controller', { skip: onVersion1 }, async (t) => {
  const cgroups = container(t, 'v1', version1);
  const all = (name: string) => version1.map(() => name);
  t.strictSame(entered(cgroups, []), all(''));
  t.strictSame(entered(cgroups, ['sub/inner']), all('/sub/inner'));
  const [controller = ''] = version1[1]?.controllers ?? [];
  t.strictSame(
    entered(cgroups, [`${controller}:sub`]),
    version1.map((_, index) => (index === 1 ? '/sub' : '')),
  );
  for (const [path, message] of refused) {
    if (path === 'tasks' || path === 'cgroup.procs') continue;
    refuses(t, cgroups, [path], message);
    refuses(t, cgroups, [`${controller}:${path}`], message);
  }
  refuses(t, cgroups, ['whaaat:/'], 'unknown controller whaaat in SubCgroupPaths');
});

t.test('hybrid: the v2 hierarchy is joined at the top', { skip: onVersion1 || onVersion2 }, async (t) => {
  const cgroups = container(t, 'hybrid', unified === undefined ? [] : [...version1, unified]);
  t.strictSame(entered(cgroups, ['sub']), [...version1.map(() => '/sub'), '']);
});

t.test('controllers of one hierarchy go one way', { skip: onVersion1 }, async (t) => {
  const cgroups = container(t, 'v1', version1.slice(0, 1));
  const shared = cgroups.directories.map((one) => ({ ...one, controllers: ['cpu', 'cpuacct'] }));
  const together = { mode: 'v1', directories: shared } as const;
  t.strictSame(entered(together, ['cpu,cpuacct:sub']), ['/sub']);
  t.strictSame(entered(together, ['cpuacct:sub']), ['/sub']);
  refuses(
    t,
    together,
    ['cpu:sub', 'cpuacct:/'],
    'invalid --cgroup argument(s): controllers cpu,cpuacct share one hierarchy',
  );
});

t.test('a saved path that is no cgroup', async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'noci-no-cgroup-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(join(path, 'sub'));
  const directory = { version: 2, controllers: [], mountpoint: tmpdir(), path } as const;
  const cgroups = { mode: 'v2', directories: [directory] } as const;
  refuses(t, cgroups, ['sub'], `container's cgroup ${path} is not in a cgroup filesystem`);
  rmSync(path, { recursive: true });
  refuses(t, cgroups, ['sub'], `container's cgroup ${path} is gone`);
});
