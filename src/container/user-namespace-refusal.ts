import type { Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';

/** A sysctl by which a host keeps ordinary users from making user namespaces, or from being root in them. */
interface Switch {
  readonly sysctl: string;
  readonly forbids: string;
  readonly allows: string;
  /** another way */
  readonly or?: string;
}

const switches: readonly Switch[] = [
  // Debian's kernels
  { sysctl: 'kernel.unprivileged_userns_clone', forbids: '0', allows: '1' },
  // namespaces(7); each user namespace has its own
  { sysctl: 'user.max_user_namespaces', forbids: '0', allows: '15000' },
  {
    sysctl: 'kernel.apparmor_restrict_unprivileged_userns',
    forbids: '1',
    allows: '0',
    or: 'an AppArmor profile for this program with the rule userns',
  },
];

function read(native: Native, sysctl: string): string | undefined {
  try {
    return native.readText(AT_FDCWD, `/proc/sys/${sysctl.replaceAll('.', '/')}`, 64).trim();
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

/** The switch that is off, and how it is put on; undefined when none is. The errno does not tell. */
export function forbiddingSwitch(native: Native): string | undefined {
  const found = switches.find(({ sysctl, forbids }) => read(native, sysctl) === forbids);
  if (found === undefined) return undefined;
  const { sysctl, forbids, allows, or } = found;
  return `the sysctl ${sysctl} is ${forbids}; root allows it by sysctl -w ${sysctl}=${allows}${or ? `, or by ${or}` : ''}`;
}

/** Where no sysctl is to blame. clone(2), user_namespaces(7) */
const otherwise: Readonly<Record<string, string>> = {
  EPERM: 'the runtime may be in a chroot, or a seccomp filter or a security module of its surroundings refuses it',
  ENOSPC: 'this user has too many; see the sysctl user.max_user_namespaces',
  EUSERS: 'they are nested too deeply',
};

/** Why clone3(2) makes no user namespace. */
export function userNamespaceRefusal(native: Native, code: string): string {
  const reason = forbiddingSwitch(native) ?? otherwise[code];
  return reason === undefined ? setupWords(code) : `this user may make no user namespace (${code}): ${reason}`;
}
