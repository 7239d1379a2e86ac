import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/**
 * A program that runs `runtime` as on a host with cgroup v2 alone, which this may be. Else each call is in a mount namespace of its own, where cgroup2 covers
 * /sys/fs/cgroup. The hierarchy is the machine's, the same in every call; only controllers that are in use by v1 are missing.
 */
export function onUnified(t: Test, runtime: string): string {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return runtime;
  const folder = mkdtempSync(join(tmpdir(), 'noci-unified-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const inside = '/bin/mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$0" "$@"';
  const program = join(folder, 'noci');
  writeFileSync(program, `#!/bin/sh\nexec /usr/bin/unshare -m /bin/sh -c '${inside}' ${runtime} "$@"\n`);
  chmodSync(program, 0o755);
  return program;
}

/** Where the machine itself sees the v2 hierarchy. */
export function unifiedMount(): string {
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((text) => text.includes(' - cgroup2 '));
  return line?.split(' ')[4] ?? '';
}

/** The v2 cgroup of a process, in the machine's own mount namespace. */
export function unifiedCgroup(pid: number): string {
  const line = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith('0::'));
  return join(unifiedMount(), line?.slice(3) ?? '');
}
