import type { Native } from '../native/contract.ts';
import { isErrno, isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { Config, LinuxNamespaceType } from '../oci/types.ts';
import { NAMESPACE_NAMES, NAMESPACES, namespaceEntry } from '../plan/namespaces.ts';
import type { ContainerRecord } from '../state/record.ts';
import { type InitProcess, lookAt } from './init-process.ts';
import type { Row } from './row.ts';

function inode(native: Native, dirfd: number, path: string): bigint | undefined {
  try {
    return native.stat(dirfd as typeof AT_FDCWD, path, 0)?.ino;
  } catch (error) {
    if (isNativeError(error) && !isErrno(error, 'ESRCH')) return undefined;
    throw error;
  }
}

interface Inodes {
  readonly now: bigint;
  readonly host: bigint | undefined;
  /** of a namespace that was to be joined */
  readonly joined: bigint | undefined;
}

function verdict(own: boolean, path: string, { now, host, joined }: Inodes): Pick<Row, 'verdict' | 'note'> {
  if (!own && now === host) return { verdict: 'same' };
  if (!own) return { verdict: 'drift', note: "it was to be the host's" };
  if (path !== '' && joined !== undefined && joined !== now)
    return { verdict: 'drift', note: 'the path leads to another one' };
  if (path === '' && now === host) return { verdict: 'drift', note: "it is the host's" };
  return { verdict: 'same' };
}

/** Namespaces of init: by inode, which names one as long as it lives. namespaces(7) */
export function namespaceRows(init: InitProcess, record: ContainerRecord, config: Config | undefined): Row[] {
  const { native, directory } = init;
  return (Object.keys(NAMESPACES) as LinuxNamespaceType[]).flatMap((type): Row[] => {
    const now = lookAt(init, () => inode(native, directory, `ns/${NAMESPACE_NAMES[type]}`));
    const own = (record.namespaces & NAMESPACES[type]) !== 0;
    const entry = config === undefined ? undefined : namespaceEntry(config.linux ?? {}, type);
    const path = entry?.path ?? '';
    const configured = own ? (path === '' ? 'own' : `joined: ${path}`) : "the host's";
    const place = { section: 'namespaces', name: type, pointer: entry?.pointer ?? '', configured } as const;
    // a kernel without this type, or a user who may not look
    if (now === undefined) return own ? [{ ...place, verdict: 'unknown', note: 'not to be seen by this user' }] : [];
    const host = inode(native, AT_FDCWD, `/proc/self/ns/${NAMESPACE_NAMES[type]}`);
    const joined = path === '' ? undefined : inode(native, AT_FDCWD, path);
    const whose = now === host ? `${now}, the host's` : `${now}`;
    return [{ ...place, now: whose, ...verdict(own, path, { now, host, joined }) }];
  });
}
