/** UTF-8 by RFC 3629; the standalone executable has no TextEncoder. */

const replacement = '\ufffd';

/** A lone surrogate, which UTF-8 does not know, becomes U+FFFD. */
export function encodeUtf8(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code, 0));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code, 6), tail(code, 0));
    else bytes.push(0xf0 | (code >> 18), tail(code, 12), tail(code, 6), tail(code, 0));
  }
  return bytes;
}

function tail(code: number, shift: number): number {
  return 0x80 | ((code >> shift) & 0x3f);
}

/** How many bytes a character has by its first one, and the bits of it in that; undefined: it is no first byte. */
function lead(byte: number): { readonly more: number; readonly bits: number; readonly least: number } | undefined {
  if (byte < 0x80) return { more: 0, bits: byte, least: 0 };
  if (byte >= 0xc2 && byte < 0xe0) return { more: 1, bits: byte & 0x1f, least: 0x80 };
  if (byte >= 0xe0 && byte < 0xf0) return { more: 2, bits: byte & 0xf, least: 0x800 };
  if (byte >= 0xf0 && byte < 0xf5) return { more: 3, bits: byte & 7, least: 0x10000 };
  return undefined;
}

/** The character at `at`, undefined when there is none: cut off, too long, a surrogate, too large. */
function character(bytes: Uint8Array, at: number): { readonly text: string; readonly length: number } | undefined {
  const first = lead(bytes[at] ?? 0xff);
  if (first === undefined) return undefined;
  let code = first.bits;
  for (let index = 1; index <= first.more; index++) {
    const byte = bytes[at + index] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    code = (code << 6) | (byte & 0x3f);
  }
  if (code < first.least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { text: String.fromCodePoint(code), length: first.more + 1 };
}

/** What is no UTF-8 becomes U+FFFD, a byte each: texts that are only shown must not stop anything. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const next = character(bytes, at);
    text += next?.text ?? replacement;
    at += next?.length ?? 1;
  }
  return text;
}
