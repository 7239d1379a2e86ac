// What an attack from inside a bundle would change on the host, before and after.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Container, isAlive } from './container.ts';
import { snapshot } from './host-snapshot.ts';

/** A watched host: `canary` is a folder that attacks aim at. */
export interface HostWatch {
  readonly canary: string;
  /** Deletes the containers and asserts that the host is as it was before and that nothing of them is left. */
  assertUntouched(...containers: Container[]): void;
}

/** One line for a file: everything of it that an attack could change. */
function describeFile(path: string): string {
  const { mode, uid, gid, size, rdev, ino, nlink } = lstatSync(path);
  return [path, mode.toString(8), uid, gid, size, rdev, ino, nlink, content(path)].join(' ');
}

function content(path: string): string {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return readlinkSync(path);
  return stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
}

function describeTree(folder: string): string[] {
  return [
    describeFile(folder),
    ...readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? describeTree(path) : [describeFile(path)];
    }),
  ].sort();
}

/** The nodes of the host that a careless runtime reaches, and which names /dev has. */
function describeDevices(): string[] {
  const nodes = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx', 'console', 'kmsg', 'fd', 'stdin'];
  const lines = nodes.map((name) => {
    const { mode, uid, gid, rdev } = lstatSync(`/dev/${name}`);
    return [name, mode.toString(8), uid, gid, rdev].join(' ');
  });
  return [...lines, readdirSync('/dev').sort().join(' ')];
}

const parameters = [
  'kernel/core_pattern',
  'kernel/hostname',
  'kernel/domainname',
  'kernel/msgmax',
  'net/ipv4/ip_forward',
];

function describeHost(canary: string): Record<string, readonly string[]> {
  return {
    canary: describeTree(canary),
    devices: describeDevices(),
    parameters: parameters.map((key) => `${key} ${readFileSync(join('/proc/sys', key), 'utf8')}`),
    mounts: snapshot('no such cgroup', '/no such bundle', []).mounts,
  };
}

function makeCanary(canary: string): void {
  for (const folder of ['dev/pts', 'proc', 'folder/inner']) mkdirSync(join(canary, folder), { recursive: true });
  for (const file of ['file', 'canary-marker', 'dev/ptmx', 'dev/fd', 'dev/stdin', 'dev/marker', 'folder/inner/file'])
    writeFileSync(join(canary, file), `content of ${file}`);
  chmodSync(join(canary, 'file'), 0o640);
  chownSync(join(canary, 'file'), 12, 34);
  chmodSync(join(canary, 'folder'), 0o711);
}

/** Whatever a defect does to these, the machine gets them back. */
function restore(): void {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
  if (pattern !== corePattern) writeFileSync('/proc/sys/kernel/core_pattern', corePattern);
  chownSync('/dev/null', 0, 0);
  chmodSync('/dev/null', 0o666);
}

const corePattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');

/** Starts to watch; to be called before the container's bundle is made. */
export function watchHost(t: Test): HostWatch {
  const canary = mkdtempSync(join(tmpdir(), 'noci-canary-'));
  t.teardown(() => rmSync(canary, { recursive: true, force: true }));
  makeCanary(canary);
  const before = describeHost(canary);
  return {
    canary,
    assertUntouched: (...containers) => {
      for (const container of containers) if (readdirSync(container.root).length > 0) container.delete('--force');
      const after = describeHost(canary);
      restore();
      for (const [what, lines] of Object.entries(before)) t.strictSame(after[what], lines, `the host's ${what}`);
      for (const { id, bundle, root } of containers) {
        const { cgroups, files, processes } = snapshot(id, bundle, [root]);
        // a zombie is for its parent to reap
        const left = { cgroups, files, processes: processes.filter((line) => isAlive(Number.parseInt(line, 10))) };
        t.strictSame(left, { cgroups: [], files: [], processes: [] }, 'nothing is left behind');
      }
    },
  };
}
