import type { DirFd, Native } from '../native/contract.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { Config, LinuxNamespaceType } from '../oci/types.ts';
import { NAMESPACE_NAMES, NAMESPACES, namespaceEntry } from '../plan/namespaces.ts';
import type { ContainerRecord } from '../state/record.ts';
import { type InitProcess, lookAt } from './init-process.ts';
import { type Finding, legible, notReadable, type Row, type Unreadable } from './row.ts';

/** undefined: a kernel without this type, or a path that leads nowhere */
function inode(native: Native, dirfd: DirFd, path: string): bigint | Unreadable | undefined {
  return legible(() => native.stat(dirfd, path, 0)?.ino);
}

interface Inodes {
  readonly now: bigint;
  readonly host: bigint | Unreadable | undefined;
  /** of a namespace that was to be joined */
  readonly joined: bigint | Unreadable | undefined;
}

function verdict(own: boolean, path: string, { now, host, joined }: Inodes): Finding {
  if (!own && now === host) return { verdict: 'same' };
  if (!own) return { verdict: 'drift', note: "it was to be the host's" };
  if (path === '') return now === host ? { verdict: 'drift', note: "it is the host's" } : { verdict: 'same' };
  if (typeof joined === 'object') return notReadable(joined);
  if (joined !== undefined && joined !== now) return { verdict: 'drift', note: 'the path leads to another one' };
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
    if (now === undefined) return own ? [{ ...place, verdict: 'unknown', note: 'this kernel has none' }] : [];
    if (typeof now === 'object') return [{ ...place, ...notReadable(now) }];
    const host = inode(native, AT_FDCWD, `/proc/self/ns/${NAMESPACE_NAMES[type]}`);
    const joined = path === '' ? undefined : inode(native, AT_FDCWD, path);
    const whose = now === host ? `${now}, the host's` : `${now}`;
    return [{ ...place, now: whose, ...verdict(own, path, { now, host, joined }) }];
  });
}
