import yargs, { type Yargs } from 'yargs';
import type { Option, OptionTable } from './option.ts';
import { commands, globalOptions, grammarOf, isVerb, type Verb } from './options.ts';
import { scan, target } from './scan.ts';
import { commandText, globalText } from './usage/help-text.ts';
import { environment } from './usage/platform.ts';

/** What the help knows of a release. */
export interface Program {
  /** as it was called */
  readonly name: string;
  readonly version: string;
}

/** Wider than a terminal usually is, and still readable where it breaks lines. */
const columns = 100;

const globalGroup = 'GLOBAL OPTIONS:';

const kinds = { boolean: 'boolean', string: 'string', integer: 'number', strings: 'array' } as const;

/** What only the program itself takes; the parser knows them without a table. */
const ownOptions = { help: { kind: 'boolean', short: 'h' }, version: { kind: 'boolean', short: 'v' } } as const;
const ownCommands = {
  'completion <shell>': 'print the completion script for bash, fish or zsh',
  'help [command]': 'print this help, or that of a command',
};
const ownText = { help: 'print this help, or that of a command', version: 'print the version' };

/** The commands that this version has, in the order of the table. */
function available(): Verb[] {
  return (Object.keys(commands) as Verb[]).filter((verb) => grammarOf(verb).available !== false);
}

/** The help of one command, or of the program when there is no topic. Ends with a newline. */
export function help(program: Program, topic: Verb | undefined): string {
  return topic === undefined ? programHelp(program) : commandHelp(program, topic);
}

function commandHelp({ name }: Program, verb: Verb): string {
  const text = commandText[verb];
  const usage = [name, verb, '[options]', text.positionals].filter((word) => word !== '').join(' ');
  return sections([
    ['NAME:', `${name} ${verb} - ${text.summary}`],
    ['USAGE:', usage],
    ['DESCRIPTION:', text.description],
    ['', ownOptionsHelp(verb)],
    [globalGroup, `${name} --help has them`],
  ]);
}

/** The rows of a command's own options, '' when it has none. */
function ownOptionsHelp(verb: Verb): string {
  const text = render(commandParser(verb));
  return text.slice(0, text.indexOf(globalGroup)).trimEnd();
}

function programHelp({ name, version }: Program): string {
  const text = render(programParser());
  return sections([
    ['NAME:', `${name} - runs containers as the Open Container Initiative's runtime specification says`],
    ['USAGE:', `${name} [global options] command [options] [arguments...]`],
    ['VERSION:', version],
    ['COMMANDS:', commandRows(text)],
    ['', text.slice(text.indexOf(globalGroup))],
  ]);
}

/** The rows of yargs's list of commands, without its headings and the program's name. */
function commandRows(text: string): string {
  const rows = text.split('\n').filter((line) => line.startsWith('  noci '));
  return rows.map((line) => line.slice('  noci '.length)).join('\n');
}

function sections(parts: readonly (readonly [heading: string, text: string])[]): string {
  const shown = parts.filter(([, text]) => text !== '');
  return `${shown.map(([heading, text]) => (heading === '' ? text : `${heading}\n${indent(text)}`)).join('\n\n')}\n`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '   ');
}

function instance(name: string): Yargs {
  const parser = yargs([]).scriptName(name).help(false).version(false).exitProcess(false).wrap(columns);
  return parser.parserConfiguration({ 'boolean-negation': false });
}

function addOptions(
  parser: Yargs,
  table: OptionTable,
  texts: { readonly [name: string]: string },
  group: string,
  except: OptionTable = {},
): void {
  for (const name in table)
    if (!Object.hasOwn(except, name)) addOption(parser, name, table[name] as Option, texts[name] ?? '', group);
}

function addOption(parser: Yargs, name: string, option: Option, describe: string, group: string): void {
  parser.option(name, {
    type: kinds[option.kind],
    group,
    describe,
    ...(option.short === undefined ? {} : { alias: option.short }),
    ...(option.hidden === undefined ? {} : { hidden: option.hidden }),
    ...shownDefault(option),
  });
}

/** A default that says nothing is not shown. */
function shownDefault(option: Option): { default?: string | number } {
  if (option.kind === 'boolean' || option.kind === 'strings') return {};
  return option.default === undefined || option.default === '' ? {} : { default: option.default };
}

function render(parser: Yargs): string {
  let text = '';
  parser.showHelp((shown) => {
    text = shown;
  });
  return text.trimEnd();
}

/** "Did you mean --bundle?" as a line, for an option that `topic` (or the program) does not have; '' when nothing is near. */
export function nearestOption(topic: Verb | undefined, unknown: string): string {
  const own = topic === undefined ? {} : grammarOf(topic).options;
  const names = Object.keys({ ...own, ...globalOptions, help: true });
  return nearest(unknown, names, '--');
}

/** "Did you mean create?" as a line, for a word that is no command; '' when nothing is near. */
export function nearestCommand(unknown: string): string {
  return nearest(unknown, [...available(), 'help', 'completion'], '');
}

/** yargs recommends commands only, so the names stand as commands. It allows three changes, which makes any short word any other. */
function nearest(unknown: string, names: readonly string[], dashes: string): string {
  const parser = instance('noci').recommendCommands().strict();
  for (const name of names) parser.command(name, false);
  let output = '';
  parser.parse([unknown], {}, (_error, _argv, text) => {
    output = text;
  });
  const found = /^Did you mean (.+)\?$/m.exec(output)?.[1];
  if (found === undefined || (unknown.length < 4 && unknown[0] !== found[0])) return '';
  return `Did you mean ${dashes}${found}?\n`;
}

/** The script that makes a shell ask {@link completions}; undefined for a shell without one. */
export function completionScript(program: string, shell: string): string | undefined {
  if (shell === 'fish') return fishScript(program);
  if (shell !== 'bash' && shell !== 'zsh') return undefined;
  environment.SHELL = shell;
  let script = '';
  const parser = instance(program).completion(`completion ${shell}`, false);
  parser.parse([`completion ${shell}`], {}, (_error, _argv, text) => {
    script = text;
  });
  // the answer's form depends on the shell that asks, which need not be the user's login shell
  return `${script.replace(`${program} --get`, (call) => `SHELL=${shell} ${call}`)}\n`;
}

/** yargs has none for fish. The words before the cursor, and the one that it is in. */
function fishScript(program: string): string {
  const name = program.slice(program.lastIndexOf('/') + 1);
  const words = '(commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token)';
  return `complete --command ${name} --no-files --arguments '(SHELL=fish ${program} --get-yargs-completions ${words})'\n`;
}

/**
 * What can follow the words of an unfinished command line (the program's own name first), one a line.
 * `ids` are the containers there are.
 */
export function completions(words: readonly string[], shell: string, ids: readonly string[]): string {
  const fish = shell.endsWith('fish');
  // both show what an option is for, behind a colon or a tab
  environment.SHELL = fish ? 'zsh' : shell;
  const typed = words.slice(1);
  const verb = typed.slice(0, -1).find(isVerb);
  const found = verb !== undefined && wantsId(verb, typed) ? ids : named(verb, typed);
  const lines = fish ? found.map((line) => line.replace(/(?<!\\):/, '\t').replaceAll('\\:', ':')) : found;
  return lines.map((line) => `${line}\n`).join('');
}

/** Whether the last word is to be the id of a container that exists. */
function wantsId(verb: Verb, typed: readonly string[]): boolean {
  if (verb === 'create' || verb === 'run' || verb === 'restore') return false;
  const { options, positionals } = grammarOf(verb);
  const before = scan(typed.slice(0, -1), typed.indexOf(verb) + 1, [target(options), target(globalOptions)], 'no');
  const isValue = before.problem.startsWith('flag needs an argument');
  return (
    positionals.minimum > 0 && before.positionals.length === 0 && !isValue && !(typed.at(-1) ?? '').startsWith('-')
  );
}

/** The commands, or the options of one. */
function named(verb: Verb | undefined, typed: readonly string[]): string[] {
  let found: readonly string[] = [];
  const parser = verb === undefined ? programParser() : commandParser(verb);
  parser.getCompletion(typed, (_error, list) => {
    found = list;
  });
  return found.filter((line) => !/^--?[a-z](:|$)/.test(line));
}

function programParser(): Yargs {
  const parser = instance('noci');
  for (const verb of available()) parser.command(verb, commandText[verb].summary);
  for (const name in ownCommands) parser.command(name, ownCommands[name as keyof typeof ownCommands]);
  addOptions(parser, globalOptions, globalText, globalGroup);
  addOptions(parser, ownOptions, ownText, globalGroup);
  return parser;
}

function commandParser(verb: Verb): Yargs {
  const { options } = grammarOf(verb);
  const parser = instance('noci');
  addOptions(parser, options, commandText[verb].options, 'OPTIONS:');
  addOptions(parser, globalOptions, globalText, globalGroup, options);
  return parser;
}
