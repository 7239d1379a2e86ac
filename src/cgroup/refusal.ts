import type { NativeError } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';

/** What it means that cgroupfs refuses something, and what can be done about it, where the errno alone does not tell. cgroups(7) */
const reasons: { readonly [code: string]: string } = {
  EROFS: 'the cgroup filesystem is mounted read-only here; remount it writable',
  EACCES: 'this user may not (EACCES); run as root, or in a cgroup that is delegated to the user',
  EPERM: 'this user may not (EPERM); run as root, or in a cgroup that is delegated to the user',
  ENOTDIR: 'a name on the way is that of a file; name a cgroup',
  EAGAIN: 'a cgroup above has reached its cgroup.max.depth or cgroup.max.descendants',
  ENAMETOOLONG: 'the name is too long',
};

/** "mkdir /sys/fs/cgroup/x: why", without the words that engines take for a missing command. */
export function describeRefusal({ syscall, path, code }: NativeError): string {
  const reason = reasons[code] ?? setupWords(code);
  return path === '' ? `${syscall}: ${reason}` : `${syscall} ${path}: ${reason}`;
}
