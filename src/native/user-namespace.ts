import type { Native } from './contract.ts';
import { AT_FDCWD } from './open-flags.ts';

/** The inode of the initial user namespace: PROC_USER_INIT_INO of the kernel's include/linux/proc_ns.h, the same since 3.8. */
const initialUserNamespace = 0xeffffffdn;

/** Whether the runtime is in a user namespace that is not the initial one: being root means less there. user_namespaces(7) */
export function inUserNamespace(native: Native): boolean {
  const namespace = native.stat(AT_FDCWD, '/proc/self/ns/user', 0);
  return namespace !== undefined && namespace.ino !== initialUserNamespace;
}
