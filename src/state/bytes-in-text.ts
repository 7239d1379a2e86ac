/**
 * A path need not be UTF-8: each byte that does not decode is a lone surrogate U+DC80..U+DCFF (native/contract.ts). JSON cannot
 * hold these (RFC 8259 § 8.2), so in the files of the state such a byte is this noncharacter and two hexadecimal digits.
 */
const mark = '\u{10ffff}';

/** The noncharacter itself, should a path have it: no two digits are "~~". */
const itself = `${mark}~~`;

/** As includes(), for texts of some kB: the engine of the executable looks for a part ten times faster when it is to replace it. */
function contains(text: string, part: string): boolean {
  return text.replaceAll(part, '') !== text;
}

/** JSON text that any parser takes, from one in which lone surrogates stand as escapes. */
export function hideBytes(json: string): string {
  if (!contains(json, '\\') && !contains(json, mark)) return json;
  // an escaped backslash comes first, or what follows it would be read as an escape
  return json
    .replaceAll(mark, itself)
    .replace(/\\\\|\\udc([89a-f][0-9a-f])/gi, (whole, code?: string) => (code === undefined ? whole : mark + code));
}

/** The value that was written, with its bytes, from what was parsed of `json`. */
export function showBytes(value: unknown, json: string): unknown {
  return contains(json, mark) ? mapTexts(value, show) : value;
}

function show(text: string): string {
  return text.replace(new RegExp(`${mark}(~~|[89a-f][0-9a-f])`, 'gui'), (_whole, code: string) =>
    code === '~~' ? mark : String.fromCharCode(0xdc00 + Number.parseInt(code, 16)),
  );
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [change(name), mapTexts(item, change)]));
}
