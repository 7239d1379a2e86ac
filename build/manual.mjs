// Manual pages from the option tables: noci(1), and noci-create(1) and so on, in the language of man(7).
import { commandText, globalOptions, globalText, grammarOf, verbs } from './tables.mjs';

/** What a line must not begin with, and what roff would take for its own. */
function roff(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

const bold = (text) => `\\fB${roff(text)}\\fP`;
/** `<container-id> [signal]`: names in italics, brackets as they are */
const words = (text) => roff(text).replace(/[a-z]+(?:\\-[a-z]+)*/g, (word) => `\\fI${word}\\fP`);

const placeholders = { string: 'TEXT', strings: 'TEXT', integer: 'NUMBER' };

function optionEntry(name, option, text) {
  const value = option.kind === 'boolean' ? '' : ` \\fI${placeholders[option.kind]}\\fP`;
  const names = option.short === undefined ? [`--${name}`] : [`-${option.short}`, `--${name}`];
  const usual = option.kind !== 'boolean' && option.default !== undefined && option.default !== '';
  return [
    '.TP',
    `${names.map(bold).join(', ')}${value}`,
    roff(`${text}${usual ? ` (default: ${option.default})` : ''}`),
  ];
}

function optionEntries(table, texts) {
  return Object.entries(table)
    .filter(([, option]) => option.hidden !== true)
    .flatMap(([name, option]) => optionEntry(name, option, texts[name]));
}

const section = (heading, lines) => (lines.length === 0 ? [] : [`.SH ${heading}`, ...lines]);

function head(title, version, date) {
  return [`.TH ${roff(title.toUpperCase())} 1 "${date}" "noci ${roff(version)}" "User Commands"`, '.nh', '.ad l'];
}

function programPage(version, date) {
  const others = verbs.map((verb) => `.BR noci\\-${roff(verb)} (1)`).join(',\n');
  return [
    ...head('noci', version, date),
    ...section('NAME', ["noci \\- runs containers as the Open Container Initiative's runtime specification says"]),
    ...section('SYNOPSIS', [
      '.B noci',
      '[\\fIglobal options\\fP] \\fIcommand\\fP [\\fIoptions\\fP] [\\fIarguments\\fP]',
    ]),
    ...section('DESCRIPTION', [
      roff(
        'noci makes a process of an OCI bundle, a directory with config.json and a root filesystem, that is isolated as',
      ),
      roff(
        'config.json says. It is called exactly as runc is, by engines such as dockerd, containerd, CRI-O and podman.',
      ),
    ]),
    ...section(
      'COMMANDS',
      verbs.flatMap((verb) => ['.TP', `.BR noci\\-${roff(verb)} (1)`, roff(commandText[verb].summary)]),
    ),
    ...section('GLOBAL OPTIONS', [
      roff('They stand before or behind the command.'),
      ...optionEntries(globalOptions, globalText),
      ...optionEntry('help', { kind: 'boolean', short: 'h' }, 'print the help of the program, or of a command'),
      ...optionEntry('version', { kind: 'boolean', short: 'v' }, 'print the version'),
    ]),
    ...section('EXIT STATUS', [
      roff(
        "Of run and exec in the foreground: that of the process, or 128 and the signal's number. 0 is success and 1 an",
      ),
      roff('error; 255 is an error of exec before its process runs, 3 an unknown command.'),
    ]),
    ...section('FILES', [
      '.TP',
      '.I /run/noci',
      roff('the state of containers; of an ordinary user in $XDG_RUNTIME_DIR/noci'),
    ]),
    ...section('SEE ALSO', [others]),
  ];
}

function commandPage(verb, version, date) {
  const { summary, positionals, description, options } = commandText[verb];
  const table = grammarOf(verb).options;
  const some = Object.values(table).some((option) => option.hidden !== true);
  return [
    ...head(`noci-${verb}`, version, date),
    ...section('NAME', [`noci\\-${roff(verb)} \\- ${roff(summary)}`]),
    ...section('SYNOPSIS', [
      `.B noci ${roff(verb)}`,
      `${some ? '[\\fIoptions\\fP] ' : ''}${words(positionals)}`.trim() || '\\&',
    ]),
    ...section('DESCRIPTION', description === '' ? [] : roff(description).split('\n')),
    ...section('OPTIONS', optionEntries(table, options)),
    ...section('SEE ALSO', [roff('The options of every command are in'), '.BR noci (1).']),
  ];
}

/**
 * File name → page.
 * @param {string} version
 * @param {Date} date   the day is shown
 */
export function manual(version, date) {
  const day = date.toISOString().slice(0, 10);
  const pages = verbs.map((verb) => [`noci-${verb}.1`, commandPage(verb, version, day)]);
  return Object.fromEntries(
    [['noci.1', programPage(version, day)], ...pages].map(([name, lines]) => [name, `${lines.join('\n')}\n`]),
  );
}
