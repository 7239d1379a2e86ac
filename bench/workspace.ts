// Everything the benchmark writes is on one tmpfs of its own mount namespace, and every container's name begins with one
// prefix: so all of it can be found and removed, whatever happened.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { mount } from './mount.ts';
import { call, type Runtime } from './runtimes.ts';
import type { Hierarchy } from './view.ts';

export interface Workspace {
  readonly folder: string;
  readonly prefix: string;
}

/** State of runtimes is on a tmpfs everywhere (/run), so it is here. */
export function openWorkspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), `noci-bench-${process.pid}-`));
  mount('-t', 'tmpfs', '-o', 'mode=755', 'noci-bench', folder);
  mkdirSync(join(folder, 'view'));
  mkdirSync(join(folder, 'mounts'));
  return { folder, prefix: `noci-bench-${process.pid}-` };
}

export function closeWorkspace({ folder }: Workspace): void {
  call(['/bin/busybox', 'umount', '-l', folder]);
  rmSync(folder, { recursive: true, force: true });
}

/** Ends containers by the runtimes that made them, then by their cgroups. What cannot be removed is returned. */
export async function removeContainers(
  { prefix }: Workspace,
  runtimes: readonly Runtime[],
  hierarchies: readonly Hierarchy[],
): Promise<string[]> {
  for (const runtime of runtimes) {
    for (const id of containersOf(runtime, prefix)) call(runtime.verb('delete', '--force', id));
  }
  let left = cgroupsOf(prefix, hierarchies);
  for (let attempt = 0; left.length > 0 && attempt < 100; attempt++) {
    for (const cgroup of left) removeCgroup(cgroup);
    left = cgroupsOf(prefix, hierarchies);
    if (left.length > 0) await setTimeout(20);
  }
  return left;
}

function containersOf({ root }: Runtime, prefix: string): string[] {
  return root === undefined ? [] : readdirSync(root).filter((name) => name.startsWith(prefix));
}

/** Runtimes make them below their own cgroup or below the hierarchy's root. */
function cgroupsOf(prefix: string, hierarchies: readonly Hierarchy[]): string[] {
  const parents = new Set(hierarchies.flatMap(({ point, own }) => [point, own]));
  return [...parents].flatMap((parent) =>
    readdirSync(parent)
      .filter((name) => name.startsWith(prefix))
      .map((name) => join(parent, name)),
  );
}

function removeCgroup(cgroup: string): void {
  try {
    for (const pid of readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').split('\n')) {
      if (Number(pid) > 1) process.kill(Number(pid), 'SIGKILL');
    }
    rmdirSync(cgroup);
  } catch {
    // still dying, or gone already: the caller looks again
  }
}
