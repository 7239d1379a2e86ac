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

/** @param offset in UTF-16 units */
export function positionAt(text: string, starts: readonly number[], offset: number): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: characters(text.slice(starts[low], offset)) + 1 };
}

/** The text of a line, from 1, without its end. */
export function lineAt(text: string, starts: readonly number[], line: number): string {
  return text.slice(starts[line - 1], (starts[line] ?? text.length + 1) - 1).replace(/\r$/, '');
}
