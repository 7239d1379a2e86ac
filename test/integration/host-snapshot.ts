import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What of the host a container could leave something in. */
export interface HostSnapshot {
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  readonly processes: readonly string[];
  readonly files: readonly string[];
}

/** Mount points of the machine's own mount namespace, without the ids that grow with every mount. */
function mounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').slice(3, 5).join(' '))
    .sort();
}

function foldersBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => [join(folder, entry.name), ...foldersBelow(join(folder, entry.name))]);
  } catch {
    return [];
  }
}

const pids = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** What a look into /proc says, '' when the process is gone meanwhile. */
function glance(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}

/** A zombie holds nothing any more; whoever adopted it will reap it. proc_pid_stat(5) */
const lives = (pid: string): boolean => !/\) [ZX] /.test(glance(() => readFileSync(`/proc/${pid}/stat`, 'utf8')));

const isInit = (pid: string): boolean => glance(() => readlinkSync(`/proc/${pid}/exe`)).includes('memfd:noci');

/** Every process of the machine that still is noci's init: no container has started in it. */
export function initProcesses(): string[] {
  return pids().filter((pid) => isInit(pid) && lives(pid));
}

/** Processes of a container: in one of its cgroups, or an init that came no further than its bundle. */
function processes(mark: string, bundle: string): string[] {
  return pids()
    .filter(lives)
    .filter(
      (pid) =>
        glance(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8')).includes(mark) ||
        (isInit(pid) && glance(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(bundle)),
    )
    .map((pid) => `${pid} ${glance(() => readFileSync(`/proc/${pid}/comm`, 'utf8')).trim()}`);
}

/** The host as far as a container whose id holds `mark` may change it; `folders` are watched for files. */
export function snapshot(mark: string, bundle: string, folders: readonly string[]): HostSnapshot {
  return {
    mounts: mounts(),
    cgroups: foldersBelow('/sys/fs/cgroup').filter((path) => path.includes(mark)),
    processes: processes(mark, bundle),
    files: folders
      .flatMap((folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []))
      .sort(),
  };
}
