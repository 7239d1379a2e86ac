/** A place in a file for people: both from 1, columns count characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where each line of a text begins. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** A character that takes two UTF-16 units is one character. */
export function characters(text: string): number {
  let count = 0;
  for (const _character of text) count++;
  return count;
}

/** Whether each character of a text is one UTF-16 unit: then nothing has to be counted, which in a config of one long line adds up. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what ASCII begins with
export const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

/**
 * @param offset in UTF-16 units
 * @param ascii see {@link isAscii}
 */
export function positionAt(text: string, starts: readonly number[], offset: number, ascii: boolean): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  const start = starts[low] as number;
  return { line: low + 1, column: (ascii ? offset - start : characters(text.slice(start, offset))) + 1 };
}

/** The text of a line, from 1, without its end. */
export function lineAt(text: string, starts: readonly number[], line: number): string {
  const whole = text.slice(starts[line - 1], (starts[line] ?? text.length + 1) - 1);
  return whole.endsWith('\r') ? whole.slice(0, -1) : whole;
}
