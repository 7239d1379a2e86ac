/** Changes that make a word of another: a character more, less, other, or two swapped; more than `most` are not counted. */
function distance(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return most + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let least = Math.min(
        (last[column] as number) + 1,
        (next[column - 1] as number) + 1,
        (last[column - 1] as number) + (same ? 0 : 1),
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) least = Math.min(least, (beforeLast[column - 2] as number) + 1);
      next.push(least);
    }
    beforeLast = last;
    last = next;
  }
  return last[to.length] as number;
}

/** Letters of one case and no marks between words: SYS_ADMIN, sys-admin and sysAdmin are one. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[-_. ]/g, '');
}

/** Longer ones are nothing that somebody has misspelt. */
const longest = 64;

/** The word that was probably meant, '' when none is near: a third of a word may be wrong, or its beginning missing. */
export function nearest(word: string, words: readonly string[]): string {
  if (word.length > longest) return '';
  const meant = plain(word);
  const most = Math.min(3, Math.floor(meant.length / 3));
  let best = '';
  let least = most + 1;
  for (const candidate of words) {
    const other = plain(candidate);
    const changes = other === meant ? 0 : distance(meant, other, most);
    if (changes < least) {
      best = candidate;
      least = changes;
    }
  }
  if (best !== '' || meant.length < 3) return best;
  // "kill" for CAP_KILL, "nofile" for RLIMIT_NOFILE
  return words.find((candidate) => plain(candidate).endsWith(meant)) ?? '';
}
