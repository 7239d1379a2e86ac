import { characters, isAscii, lineAt, lineStarts } from './lines.ts';
import type { Remark } from './remark.ts';

/** Characters of a source line that are shown: engines write a config on one. */
const widest = 88;
const before = 30;

/** The part of a line that a remark is about, with a mark below it. `visible` writes out what a terminal would obey. */
function excerpt(
  line: string,
  { line: number, column, length }: Remark,
  visible: (text: string) => string,
  ascii: boolean,
): string[] {
  const units = ascii ? line : [...line];
  const start = units.length <= widest ? 0 : Math.max(0, Math.min(column - 1 - before, units.length - widest));
  const part = (from: number, to: number) => {
    const some = units.slice(from, to);
    return visible((typeof some === 'string' ? some : some.join('')).replaceAll('\t', ' '));
  };
  const end = Math.min(units.length, start + widest);
  const left = start > 0 ? '…' : '';
  const right = end < units.length ? '…' : '';
  const margin = String(number).padStart(6);
  const marked = characters(part(column - 1, Math.min(end, column - 1 + length)));
  return [
    `${margin} | ${left}${part(start, end)}${right}`,
    `${' '.repeat(margin.length)} | ${' '.repeat(characters(left + part(start, column - 1)))}^${'~'.repeat(Math.max(0, marked - 1))}`,
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What was probably meant; where nothing is near, the words that the sentence does not name already. */
function choices({ allowed, suggestion, message }: Remark): string[] {
  if (suggestion !== '') return [`did you mean ${JSON.stringify(suggestion)}?`];
  const open = allowed.filter((word) => !message.includes(JSON.stringify(word)));
  return open.length === 0 ? [] : [`it may be ${open.join(', ')}`];
}

/**
 * All remarks for people: "config.json:3:12: error: …" as compilers write it, which editors know how to follow, then the line with a
 * mark, then what was probably meant; at last how many there are.
 */
export function verdict(
  file: string,
  text: string,
  remarks: readonly Remark[],
  visible: (text: string) => string,
): string {
  const starts = lineStarts(text);
  const ascii = isAscii(text);
  const name = visible(file);
  const parts = remarks.map((remark) => {
    const { severity, line, column, message, pointer } = remark;
    const place = pointer === '' ? '' : ` (${pointer})`;
    const head = `${name}:${line}:${column}: ${severity}: ${visible(message + place).replace(/[\n\t]/g, ' ')}`;
    const tail = choices(remark).map((choice) => `       = ${visible(choice)}`);
    return [head, ...excerpt(lineAt(text, starts, line), remark, visible, ascii), ...tail, ''].join('\n');
  });
  const errors = remarks.filter(({ severity }) => severity === 'error').length;
  const warnings = remarks.length - errors;
  const sum = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ].join(' and ');
  return `${parts.join('\n')}${parts.length > 0 ? '\n' : ''}${name}: ${sum === '' ? 'nothing to complain about' : sum}\n`;
}
