import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One line of /proc/self/mountinfo, see proc_pid_mountinfo(5). */
export interface Mount {
  readonly id: string;
  readonly parent: string;
  readonly root: string;
  readonly point: string;
  readonly type: string;
  /** options of the superblock: for cgroup v1 the controllers */
  readonly options: readonly string[];
}

export function mounts(): Mount[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [own = '', superblock = ''] = line.split(' - ');
    const [id = '', parent = '', , root = '', point = ''] = own.split(' ');
    const [type = '', , options = ''] = superblock.split(' ');
    return { id, parent, root, point, type, options: options.split(',') };
  });
}

/** mount(8) with these arguments. @throws Error with what it said */
export function mount(...words: string[]): void {
  execFileSync('mount', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
