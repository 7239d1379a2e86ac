import type { Option, OptionTable } from './option.ts';
import { readValue } from './value.ts';

/** Where the values of one table go. */
export interface Target {
  readonly options: OptionTable;
  readonly values: { [name: string]: unknown };
}

/** What a scan found. What was read before a problem is kept: the log's own options are needed to report it. */
export interface Scan {
  readonly positionals: string[];
  /** index of the first word that was not looked at */
  next: number;
  help: boolean;
  /** runc's text of what is wrong, '' if nothing is */
  problem: string;
  /** the name of the option that does not exist, without dashes */
  unknown: string;
}

/** An option as it was written: `name`, and `value` when it was joined to it with "=". */
interface Written {
  readonly name: string;
  readonly value: string | undefined;
}

/** A target that holds the table's defaults. */
export function target(options: OptionTable): Target {
  const values: { [name: string]: unknown } = {};
  for (const name in options) values[name] = initialValue(options[name] as Option);
  return { options, values };
}

function initialValue(option: Option): unknown {
  return option.kind === 'strings' ? [] : option.default;
}

/**
 * Reads words from `start` on as Go's package flag does: one dash is as good as two, "--" ends the options, "-" is a word.
 * A name is looked up in the targets in their order. With `stop` the first word that is no option ends the scan;
 * the rest then are positionals when `stop` is 'rest', and are left alone when it is 'here'.
 */
export function scan(
  words: readonly string[],
  start: number,
  targets: readonly Target[],
  stop: 'no' | 'rest' | 'here',
): Scan {
  const result: Scan = { positionals: [], next: start, help: false, problem: '', unknown: '' };
  while (result.next < words.length && result.problem === '') {
    const word = words[result.next] as string;
    if (isOption(word)) {
      if (word === '--') return endOfOptions(words, result, stop);
      scanOption(words, targets, result);
    } else if (stop === 'no') {
      result.positionals.push(word);
      result.next += 1;
    } else {
      return stop === 'here' ? result : takeRest(words, result);
    }
  }
  return result;
}

function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

function endOfOptions(words: readonly string[], result: Scan, stop: 'no' | 'rest' | 'here'): Scan {
  result.next += 1;
  return stop === 'here' ? result : takeRest(words, result);
}

function takeRest(words: readonly string[], result: Scan): Scan {
  for (; result.next < words.length; result.next++) result.positionals.push(words[result.next] as string);
  return result;
}

function scanOption(words: readonly string[], targets: readonly Target[], result: Scan): void {
  const word = words[result.next] as string;
  result.next += 1;
  const written = split(word);
  if (written === undefined) {
    result.problem = `bad flag syntax: ${word}`;
  } else if (written.name === 'help' || written.name === 'h') {
    result.help = true;
  } else {
    store(words, written, targets, result);
  }
}

/** "--name=value" in parts; undefined when there is no name. */
function split(word: string): Written | undefined {
  const text = word.slice(word.startsWith('--') ? 2 : 1);
  if (text === '' || text.startsWith('-') || text.startsWith('=')) return undefined;
  const equals = text.indexOf('=');
  return equals < 0 ? { name: text, value: undefined } : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

function store(words: readonly string[], written: Written, targets: readonly Target[], result: Scan): void {
  for (const { options, values } of targets) {
    const name = find(options, written.name);
    if (name === undefined) continue;
    const option = options[name] as Option;
    const word = written.value ?? (option.kind === 'boolean' ? 'true' : words[result.next++]);
    if (word === undefined)
      result.problem = `flag needs an argument: ${written.name.length > 1 ? '--' : '-'}${written.name}`;
    else put(values, name, option, word, result);
    return;
  }
  result.problem = `flag provided but not defined: -${written.name}`;
  result.unknown = written.name;
}

/** The long name for a name as written. */
function find(options: OptionTable, written: string): string | undefined {
  if (Object.hasOwn(options, written)) return written;
  if (written.length !== 1) return undefined;
  for (const name in options) if (options[name]?.short === written) return name;
  return undefined;
}

function put(values: { [name: string]: unknown }, name: string, option: Option, word: string, result: Scan): void {
  const read = readValue(name, option, word);
  if ('problem' in read) result.problem = read.problem;
  else if (option.kind === 'strings') (values[name] as unknown[]).push(read.value);
  else values[name] = read.value;
}
