import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';

const piece = 4096;

/** All of stdin, which must be UTF-8. It may be a socket, which has no path to open. Throws a Failure for more than `maximum` bytes. */
export function readStandardInput(native: Native, maximum: number): string {
  const encoded: string[] = [];
  for (let length = 0; ; ) {
    const bytes = native.read(0, piece);
    if (bytes.length === 0) return decode(encoded.join(''));
    length += bytes.length;
    if (length > maximum) throw new Failure(`standard input is larger than ${maximum} bytes`);
    encoded.push(Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''));
  }
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new Failure('standard input is not UTF-8');
  }
}
