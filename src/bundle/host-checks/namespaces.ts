import type { Native } from '../../native/contract.ts';
import { AT_FDCWD } from '../../native/open-flags.ts';
import type { LinuxNamespace } from '../../oci/types.ts';
import { hasNamespace, namespaceEntry } from '../../plan/namespaces.ts';
import { pointer } from '../../plan/pointer.ts';
import { type Problem, problem, problemIf } from '../problem.ts';
import { filesystemOf } from './filesystem.ts';
import type { HostCheck } from './host-check.ts';

/** NSFS_MAGIC; statfs(2) */
const NSFS_MAGIC = 0x6e736673;

function checkPath(native: Native, { path = '' }: LinuxNamespace, index: number): Problem[] {
  if (path === '') return [];
  const place = `/linux/namespaces/${index}/path`;
  const filesystem = filesystemOf(native, path, `namespace path: ${path}`, place);
  if (typeof filesystem === 'object') return [filesystem];
  return problemIf(filesystem !== NSFS_MAGIC, place, `namespace path: ${path} is no namespace`);
}

/** config-linux.md § Namespaces: the path must be a namespace; that it is one of the type is seen when it is opened. */
export const checkNamespacePaths: HostCheck = (native, { config }) =>
  (config.linux?.namespaces ?? []).flatMap((namespace, index) => checkPath(native, namespace, index));

/** Time namespaces are a build option of the kernel (CONFIG_TIME_NS, 5.6). */
export const checkTimeNamespace: HostCheck = (native, { config }) => {
  if (!hasNamespace(config.linux ?? {}, 'time')) return [];
  if (native.stat(AT_FDCWD, '/proc/self/ns/time', 0) !== undefined) return [];
  return [problem('/linux/namespaces', "time namespaces aren't enabled in the kernel")];
};

/** A joined network namespace may be the host's own: its parameters are not the container's to set. */
export const checkNetworkSysctl: HostCheck = (native, { config }) => {
  const path = namespaceEntry(config.linux ?? {}, 'network')?.path ?? '';
  const keys = Object.keys(config.linux?.sysctl ?? {}).filter((key) => /^net[./]/.test(key));
  if (path === '' || keys.length === 0) return [];
  // told by checkNamespacePaths
  if (filesystemOf(native, path, '', '') !== NSFS_MAGIC) return [];
  const own = native.stat(AT_FDCWD, '/proc/self/ns/net', 0);
  const joined = native.stat(AT_FDCWD, path, 0);
  if (own === undefined || joined === undefined || own.ino !== joined.ino || own.dev !== joined.dev) return [];
  return keys.map((key) =>
    problem(pointer('linux', 'sysctl', key), `sysctl "${key}" not allowed in host network namespace`),
  );
};
