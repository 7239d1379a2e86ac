/** True for a path that starts at the root. */
export function isAbsolute(path: string): boolean {
  return path.startsWith('/');
}

/** True when `path` is `directory` or below it; both absolute and clean. */
export function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** Bytes of a text in UTF-8, which is what the kernel counts. A lone surrogate is a byte that does not decode (native/contract.ts). */
export function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point < 0x80 || (point >= 0xdc80 && point <= 0xdcff)) bytes += 1;
    else if (point < 0x800) bytes += 2;
    else bytes += point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
