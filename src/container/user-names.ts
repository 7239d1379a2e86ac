import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';

/** Looks user names up in the host's /etc/passwd, read once and only when asked; `#uid` for who is not there. passwd(5) */
export function userNames(native: Native): (uid: number) => string {
  let names: Map<number, string> | undefined;
  return (uid) => {
    names ??= parsePasswd(readPasswd(native));
    return names.get(uid) ?? `#${uid}`;
  };
}

/** uid → name; the first entry of a uid counts, as for getpwuid(3). */
export function parsePasswd(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name !== undefined && uid !== undefined && /^[0-9]+$/.test(uid) && !names.has(Number(uid))) {
      names.set(Number(uid), name);
    }
  }
  return names;
}

/** A host need not have one. */
function readPasswd(native: Native): string {
  try {
    return native.readText(AT_FDCWD, '/etc/passwd', 1 << 20);
  } catch (error) {
    if (isNativeError(error)) return '';
    throw error;
  }
}
