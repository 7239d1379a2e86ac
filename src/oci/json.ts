/** What Go's encoding/json escapes beyond RFC 8259, so that its output may stand in HTML; callers compare bytes with runc's. */
const escapedByGo = /[<>&\u2028\u2029]/g;

function escapeAsGo(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function writeString(text: string): string {
  return JSON.stringify(text).replace(escapedByGo, escapeAsGo);
}

function writeList(parts: readonly string[], open: string, close: string, indent: string, margin: string): string {
  if (parts.length === 0) return open + close;
  if (indent === '') return open + parts.join(',') + close;
  const inner = `\n${margin}${indent}`;
  return `${open}${inner}${parts.join(`,${inner}`)}\n${margin}${close}`;
}

function writeObject(object: object, indent: string, margin: string): string {
  const colon = indent === '' ? ':' : ': ';
  const parts: string[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (value !== undefined) parts.push(writeString(name) + colon + writeValue(value, indent, margin + indent));
  }
  return writeList(parts, '{', '}', indent, margin);
}

function writeValue(value: unknown, indent: string, margin: string): string {
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'bigint' || typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) {
    const parts = value.map((item: unknown) => writeValue(item, indent, margin + indent));
    return writeList(parts, '[', ']', indent, margin);
  }
  if (typeof value === 'object') return writeObject(value, indent, margin);
  throw new TypeError(`json: a ${typeof value} has no JSON form`);
}

/**
 * JSON text with the keys in the order of the object, bigints as plain integers (JSON.stringify refuses those), and the escapes of Go's
 * encoding/json (`<`, `>`, `&`, U+2028, U+2029). Properties that are undefined are left out. No newline at the end.
 *
 * @param indent what one level is indented by: '' for the compact form, '  ' (state), '    ' (features), '\t' (spec)
 * @throws TypeError for what JSON cannot say (NaN, functions, undefined in an array)
 */
export function writeJson(value: unknown, indent = ''): string {
  return writeValue(value, indent, '');
}

/** A copy of a string map with its keys sorted, as Go writes every map (annotations in `state`, `list` and what hooks read). */
export function sortedMap(map: Readonly<Record<string, string>>): Record<string, string> {
  const sorted: Record<string, string> = Object.create(null);
  for (const name of Object.keys(map).sort()) sorted[name] = map[name] as string;
  return sorted;
}
