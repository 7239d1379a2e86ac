import { weakened } from '../native/weakened.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What a reader would not see or be misled by: controls, direction marks, and what is no character. */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is for
  /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The text for any place of an HTML page but a script or a style, of which there are none with text in them. */
export function escapeHtml(text: string): string {
  WEAKENED: if (weakened('S80')) return text;
  return text
    .replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[&<>"']/g, (character) => entities[character] as string);
}
