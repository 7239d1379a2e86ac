const item = /^(\d{1,9})(?:-(\d{1,9}))?$/;

/**
 * "0-3,7" → [0, 1, 2, 3, 7]: the list format of cpuset(7), ascending and without repetition. Spaces around items and
 * empty items are tolerated. Undefined when the text is no such list or names a number above `maximum`.
 */
export function parseNumberList(text: string, maximum: number): number[] | undefined {
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const range = part.trim();
    if (range === '') continue;
    const [, from, to = from] = item.exec(range) ?? [];
    const first = Number(from);
    const last = Number(to);
    // NaN when `item` did not match: no comparison with it holds
    if (!(first <= last && last <= maximum)) return undefined;
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}
