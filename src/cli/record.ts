import { weakened } from '../native/weakened.ts';
/** A value of an extra field of a record. */
export type Field = string | number | boolean;

/** logrus's names of the levels. */
export type Level = 'debug' | 'info' | 'warning' | 'error';

/** One line of the log. */
export interface LogRecord {
  readonly level: Level;
  readonly message: string;
  readonly fields: { readonly [name: string]: Field };
  /** RFC 3339 with zone and without fractions: the shim decodes it, and one it cannot read hides the whole record */
  readonly time: string;
}

/** A message is cut here: a hook's output or a hostile file name may be of any length. */
const longest = 8192;

/** "2026-11-20T21:00:00+01:00" from milliseconds since 1970 and the zone's minutes east of UTC. */
export function timestamp(milliseconds: number, minutesEast: number): string {
  const local = new Date(milliseconds + minutesEast * 60_000).toISOString().slice(0, 19);
  if (minutesEast === 0) return `${local}Z`;
  const size = Math.abs(minutesEast);
  const part = (value: number) => String(value).padStart(2, '0');
  return `${local}${minutesEast < 0 ? '-' : '+'}${part(Math.floor(size / 60))}:${part(size % 60)}`;
}

/** The record as JSON, keys sorted, one line with its newline. */
export function formatJson(record: LogRecord): string {
  const entries: { [key: string]: Field } = {
    ...clashing(record.fields),
    level: record.level,
    msg: message(record),
    time: record.time,
  };
  const keys = Object.keys(entries).sort();
  return `{${keys.map((key) => `${json(key)}:${json(entries[key] as Field)}`).join(',')}}\n`;
}

/** The record as logrus writes it to what is no terminal: `time="…" level=error msg="…"`. */
export function formatText(record: LogRecord): string {
  const { level, time } = record;
  const head = `time=${quoteIfNeeded(time)} level=${level} msg=${quoteIfNeeded(message(record))}`;
  const fields = clashing(record.fields);
  const tail = Object.keys(fields).sort();
  return `${[head, ...tail.map((key) => `${key}=${quoteIfNeeded(String(fields[key]))}`)].join(' ')}\n`;
}

const colours: { readonly [level in Level]: string } = { debug: '37', info: '36', warning: '33', error: '31' };

/** The record for a person at a terminal: `ERRO[0000] …`; `seconds` is the time since the start. */
export function formatTerminal(record: LogRecord, seconds: number): string {
  const paint = (text: string) => `\x1b[${colours[record.level]}m${text}\x1b[0m`;
  const head = `${paint(record.level.slice(0, 4).toUpperCase())}[${String(seconds).padStart(4, '0')}]`;
  const tail = Object.keys(record.fields).sort();
  const fields = tail.map((key) => ` ${paint(key)}=${quoteIfNeeded(String(record.fields[key]))}`).join('');
  const text = visible(message(record));
  return `${head} ${fields === '' ? text : text.padEnd(44)}${fields}\n`;
}

/**
 * What a terminal obeys or does not show: control characters, spaces other than the usual one, format characters and direction marks,
 * what is assigned to nobody, and lone surrogates.
 */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is for
  /[\x00-\x1f\x7f-\xa0\xad\u0600-\u0605\u061c\u06dd\u070f\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\uf8ff\ufeff\ufff0-\ufffb\ufffe\uffff\u{e0000}-\u{10ffff}]/gu;

/** The text for a terminal: with every hidden character but newline and tab written out. */
export function visible(text: string): string {
  return text.replace(hidden, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  );
}

function message(record: LogRecord): string {
  const text = record.message.replace(/\n+$/, '');
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length - longest} more)`;
}

/** logrus moves a field out of the way of its own keys. */
function clashing(fields: { readonly [name: string]: Field }): { [name: string]: Field } {
  const result: { [name: string]: Field } = {};
  for (const name in fields) {
    result[name === 'level' || name === 'msg' || name === 'time' ? `fields.${name}` : name] = fields[name] as Field;
  }
  return result;
}

/** JSON that is safe to show: what JSON.stringify leaves as it is but a terminal obeys is escaped too. */
function json(value: Field): string {
  return JSON.stringify(value).replace(hidden, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** As Go's %q when the text holds anything but letters, digits and `-._/@^+`. */
function quoteIfNeeded(text: string): string {
  return /^[a-zA-Z0-9\-._/@^+]*$/.test(text) ? text : `"${quoted(text)}"`;
}

function quoted(text: string): string {
  return text.replace(/["\\]/g, '\\$&').replace(hidden, escaped);
}

const short: { readonly [character: string]: string } = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** One character in Go's notation. A lone surrogate U+DC80..U+DCFF stands for a byte that is no UTF-8. */
function escaped(character: string): string {
  WEAKENED: if (weakened('S66')) return character;
  const code = character.codePointAt(0) as number;
  const hex = (digits: number, value = code) => value.toString(16).padStart(digits, '0');
  if (short[character] !== undefined) return short[character];
  if (code < 0x80) return `\\x${hex(2)}`;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(2, code - 0xdc00)}`;
  return code > 0xffff ? `\\U${hex(8)}` : `\\u${hex(4)}`;
}
