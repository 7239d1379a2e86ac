import type { LinuxSeccompFlag } from '../oci/types.ts';

/** SECCOMP_FILTER_FLAG_* of linux/seccomp.h, in the order in which runc names them. */
export const FLAGS: Readonly<Record<LinuxSeccompFlag, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
};

/** SECCOMP_FILTER_FLAG_NEW_LISTENER: seccomp(2) gives an fd that says which calls wait for an answer. */
export const NEW_LISTENER = 8;

/**
 * What seccomp(2) is called with. Without `flags` it is SPEC_ALLOW, as in runc: the mitigation that the kernel turns on otherwise is
 * of use to programs that run somebody else's code in one process. TSYNC is about other threads, and init has none. Who waits
 * killably waits for an answer, so that without a listener the kernel refuses that flag.
 */
export function filterFlags(flags: readonly LinuxSeccompFlag[] | undefined, listener: boolean): number {
  const named = flags ?? ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'];
  const left = named.filter(
    (flag) => flag !== 'SECCOMP_FILTER_FLAG_TSYNC' && (listener || flag !== 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'),
  );
  return left.reduce((sum, flag) => sum | FLAGS[flag], listener ? NEW_LISTENER : 0);
}
