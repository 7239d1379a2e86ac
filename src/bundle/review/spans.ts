import { pointer } from '../../plan/pointer.ts';

/** UTF-16 units of a text: from `start` up to but not including `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a value stands, and its name, when it is a property. */
export interface Spans {
  readonly name: Span | undefined;
  readonly value: Span;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Space, tab, line feed, carriage return: RFC 8259 § 2 */
function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d;
}

/** Every value of a text by its pointer. The text is known to be JSON: parseJson has taken it, so that nothing is checked here. */
export function spansOf(text: string): ReadonlyMap<string, Spans> {
  const found = new Map<string, Spans>();
  let at = 0;

  const skipBlank = (): void => {
    while (isBlank(text.charCodeAt(at))) at++;
  };
  const takeString = (): Span => {
    const start = at++;
    for (let unit = text.charCodeAt(at); unit !== QUOTE; unit = text.charCodeAt(at)) at += unit === BACKSLASH ? 2 : 1;
    return { start, end: ++at };
  };
  const takeScalar = (): void => {
    for (let unit = text.charCodeAt(at); at < text.length; unit = text.charCodeAt(++at))
      if (isBlank(unit) || unit === COMMA || unit === CLOSING_BRACE || unit === CLOSING_BRACKET) return;
  };
  const takeMembers = (place: string, closing: number): void => {
    at++;
    for (let index = 0; ; index++) {
      skipBlank();
      if (text.charCodeAt(at) === closing) break;
      const name = closing === CLOSING_BRACE ? takeString() : undefined;
      if (name !== undefined) {
        skipBlank();
        // the colon
        at++;
      }
      takeValue(place + pointer(name === undefined ? index : JSON.parse(text.slice(name.start, name.end))), name);
      skipBlank();
      if (text.charCodeAt(at) === COMMA) at++;
    }
    at++;
  };
  const takeValue = (place: string, name: Span | undefined): void => {
    skipBlank();
    const start = at;
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) takeString();
    else if (unit === BRACE) takeMembers(place, CLOSING_BRACE);
    else if (unit === BRACKET) takeMembers(place, CLOSING_BRACKET);
    else takeScalar();
    found.set(place, { name, value: { start, end: at } });
  };

  takeValue('', undefined);
  return found;
}
