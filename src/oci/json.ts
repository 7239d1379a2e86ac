/** What Go's encoding/json escapes beyond RFC 8259, so that its output may stand in HTML; callers compare bytes with runc's. */
const escapedByGo = ['<', '>', '&', '\u2028', '\u2029'];

const escapable = new RegExp(`[${escapedByGo.join('')}]`, 'g');

function escapeAsGo(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A lone high surrogate: neither text from JSON nor a path has one (native/contract.ts). It marks a bigint's digits. */
const mark = '\ud800';

/** As {@link writeJson}, without the escapes of Go: for files that only noci reads. */
export function plainJson(value: unknown, indent = ''): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // a bigint, which is rare
    const marked = (_name: string, item: unknown) => (typeof item === 'bigint' ? mark + item : item);
    return JSON.stringify(value, marked, indent).replace(/"\\ud800(-?\d+)"/g, '$1');
  }
}

/**
 * JSON text with the keys in the order of the object, bigints as plain integers (JSON.stringify refuses those), and the escapes of Go's
 * encoding/json (`<`, `>`, `&`, U+2028, U+2029). Properties that are undefined are left out. No newline at the end.
 *
 * @param indent what one level is indented by: '' for the compact form, '  ' (state), '    ' (features), '\t' (spec)
 */
export function writeJson(value: unknown, indent = ''): string {
  const text = plainJson(value, indent);
  // these stand in strings only; most texts have none
  return escapedByGo.some((character) => text.includes(character)) ? text.replace(escapable, escapeAsGo) : text;
}

/** A copy of a string map with its keys sorted, as Go writes every map (annotations in `state`, `list` and what hooks read). */
export function sortedMap(map: Readonly<Record<string, string>>): Record<string, string> {
  const sorted: Record<string, string> = Object.create(null);
  for (const name of Object.keys(map).sort()) sorted[name] = map[name] as string;
  return sorted;
}
