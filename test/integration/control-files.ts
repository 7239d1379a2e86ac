// What all the cgroups of a process say, file by file.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What counts, or names processes: different in every run of the same configuration. */
const counters: readonly RegExp[] = [
  /^(tasks|cgroup\.procs|cgroup\.threads|cgroup\.stat|cgroup\.stat\.local)$/,
  /\.pressure$/,
  /^cpu\.stat(\.local)?$/,
  /^cpuacct\./,
  /^cpuset\.memory_pressure$/,
  /^memory\.(.*\.)?(usage_in_bytes|max_usage_in_bytes|failcnt)$/,
  /^memory\.(stat|numa_stat|kmem\.slabinfo|current|peak|swap\.current|swap\.peak|zswap\.current)$/,
  /^(pids|rdma|misc)\.(current|peak|events|events\.local)$/,
  /^hugetlb\..*\.(current|numa_stat|usage_in_bytes|max_usage_in_bytes|failcnt)$/,
  /^blkio\..*io_(service|serviced|wait|merged|queued)/,
  /^blkio\..*(time|sectors)(_recursive)?$/,
  /^io\.stat$/,
];

interface Mounted {
  readonly point: string;
  /** controllers of v1, '' for v2 */
  readonly controllers: string;
}

function mounts(): Mounted[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4] ?? '';
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') return [{ point, controllers: '' }];
    return type === 'cgroup' ? [{ point, controllers: options.replace(/^rw,(xattr,)?/, '') }] : [];
  });
}

/** The directory of each cgroup that a process is in. */
export function cgroupsOf(pid: number): string[] {
  const found = mounts();
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const [, controllers = '', ...path] = line.split(':');
    const mounted = found.find((one) => one.controllers === controllers);
    return mounted === undefined ? [] : [join(mounted.point, path.join(':'))];
  });
}

function readControl(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    // write-only, or of no use in this cgroup
    return undefined;
  }
}

/** File → text for everything that can be read in the cgroups of a process, without counters. Names of two v1 hierarchies tell the folder. */
export function controlFiles(pid: number): Map<string, string> {
  const files = new Map<string, string>();
  for (const directory of cgroupsOf(pid)) {
    const hierarchy = mounts().find(({ point }) => directory.startsWith(`${point}/`));
    for (const { name } of readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile())) {
      if (counters.some((pattern) => pattern.test(name))) continue;
      const text = readControl(join(directory, name));
      const shared = name.startsWith('cgroup.') || !name.includes('.');
      if (text !== undefined)
        files.set(shared && hierarchy?.controllers ? `${hierarchy.controllers}:${name}` : name, text);
    }
  }
  return files;
}

/** "- file = text" for what the first says, "+ file = text" for what the second does. */
export function controlDifferences(first: Map<string, string>, second: Map<string, string>): string[] {
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  const line = (sign: string, name: string, text: string | undefined) =>
    text === undefined ? [] : [`${sign} ${name} = ${text.replaceAll('\n', '|')}`];
  return names
    .filter((name) => first.get(name) !== second.get(name))
    .flatMap((name) => [...line('-', name, first.get(name)), ...line('+', name, second.get(name))]);
}
