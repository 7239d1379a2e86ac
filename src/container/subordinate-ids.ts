import type { Native } from '../native/contract.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { userNames } from './user-names.ts';

export interface Range {
  readonly first: number;
  readonly size: number;
}

/**
 * What of a map no line of the file gives to the user, and the line that would: "name:first:size" each, a uid in place of a name
 * being allowed. subuid(5)
 *
 * @param file /etc/subuid or /etc/subgid
 * @param map as uid_map takes it
 */
export function missingRanges(native: Native, file: string, map: string): string[] {
  const own = file === '/etc/subuid' ? native.geteuid() : native.getegid();
  const owner = ownerName(native);
  const given = givenRanges(native, file);
  return mapped(map)
    .filter(({ first, size }) => !(size === 1 && first === own) && !covers(given, first, size))
    .map(
      ({ first, size }) =>
        `${file} does not give ${first} to ${first + size - 1} to ${owner}; root allows it by a line ${owner}:${first}:${size}`,
    );
}

/** The ranges that the file gives to the user. */
export function givenRanges(native: Native, file: string): Range[] {
  return rangesOf(read(native, file), [ownerName(native), String(native.geteuid())]);
}

function ownerName(native: Native): string {
  const uid = native.geteuid();
  const name = userNames(native)(uid);
  return name.startsWith('#') ? String(uid) : name;
}

function mapped(map: string): Range[] {
  const lines = map.trim().split('\n');
  return lines.map((line) => {
    const [, first, size] = line.split(' ').map(Number);
    return { first: first as number, size: size as number };
  });
}

function rangesOf(text: string, owners: readonly string[]): Range[] {
  return text.split('\n').flatMap((line) => {
    const [owner = '', first, size] = line.split(':');
    return owners.includes(owner) && Number(size) > 0 ? [{ first: Number(first), size: Number(size) }] : [];
  });
}

/** Ranges may adjoin and overlap. */
function covers(given: readonly Range[], first: number, size: number): boolean {
  let next = first;
  for (const range of given.toSorted((a, b) => a.first - b.first))
    if (range.first <= next) next = Math.max(next, range.first + range.size);
  return next >= first + size;
}

function read(native: Native, file: string): string {
  try {
    return native.readText(AT_FDCWD, file, 1 << 20);
  } catch (error) {
    if (isNativeError(error)) return '';
    throw error;
  }
}
