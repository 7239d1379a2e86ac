// Files of a container's cgroups, wherever a host has them: by the cgroup of its init and the mounts of the machine.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Hierarchy {
  readonly mountpoint: string;
  readonly root: string;
  readonly controllers: readonly string[];
  readonly version: 1 | 2;
}

/** cgroup mounts of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
function hierarchies(): Hierarchy[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line): Hierarchy[] => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , root = '', mountpoint = ''] = before.split(' ');
      const [type, , options = ''] = after.split(' ');
      if (type === 'cgroup2') return [{ mountpoint, root, controllers: [], version: 2 }];
      return type === 'cgroup' ? [{ mountpoint, root, controllers: options.split(','), version: 1 }] : [];
    });
}

/** Whether limits are in cgroup v2 here. */
export const unified = !hierarchies().some(({ controllers }) => controllers.includes('memory'));

/** The directory of the cgroup that a process is in, for a controller of v1, or the one of v2. */
export function cgroupOf(pid: number, controller: string): string {
  const found = hierarchies().find(({ version, controllers }) =>
    unified ? version === 2 : controllers.includes(controller),
  );
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const line = lines.find((one) => {
    const [, names = ''] = one.split(':');
    return found?.version === 2 ? names === '' && one.startsWith('0:') : names.split(',').includes(controller);
  });
  if (found === undefined || line === undefined) throw new Error(`no hierarchy with ${controller}`);
  const path = line.split(':').slice(2).join(':');
  const below = found.root === '/' ? path : path.slice(found.root.length);
  return join(found.mountpoint, below);
}

/** The files in which a limit is, in v1 and v2. */
const files = {
  memory: ['memory', 'memory.limit_in_bytes', 'memory.max'],
  swap: ['memory', 'memory.memsw.limit_in_bytes', 'memory.swap.max'],
  reservation: ['memory', 'memory.soft_limit_in_bytes', 'memory.low'],
  pids: ['pids', 'pids.max', 'pids.max'],
  shares: ['cpu', 'cpu.shares', 'cpu.weight'],
  frozen: ['freezer', 'freezer.state', 'cgroup.freeze'],
} as const;

/** The content of the file of a limit, trimmed; undefined when the kernel has no such file. */
export function limit(pid: number, name: keyof typeof files): string | undefined {
  const [controller, version1, version2] = files[name];
  const file = join(cgroupOf(pid, controller), unified ? version2 : version1);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** "quota period" in microseconds, as cpu.max has it; -1 for no quota. */
export function cpuMax(pid: number): string {
  const folder = cgroupOf(pid, 'cpu');
  const read = (file: string) => readFileSync(join(folder, file), 'utf8').trim();
  if (unified) return read('cpu.max').replace('max', '-1');
  return `${read('cpu.cfs_quota_us')} ${read('cpu.cfs_period_us')}`;
}

/** CPU time that the cgroup has used, in nanoseconds. */
export function cpuUsage(pid: number): bigint {
  if (!unified) return BigInt(readFileSync(join(cgroupOf(pid, 'cpuacct'), 'cpuacct.usage'), 'utf8').trim());
  const stat = readFileSync(join(cgroupOf(pid, 'cpu'), 'cpu.stat'), 'utf8');
  return BigInt(/^usage_usec (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000n;
}

/** Whether the cgroup of a process is frozen, or about to be. One that is gone, or goes at this moment, is not. */
export function isFrozen(folder: string): boolean {
  const [file, thawed] = unified ? ['cgroup.freeze', '0\n'] : ['freezer.state', 'THAWED\n'];
  try {
    return readFileSync(join(folder, file), 'utf8') !== thawed;
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
