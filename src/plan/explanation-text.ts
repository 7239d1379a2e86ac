import type { CgroupFile, ExplainedHook, ExplainedSeccomp, Explanation, Item } from './explanation.ts';
import type { Call } from './step-calls/call.ts';

const width = 100;
const pointerColumn = 66;

/** The text, and the place in config.json at its right, or below when there is no room. */
export function placed(text: string, pointer: string): string[] {
  const lines = text.length <= width ? [text] : wrapped(text.trimStart().split(' '), text.slice(0, text.search(/\S/)));
  const last = lines.at(-1) ?? '';
  if (pointer === '') return lines;
  // behind what is longer than the column it stands at the edge
  const column = last.length <= pointerColumn ? pointerColumn : Math.max(last.length, width - pointer.length - 2);
  const line = `${last.padEnd(column)}  ${pointer}`;
  return line.length <= width ? [...lines.slice(0, -1), line] : [...lines, `${' '.repeat(pointerColumn)}  ${pointer}`];
}

/** Words in lines of at most `width`, each line begun by `indent`. */
function wrapped(words: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, indent + line];
}

function argument([name, value]: Call['args'][number]): string {
  return `${name}=${value}`;
}

/** All but the last argument is the same, so that several of them are told as one. */
function isAlike(one: Call, other: Call): boolean {
  const head = ({ name, args, when = '' }: Call) => JSON.stringify([name, args.slice(0, -1), when]);
  return one.args.length > 1 && head(one) === head(other);
}

function alike(calls: readonly Call[]): Call[][] {
  const groups: Call[][] = [];
  for (const one of calls) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && isAlike(last[0], one)) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

/** `prctl(op=PR_CAPBSET_DROP, cap=CAP_SYS_BOOT)`, with dots behind it when there may be more of it. */
function callWords({ name, args, repeated }: Call): string {
  return `${name}(${args.map(argument).join(', ')})${repeated ? ' …' : ''}`;
}

/** The same, and what it depends on. */
export function callText(call: Call): string {
  return call.when === undefined ? callWords(call) : `${callWords(call)}, if ${call.when}`;
}

function groupLines(group: readonly Call[], indent: string): string[] {
  const [first] = group;
  if (first === undefined) return [];
  if (group.length === 1) return wrapped(callWords(first).split(' '), indent);
  const head = first.args.slice(0, -1).map(argument);
  const name = first.args.at(-1)?.[0];
  const values = group.map(({ args }) => args.at(-1)?.[1] ?? '');
  return wrapped(`${first.name}(${[...head, `${name}=${values.join(' | ')}`].join(', ')})`.split(' '), indent);
}

/** What depends on the same stands below it. */
function callLines(calls: readonly Call[]): string[] {
  let condition = '';
  return alike(calls).flatMap((group) => {
    const when = group[0]?.when ?? '';
    const heading = when === '' || when === condition ? [] : [`          if ${when}:`];
    condition = when;
    return [...heading, ...groupLines(group, when === '' ? '          ' : '            ')];
  });
}

/** Several of these follow each other, and differ by their path only. */
const repetitive: ReadonlySet<string> = new Set(['masked_path', 'readonly_path']);

function itemLines(item: Item, number: string, before?: Item): string[] {
  const again = repetitive.has(item.step) && item.step === before?.step;
  const [first = '', ...more] = placed(`      ${item.words}`, item.pointer);
  return [`${number.padStart(4)}${first.slice(4)}`, ...more, ...(again ? [] : callLines(item.calls))];
}

function fileLine({ file, value, pointer }: CgroupFile, indent = '      '): string[] {
  return placed(`${indent}${file} = ${value.replaceAll('\n', ' ')}`, pointer);
}

/** The file's name in a cgroup; undefined when it is in another. */
function nameIn(directory: string, file: string): string | undefined {
  const rest = file.startsWith(directory) ? file.slice(directory.length) : '';
  return /^[/ ][^/]+$/.test(rest) ? rest.slice(1) : undefined;
}

/** A cgroup, and what is written to its files: engines give them names of 64 digits, which are told once. */
function directoryLines(directory: string, files: readonly CgroupFile[]): string[] {
  const inside = files.flatMap((one) => {
    const file = nameIn(directory, one.file);
    return file === undefined ? [] : fileLine({ ...one, file }, '          ');
  });
  return [`      ${directory}`, ...inside];
}

function cgroupLines({ cgroup, cgroupDriver, cgroupMode }: Explanation): string[] {
  const { unit, properties, directories, files } = cgroup;
  return [
    '',
    `cgroups  (${cgroupDriver}, ${cgroupMode})`,
    ...(unit === '' ? [] : [`      unit ${unit}`, ...properties.flatMap((one) => fileLine(one))]),
    ...directories.flatMap((path) => directoryLines(path, files)),
    ...files
      .filter(({ file }) => directories.every((path) => nameIn(path, file) === undefined))
      .flatMap((one) => fileLine(one)),
  ];
}

function seccompLines(seccomp: ExplainedSeccomp | null): string[] {
  if (seccomp === null) return ['', 'seccomp', '      none: every system call is allowed'];
  const { defaultAction, architectures, flags, rules, syscalls, instructions, listener } = seccomp;
  return [
    '',
    ...placed('seccomp', '/linux/seccomp'),
    `      default       ${defaultAction}`,
    `      architectures ${architectures.join(' ') || "the machine's own"}`,
    `      rules         ${rules}, with ${syscalls} names of system calls`,
    `      filter        ${instructions} instructions, flags ${flags}`,
    ...(listener === '' ? [] : [`      agent         ${listener}`]),
  ];
}

function hookLine({ kind, index, args, path, timeout, namespaces, pointer }: ExplainedHook): string[] {
  const rest = args.length > 1 ? ` ${args.slice(1).join(' ')}` : '';
  const most = timeout === 0 ? '' : `, at most ${timeout} s`;
  return placed(`      ${kind} #${index} ${path}${rest}  (in the ${namespaces}'s namespaces${most})`, pointer);
}

/** For a person to read. */
export function explanationText(all: Explanation): string {
  const lines = [
    `container ${all.id} of ${all.bundle}`,
    ...all.warnings.map((warning) => `warning: ${warning}`),
    '',
    'the runtime',
    ...all.runtime.flatMap((item) => itemLines(item, '')),
    ...cgroupLines(all),
    ...seccompLines(all.seccomp),
    ...(all.hooks.length === 0 ? [] : ['', 'hooks', ...all.hooks.flatMap(hookLine)]),
    '',
    'init',
    ...all.init.flatMap((item, index) => itemLines(item, index === 0 ? '' : String(index - 1), all.init[index - 1])),
  ];
  return `${lines.join('\n')}\n`;
}
