import { Failure } from '../native/failure.ts';

const powers = 'kmgtp';

const largest = 2n ** 63n - 1n;

/**
 * Bytes of a size as docker's go-units (RAMInBytes) reads it: "512", "1.5g", "64 MiB", in units of 1024. Whole numbers are exact, a
 * fraction is cut off. -1 is "no limit".
 *
 * @throws Failure with go-units' text
 */
export function parseSize(text: string): bigint {
  if (text === '-1') return -1n;
  const [, number = '', suffix = ''] = /^(.*[\d. ])([^\d. ]*)$/s.exec(text) ?? [];
  const digits = number.endsWith(' ') ? number.slice(0, -1) : number;
  if (!/^\+?(?:\d+\.?\d*|\.\d+)$/.test(digits)) throw new Failure(`invalid size: '${text}'`);
  const unit = unitOf(suffix);
  const [whole = '', fraction = ''] = digits.replace('+', '').split('.');
  const scaled = BigInt(whole + fraction) * unit;
  const bytes = scaled / 10n ** BigInt(fraction.length);
  if (bytes > largest) throw new Failure(`invalid size: '${text}': value out of range`);
  return bytes;
}

function unitOf(suffix: string): bigint {
  const word = suffix.toLowerCase();
  if (word === '' || word === 'b') return 1n;
  if (!/^[kmgtp](?:i?b)?$/.test(word)) throw new Failure(`invalid suffix: '${word}'`);
  return 1024n ** BigInt(powers.indexOf(word[0] as string) + 1);
}
