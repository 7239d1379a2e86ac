import type { Fd, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { Failure, isErrno, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_NOFOLLOW, O_WRONLY } from '../native/open-flags.ts';
import { weakened } from '../native/weakened.ts';
import type { Config, Linux, Mount } from '../oci/types.ts';
import type { CgroupOwner, CgroupPlan } from '../plan/plan.ts';
import { openCgroup, unifiedDirectory } from './directory.ts';
import { components } from './path.ts';

const cgroupfs = '/sys/fs/cgroup';

/** What the kernel lets the owner of a delegated cgroup write; its list is there since Linux 4.15. cgroup-v2.rst § Delegation */
const delegateFile = '/sys/kernel/cgroup/delegate';
const delegatedAlways = ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];

/** chown(2): as it was */
const unchanged = 0xffffffff;

function isAtCgroupfs({ destination }: Mount): boolean {
  return `/${components(destination).join('/')}` === cgroupfs;
}

/** The last option decides. */
function isWritable({ options = [] }: Mount): boolean {
  const last = (...names: string[]) => Math.max(...names.map((name) => options.lastIndexOf(name)));
  return last('ro', 'rro') <= last('rw', 'rrw');
}

/** The uid outside of the container's user namespace; undefined when it is not mapped, or the map is another's. user_namespaces(7) */
function hostUid({ uidMappings = [], namespaces = [] }: Linux, uid: number): number | undefined {
  if (!namespaces.some(({ type }) => type === 'user')) return uid;
  const mapping = uidMappings.find(({ containerID, size }) => uid >= containerID && uid - containerID < size);
  return mapping && mapping.hostID + uid - mapping.containerID;
}

/**
 * To whom a v2 cgroup is given: a container that sees its own cgroup as the root, through a mount that it may write, manages what is
 * below it. Nothing of this without a cgroup namespace: what is seen then is the host's. cgroup-v2.rst § Delegation
 *
 * `euid` is who makes the cgroup, and owns it anyway.
 */
export function planOwner(
  { linux = {}, mounts = [], process }: Config,
  { mode, directories }: Pick<CgroupPlan, 'mode' | 'directories'>,
  euid: () => number,
): CgroupOwner | undefined {
  const isolated = linux.namespaces?.some(({ type, path = '' }) => type === 'cgroup' && path === '') ?? false;
  if (mode !== 'v2' || !isolated) return undefined;
  const index = mounts.map(isAtCgroupfs).lastIndexOf(true);
  const mount = mounts[index];
  if (mount?.type !== 'cgroup' || !isWritable(mount)) return undefined;
  const uid = hostUid(linux, process?.user?.uid ?? 0);
  const unified = unifiedDirectory(directories);
  if (uid === undefined || unified === undefined || uid === euid()) return undefined;
  return { path: unified.path, uid, pointer: `/mounts/${index}` };
}

function delegatedFiles(native: Native): readonly string[] {
  try {
    return native
      .readText(AT_FDCWD, delegateFile, 65536)
      .split('\n')
      .filter((name) => name !== '' && !name.includes('/'));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return delegatedAlways;
    throw error;
  }
}

/** A file of a controller that the cgroup does not have is not there. All of them can be written, some of them not read. */
function openDelegated(native: Native, directory: Fd, name: string): Fd | undefined {
  try {
    return native.open(directory, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function giveFile(native: Native, directory: Fd, name: string, uid: number): void {
  const file = openDelegated(native, directory, name);
  if (file === undefined) return;
  try {
    native.fchown(file, uid, unchanged);
  } finally {
    native.close(file);
  }
}

/**
 * Gives a cgroup to its owner: the directory, so that it can make cgroups in it, and the files that the kernel names. The limits
 * stay with whoever set them.
 *
 * @throws Failure with the pointer of the mount
 */
export function giveCgroup(native: Native, { owner }: CgroupPlan): void {
  if (owner === undefined) return;
  const { path, uid, pointer } = owner;
  const directory = openCgroup(native, path);
  if (directory === undefined) throw new Failure(`cgroup ${path} is gone`, '/linux/cgroupsPath');
  try {
    native.fchown(directory, uid, unchanged);
    WEAKENED: if (weakened('S50'))
      for (const { name } of native.readdir(directory)) giveFile(native, directory, name, uid);
    for (const name of delegatedFiles(native)) giveFile(native, directory, name, uid);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw new Failure(
      `unable to give cgroup ${path} to user ${uid}: ${error.syscall}: ${setupWords(error.code)}`,
      pointer,
      {
        cause: error,
      },
    );
  } finally {
    native.close(directory);
  }
}
