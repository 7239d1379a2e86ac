import type { Option } from './option.ts';

const yes: readonly string[] = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const no: readonly string[] = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** The words that Go's strconv.ParseBool takes; undefined for any other. */
export function readBoolean(word: string): boolean | undefined {
  return yes.includes(word) || (no.includes(word) ? false : undefined);
}

const integer = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]+|0|[1-9][0-9]*)$/;

/** An integer in the notations of Go's strconv.ParseInt with base 0 (`010` and `0o10` are octal); undefined when it is none or is not exact. */
export function readInteger(word: string): number | undefined {
  const match = integer.exec(word);
  if (match === null) return undefined;
  const digits = match[2] as string;
  const value = Number(/^0[0-7]/.test(digits) ? `0o${digits}` : digits);
  if (!Number.isSafeInteger(value)) return undefined;
  return match[1] === '-' ? 0 - value : value;
}

/** Turns the word after an option into its value. `problem` is runc's text (that of Go's package flag). */
export function readValue(name: string, option: Option, word: string): { value: unknown } | { problem: string } {
  if (option.kind === 'boolean') {
    const value = readBoolean(word);
    return value === undefined
      ? { problem: `invalid boolean value ${JSON.stringify(word)} for -${name}: parse error` }
      : { value };
  }
  if (option.kind === 'integer') {
    const value = readInteger(word);
    return value === undefined
      ? { problem: `invalid value ${JSON.stringify(word)} for flag -${name}: parse error` }
      : { value };
  }
  return { value: word };
}
