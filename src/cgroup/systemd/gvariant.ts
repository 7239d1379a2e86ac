import type { PropertyValue } from '../../plan/plan.ts';

/**
 * GVariant text, as annotations hold it, read as one of the types that {@link parseGvariant} knows. GLib's reference, § GVariant Text
 * Format
 */

interface Range {
  readonly keyword: string;
  readonly least: bigint;
  readonly most: bigint;
}

const ranges: { readonly [signature: string]: Range } = {
  i: { keyword: 'int32', least: -(2n ** 31n), most: 2n ** 31n - 1n },
  u: { keyword: 'uint32', least: 0n, most: 2n ** 32n - 1n },
  t: { keyword: 'uint64', least: 0n, most: 2n ** 64n - 1n },
};

function integer(text: string, { keyword, least, most }: Range): bigint | undefined {
  const digits = text.startsWith(`${keyword} `) ? text.slice(keyword.length).trim() : text;
  if (!/^[+-]?(?:\d{1,20}|0x[0-9a-f]{1,16})$/i.test(digits)) return undefined;
  const negative = digits.startsWith('-');
  const value = BigInt(digits.replace(/^[+-]/, ''));
  const signed = negative ? -value : value;
  return signed >= least && signed <= most ? signed : undefined;
}

/** One text in quotes, of either kind; a backslash before a quote or a backslash only. Where it ends too. */
function quoted(text: string, at: number): { readonly value: string; readonly end: number } | undefined {
  const quote = text[at];
  if (quote !== "'" && quote !== '"') return undefined;
  let value = '';
  for (let index = at + 1; index < text.length; index++) {
    const letter = text[index];
    if (letter === quote) return { value, end: index + 1 };
    if (letter === '\\') {
      const next = text[++index];
      if (next !== quote && next !== '\\') return undefined;
      value += next;
    } else value += letter;
  }
  return undefined;
}

function string(text: string): string | undefined {
  const found = quoted(text, 0);
  return found?.end === text.length ? found.value : undefined;
}

/** "['a', 'b']", "@as []" */
function strings(text: string): string[] | undefined {
  const list = text.replace(/^@as\s+/, '');
  if (/^\[\s*\]$/.test(list)) return text === list ? undefined : [];
  if (!list.startsWith('[')) return undefined;
  const values: string[] = [];
  for (let at = 1; ; at++) {
    while (list[at] === ' ') at++;
    const found = quoted(list, at);
    if (found === undefined) return undefined;
    values.push(found.value);
    at = found.end;
    while (list[at] === ' ') at++;
    if (list[at] === ']') return at + 1 === list.length ? values : undefined;
    if (list[at] !== ',') return undefined;
  }
}

/** The value that `text` is for a type: b, i, u, t, s or as. undefined when it is none of that type. */
export function parseGvariant(text: string, signature: string): PropertyValue | undefined {
  const trimmed = text.trim();
  const range = ranges[signature];
  if (range !== undefined) return integer(trimmed, range);
  if (signature === 'b') return trimmed === 'true' ? true : trimmed === 'false' ? false : undefined;
  if (signature === 's') return string(trimmed);
  return signature === 'as' ? strings(trimmed) : undefined;
}

/** Seconds, an integer of any type or with a fraction, as microseconds. */
export function parseSeconds(text: string): bigint | undefined {
  const [, whole, fraction = ''] =
    /^(?:(?:u?int(?:16|32|64)|double|byte) +)?\+?(\d{1,13})(?:\.(\d{1,9}))?$/.exec(text.trim()) ?? [];
  if (whole === undefined) return undefined;
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}
