import { weakened } from '../../native/weakened.ts';
import type { Config } from '../../oci/types.ts';
import { hasNamespace } from '../../plan/namespaces.ts';
import { pointer } from '../../plan/pointer.ts';
import { sysctlPath } from '../../plan/sysctl.ts';
import { byteLength } from '../path-text.ts';
import { type Check, problem, problemIf } from '../problem.ts';

/** Parameters of the IPC namespace, below /proc/sys. ipc_namespaces(7) */
const ipc: ReadonlySet<string> = new Set([
  'kernel/msgmax',
  'kernel/msgmnb',
  'kernel/msgmni',
  'kernel/sem',
  'kernel/shmall',
  'kernel/shmmax',
  'kernel/shmmni',
  'kernel/shm_rmid_forced',
]);

/** One page is what the kernel takes in a write to /proc/sys. */
const longestValue = 4096;

/** Why a key may not be set in this config; undefined: it may. The path of a network namespace is looked at by a check of the host. */
function refusal({ linux = {} }: Config, key: string): string | undefined {
  WEAKENED: if (weakened('S53')) return undefined;
  const path = sysctlPath(key) ?? '';
  const shared = `sysctl "${key}" is not in a separate kernel namespace`;
  if (ipc.has(path) || path.startsWith('fs/mqueue/')) return hasNamespace(linux, 'ipc') ? undefined : shared;
  if (path.startsWith('net/')) {
    return hasNamespace(linux, 'network') ? undefined : `sysctl "${key}" not allowed in host network namespace`;
  }
  if (path === 'kernel/domainname') return hasNamespace(linux, 'uts') ? undefined : shared;
  if (path === 'kernel/hostname') return `sysctl "${key}" is not allowed: use hostname instead`;
  if (path.startsWith('user/')) return hasNamespace(linux, 'user') ? undefined : shared;
  return shared;
}

/**
 * config-linux.md § Sysctl: only parameters of a namespace that is the container's own; any other would change the host
 * (CVE-2022-0811: kernel.core_pattern). A newline or NUL in a value would be a second one.
 */
export const checkSysctl: Check = (config) =>
  Object.entries(config.linux?.sysctl ?? {}).flatMap(([key, value]) => {
    const place = pointer('linux', 'sysctl', key);
    const cause = refusal(config, key);
    return [
      ...(cause === undefined ? [] : [problem(place, cause)]),
      ...problemIf(/[\n\0]/.test(value), place, `value of sysctl "${key}" must be one line`),
      ...problemIf(
        byteLength(value) >= longestValue,
        place,
        `value of sysctl "${key}" is longer than ${longestValue} bytes`,
      ),
    ];
  });
