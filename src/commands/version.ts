import type { Native } from '../native/contract.ts';
import { commit, version } from '../native/release.ts';
import { ociVersion } from '../oci/version.ts';

/**
 * `--version`. Callers take the program's name from before the word "version" on the first line and the version from after it, and
 * look for "commit: " and "spec: " at the start of a line. Linked as `runc` it says `runc`: go-runc, the library of containerd's
 * shim, reads no other name's version.
 */
export function printVersion(native: Native, program: string): number {
  const name = program === 'runc' ? program : 'noci';
  const lines = [`${name} version ${version}`, ...(commit === '' ? [] : [`commit: ${commit}`]), `spec: ${ociVersion}`];
  native.write(1, `${lines.join('\n')}\n`);
  return 0;
}
