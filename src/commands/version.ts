import type { Native } from '../native/contract.ts';
import { commit, version } from '../native/release.ts';
import { ociVersion } from '../oci/version.ts';

/**
 * `--version`. Callers take the program's name from before the word "version" on the first line and the version from after it, and
 * look for "commit: " and "spec: " at the start of a line.
 */
export function printVersion(native: Native): number {
  const lines = [`noci version ${version}`, ...(commit === '' ? [] : [`commit: ${commit}`]), `spec: ${ociVersion}`];
  native.write(1, `${lines.join('\n')}\n`);
  return 0;
}
