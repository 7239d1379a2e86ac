// crun refuses hosts that mount version 1 and 2 side by side, so runtimes are given a /sys/fs/cgroup of one version. All of
// this happens in a mount namespace of our own.
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { type Mount, mount, mounts } from './mount.ts';

export interface Hierarchy {
  /** how runtimes call it: the last part of its mount point */
  readonly name: string;
  readonly point: string;
  /** the directory of the cgroup in which this process is */
  readonly own: string;
}

export interface View {
  readonly version: 'v1' | 'v2';
  readonly hierarchies: readonly Hierarchy[];
  /** names of controllers that containers can be limited by */
  readonly controllers: ReadonlySet<string>;
}

const base = '/sys/fs/cgroup';

/** What is mounted on /sys/fs/cgroup and in it; not what that covers. */
function visible(): Mount[] {
  const all = mounts();
  const here = all.filter(({ point }) => point === base);
  const top = here.find(({ id }) => !here.some(({ parent }) => parent === id));
  return top === undefined ? [] : all.filter(({ id, parent }) => id === top.id || parent === top.id);
}

function of(type: 'cgroup' | 'cgroup2'): Mount[] {
  return visible().filter((entry) => entry.type === type);
}

/** Changes /sys/fs/cgroup to one version; `scratch` is an empty folder that may be mounted on. */
export function makeView(wanted: 'v1' | 'v2' | undefined, scratch: string): View {
  const version = wanted ?? (of('cgroup').length > 0 ? 'v1' : 'v2');
  if (version === 'v1') showVersion1(scratch);
  else showVersion2();
  const hierarchies = of(version === 'v1' ? 'cgroup' : 'cgroup2').map(toHierarchy);
  return { version, hierarchies, controllers: controllersOf(version, hierarchies) };
}

function showVersion1(scratch: string): void {
  const present = of('cgroup');
  if (present.length === 0) throw new Error('--view v1: this host mounts no cgroup hierarchy of version 1');
  mount('-t', 'tmpfs', '-o', 'mode=755', 'cgroup', scratch);
  for (const { point } of present) {
    mkdirSync(join(scratch, basename(point)));
    mount('--bind', point, join(scratch, basename(point)));
  }
  // cpu → cpu,cpuacct and such
  for (const entry of readdirSync(base, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(join(base, entry.name)), join(scratch, entry.name));
  }
  mount('--move', scratch, base);
}

function showVersion2(): void {
  if (of('cgroup2').some(({ point }) => point === base)) return;
  mount('-t', 'cgroup2', 'cgroup2', base);
}

function toHierarchy(entry: Mount): Hierarchy {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  const own = lines.map((line) => line.split(':')).find(([, names = '']) => isOf(entry, names));
  const path = own?.slice(2).join(':') ?? '/';
  return { name: basename(entry.point), point: entry.point, own: join(entry.point, relative(entry.root, path)) };
}

/** Whether a line of /proc/self/cgroup with these names is about this mount; version 2 has none. */
function isOf(entry: Mount, names: string): boolean {
  if (names === '') return entry.type === 'cgroup2';
  return entry.type === 'cgroup' && names.split(',').every((name) => entry.options.includes(name));
}

function controllersOf(version: 'v1' | 'v2', hierarchies: readonly Hierarchy[]): Set<string> {
  if (version === 'v1') return new Set(hierarchies.flatMap(({ name }) => name.split(',')));
  return new Set(readFileSync(join(base, 'cgroup.controllers'), 'utf8').trim().split(' '));
}
