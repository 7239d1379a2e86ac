import type { Native } from '../../native/contract.ts';
import { isNativeError } from '../../native/failure.ts';
import { AT_FDCWD } from '../../native/open-flags.ts';
import { problemIf } from '../problem.ts';
import type { HostCheck } from './host-check.ts';

/** A label ends in its mode unless it is the one of no profile at all; a profile may also be of the mode that confines nothing. */
const unconfined = /^unconfined$|\(unconfined\)$/;

/** The runtime's own label, Linux 5.8; undefined without AppArmor. apparmor(7) */
function ownLabel(native: Native): string | undefined {
  try {
    return native.readText(AT_FDCWD, '/proc/self/attr/apparmor/current', 4096).trimEnd();
  } catch (error) {
    if (isNativeError(error)) return undefined;
    throw error;
  }
}

/** A container inherits the label of the runtime, which "unconfined" must be true of. */
export const checkApparmor: HostCheck = (native, { config }) => {
  if (config.process?.apparmorProfile !== 'unconfined') return [];
  const label = ownLabel(native) ?? 'unconfined';
  return problemIf(!unconfined.test(label), '/process/apparmorProfile', `the runtime itself is confined by "${label}"`);
};
