import { filesystemTypes } from '../host/filesystem-types.ts';
import type { Fd, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, O_RDONLY } from '../native/open-flags.ts';
import type { Idmap } from '../plan/idmap.ts';
import { NAMESPACES } from '../plan/namespaces.ts';
import { endChild, endTimeout } from './end-process.ts';

/** The user namespaces that mounts of one container are mapped by: each is made or opened once, when it is first asked for. */
export interface IdmapNamespaces {
  readonly open: (idmap: Idmap) => Fd;
  readonly close: () => void;
}

/** `init` is a child that was not waited for, and is in the container's user namespace from its birth. */
export function idmapNamespaces(native: Native, init: number): IdmapNamespaces {
  const namespaces = new Map<string, Fd>();
  return {
    open: (idmap) => {
      const maps = `${idmap.uids}\n${idmap.gids}`;
      const known = namespaces.get(maps);
      if (known !== undefined) return known;
      const own = idmap.uids === '' && idmap.gids === '';
      const namespace = own ? openNamespace(native, init) : makeNamespace(native, idmap);
      namespaces.set(maps, namespace);
      return namespace;
    },
    close: () => {
      for (const namespace of namespaces.values()) native.close(namespace);
    },
  };
}

function openNamespace(native: Native, pid: number): Fd {
  return native.open(AT_FDCWD, `/proc/${pid}/ns/user`, O_RDONLY | O_CLOEXEC, 0);
}

/** A user namespace begins with a process in it, and goes on without one as long as it is held open: an init that gets no plan. */
function makeNamespace(native: Native, { uids, gids }: Idmap): Fd {
  const { pid, pidfd, socket } = native.spawnInit({
    cloneFlags: NAMESPACES.user,
    cgroup: -1,
    pidNamespace: -1,
    joined: [],
    joinedTypes: [],
    stdio: [0, 1, 2],
    preserved: [],
    timeout: -1,
  });
  try {
    writeMaps(native, pid, { gid_map: gids, uid_map: uids });
    return openNamespace(native, pid);
  } finally {
    native.close(socket);
    endChild(native, pidfd, endTimeout);
    native.close(pidfd);
  }
}

function writeMaps(native: Native, pid: number, maps: Readonly<Record<string, string>>): void {
  const folder = native.open(AT_FDCWD, `/proc/${pid}`, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  try {
    for (const [file, map] of Object.entries(maps)) native.writeControl(folder, file, map);
  } finally {
    native.close(folder);
  }
}

/** Maps the ids of `tree`, a detached copy of the mount at `path`, while nobody can see it. */
export function idmapTree(
  native: Native,
  tree: Fd,
  { path, idmap }: { readonly path: string; readonly idmap: Idmap },
  namespace: (idmap: Idmap) => Fd,
  pointer: string,
): void {
  try {
    native.idmapTree(tree, namespace(idmap), idmap.recursive);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    const cause = `${error.syscall}: ${setupWords(error.code)}${reason(native, error, path, idmap)}`;
    throw new Failure(`id-mapped mount of ${path}: ${cause}`, pointer, { cause: error });
  }
}

/** What the errno means: can_idmap_mount of fs/namespace.c */
const reasons: Readonly<Record<string, string>> = {
  EINVAL: 'no id-mapped mounts',
  EPERM: 'an id mapping already, or is not in the power of this user',
};

function reason(
  native: Native,
  error: { readonly syscall: string; readonly code: string },
  path: string,
  idmap: Idmap,
): string {
  const meaning = error.syscall === 'mount_setattr' ? reasons[error.code] : undefined;
  if (meaning === undefined) return '';
  const source = native.open(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
  try {
    const types = filesystemTypes(native, source, idmap.recursive).join(', ');
    return idmap.recursive
      ? `: one of its file systems (${types}) has ${meaning}`
      : `: its file system (${types}) has ${meaning}`;
  } finally {
    native.close(source);
  }
}
