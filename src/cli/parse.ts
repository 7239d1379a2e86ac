import type { Grammar, OptionTable, OptionValues } from './option.ts';
import { globalOptions, grammarOf, isVerb, type Verb } from './options.ts';
import { type Scan, scan, type Target, target } from './scan.ts';

/** The values of the global options, unchecked. */
export type GlobalValues = OptionValues<typeof globalOptions>;

/** What the command line asks for. `global` is what was read of the global options, even when something after them is wrong. */
export type Request = { readonly global: GlobalValues } & (
  | {
      readonly kind: 'command';
      readonly verb: Verb;
      readonly options: { readonly [name: string]: unknown };
      readonly positionals: readonly string[];
    }
  | { readonly kind: 'help'; readonly topic: Verb | undefined }
  | { readonly kind: 'version' }
  /** the script that a shell loads for completion */
  | { readonly kind: 'completion'; readonly shell: string }
  /** what such a script asks: the words so far */
  | { readonly kind: 'suggest'; readonly words: readonly string[] }
  /** a command that this version does not have */
  | { readonly kind: 'unavailable'; readonly verb: Verb }
  | { readonly kind: 'unknown'; readonly word: string }
  | Misuse
);

/** A known command that is called wrongly. */
export interface Misuse {
  readonly kind: 'misuse';
  readonly topic: Verb | undefined;
  /** what is printed before the help */
  readonly heading: string;
  /** the error */
  readonly problem: string;
  /** an option that does not exist, without dashes; '' if that is not what is wrong */
  readonly unknown: string;
}

/** What the completion scripts pass as the first word (yargs's name). */
export const suggestWord = '--get-yargs-completions';

const versionOption = { version: { kind: 'boolean', default: false, short: 'v' } } as const satisfies OptionTable;

/** Reads a command line, argv[0] included. Pure, never throws. */
export function parse(argv: readonly string[]): Request {
  const words = argv.slice(1);
  const globals = target(globalOptions);
  const version = target(versionOption);
  const global = globals.values as GlobalValues;
  if (words[0] === suggestWord) return { kind: 'suggest', global, words: words.slice(1) };
  const before = scan(words, 0, [globals, version], 'here');
  if (before.problem !== '') return { ...misuse(undefined, before), global };
  if (before.help) return { kind: 'help', global, topic: undefined };
  if (version.values.version === true) return { kind: 'version', global };
  const word = words[before.next];
  if (word === undefined) return { kind: 'help', global, topic: undefined };
  return parseCommand(argv[0] as string, word, words, before.next + 1, globals);
}

function parseCommand(
  program: string,
  word: string,
  words: readonly string[],
  start: number,
  globals: Target,
): Request {
  const global = globals.values as GlobalValues;
  if (word === 'help' || word === 'h') return parseTopic(words, start, globals);
  if (word === 'completion') return parseCompletion(words, start, globals);
  if (!isVerb(word)) return { kind: 'unknown', global, word };
  const grammar = grammarOf(word);
  if (grammar.available === false) return { kind: 'unavailable', global, verb: word };
  const own = target(grammar.options);
  const found = scan(words, start, [own, globals], grammar.stopAtPositional ? 'rest' : 'no');
  if (found.problem !== '') return { ...misuse(word, found), global };
  if (found.help) return { kind: 'help', global, topic: word };
  const problem = countProblem(program, word, grammar, found.positionals.length);
  if (problem !== '') return { kind: 'misuse', global, topic: word, heading: 'Incorrect Usage.', problem, unknown: '' };
  return { kind: 'command', global, verb: word, options: own.values, positionals: found.positionals };
}

function parseTopic(words: readonly string[], start: number, globals: Target): Request {
  const global = globals.values as GlobalValues;
  const found = scan(words, start, [globals], 'no');
  const topic = found.positionals[0];
  if (found.problem !== '') return { ...misuse(undefined, found), global };
  if (topic === undefined || topic === 'help' || topic === 'completion')
    return { kind: 'help', global, topic: undefined };
  if (!isVerb(topic)) return { kind: 'unknown', global, word: topic };
  return grammarOf(topic).available === false
    ? { kind: 'unavailable', global, verb: topic }
    : { kind: 'help', global, topic };
}

function parseCompletion(words: readonly string[], start: number, globals: Target): Request {
  const global = globals.values as GlobalValues;
  const found = scan(words, start, [globals], 'no');
  if (found.problem !== '') return { ...misuse(undefined, found), global };
  if (found.help) return { kind: 'help', global, topic: undefined };
  return { kind: 'completion', global, shell: found.positionals[0] ?? '' };
}

function misuse(topic: Verb | undefined, found: Scan): Misuse {
  return {
    kind: 'misuse',
    topic,
    heading: `Incorrect Usage: ${found.problem}`,
    problem: found.problem,
    unknown: found.unknown,
  };
}

/** runc's text for a wrong number of arguments, '' when the number is right. */
function countProblem(program: string, verb: Verb, grammar: Grammar, count: number): string {
  const { minimum, maximum } = grammar.positionals;
  if (count >= minimum && count <= maximum) return '';
  if (minimum === maximum) return `${program}: "${verb}" requires exactly ${minimum} argument(s)`;
  if (count < minimum) return `${program}: "${verb}" requires a minimum of ${minimum} argument(s)`;
  return `${program}: "${verb}" requires a maximum of ${maximum} argument(s)`;
}
