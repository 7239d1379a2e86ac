import { lineStarts } from '../review/lines.ts';

/** A mistake that other notations allow, and what JSON wants there. RFC 8259 */
interface Mistake {
  /** matches the text from the place of the error, or right before it */
  readonly after?: RegExp;
  readonly before?: RegExp;
  readonly cure: string;
}

const mistakes: readonly Mistake[] = [
  { before: /,\s*$/, after: /^[}\]]/, cure: 'remove the comma before it' },
  { after: /^\/[/*]/, cure: 'JSON has no comments: remove it' },
  { after: /^#/, cure: 'JSON has no comments: remove it' },
  { after: /^'/, cure: 'write texts in double quotes' },
  { after: /^(True|False|None)\b/, cure: 'write true, false or null' },
  { after: /^(NaN|Infinity|undefined)\b/, cure: 'write a number, or leave the property out' },
  { after: /^[A-Za-z_]/, before: /[{,]\s*$/, cure: 'write the name in double quotes' },
  { after: /^\d/, before: /[:,[\s]0$/, cure: 'write the number in decimal and without a leading 0: 420 for 0644' },
  { after: /^["{[\d]/, before: /["}\]\dle]\s*$/, cure: 'write a comma before it' },
  { after: /^[\r\n\t]/, cure: 'write \\n, \\r or \\t in a text' },
  { after: /^\ufeff/, cure: 'save the file as UTF-8 without a byte order mark' },
  { after: /^[\udc80-\udcff]/, cure: 'save the file as UTF-8' },
  { after: /^$/, cure: 'the file ends too early: is it whole?' },
];

/** Enough for every mistake of the table, whatever the size of the file. */
const context = 200;

/** What to do about text that is no JSON, from the place at which it is none, as parseJson tells it; '' when that says nothing. */
export function jsonAdvice(text: string, line: number, column: number): string {
  const start = lineStarts(text)[line - 1] ?? 0;
  const offset = start + [...text.slice(start, start + 2 * column)].slice(0, column - 1).join('').length;
  const before = text.slice(Math.max(0, offset - context), offset);
  const after = text.slice(offset, offset + context);
  const found = mistakes.find(
    (mistake) => (mistake.after?.test(after) ?? true) && (mistake.before?.test(before) ?? true),
  );
  return found?.cure ?? '';
}
