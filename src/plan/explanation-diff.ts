import type { CgroupFile, Explanation, Item } from './explanation.ts';
import { callText, placed } from './explanation-text.ts';

/** One thing that only one of two plans has. */
export interface Change {
  readonly change: 'removed' | 'added';
  readonly section: string;
  readonly words: string;
  readonly pointer: string;
}

/** A line that is compared by what it says, and not by where in config.json it comes from: an entry more moves all that follow. */
interface Line {
  readonly words: string;
  /** what two that read the same may still differ in */
  readonly calls: readonly string[];
  readonly pointer: string;
}

type Section = readonly [name: string, lines: (all: Explanation) => readonly Line[]];

function itemLine({ words, pointer, calls }: Item): Line {
  return { words, pointer, calls: calls.map(callText) };
}

function fileLine({ file, value, pointer }: CgroupFile): Line {
  return { words: `${file} = ${value.replaceAll('\n', ' ')}`, pointer, calls: [] };
}

const sections: readonly Section[] = [
  ['warnings', ({ warnings }) => warnings.map((words) => ({ words, pointer: '', calls: [] }))],
  ['the runtime', ({ runtime }) => runtime.map(itemLine)],
  [
    'cgroups',
    ({ cgroup: { unit, properties, directories, files } }) => [
      ...(unit === '' ? [] : [{ words: `unit ${unit}`, pointer: '', calls: [] }]),
      ...properties.map(fileLine),
      ...directories.map((words) => ({ words, pointer: '', calls: [] })),
      ...files.map(fileLine),
    ],
  ],
  [
    'seccomp',
    ({ seccomp }) =>
      Object.entries(seccomp ?? {}).map(([name, value]) => ({
        words: `${name} = ${Array.isArray(value) ? value.join(' ') : value}`,
        pointer: '/linux/seccomp',
        calls: [],
      })),
  ],
  [
    'hooks',
    ({ hooks }) =>
      hooks.map(({ kind, index, args, path, timeout, pointer }) => ({
        words: `${kind} #${index} ${[path, ...args.slice(1)].join(' ')}${timeout === 0 ? '' : `, at most ${timeout} s`}`,
        pointer,
        calls: [],
      })),
  ],
  ['init', ({ init }) => init.map(itemLine)],
];

function keyOf({ words, calls }: Line): string {
  return `${words}\n${calls.join('\n')}`;
}

/** Lengths of the longest common subsequences of all ends of both lists. */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = lengths[i] as number[];
    const next = lengths[i + 1] as number[];
    for (let j = b.length - 1; j >= 0; j--)
      row[j] = a[i] === b[j] ? 1 + (next[j + 1] as number) : Math.max(next[j] as number, row[j + 1] as number);
  }
  return lengths;
}

/** What is removed stands before what is added in its place. */
function compare(section: string, before: readonly Line[], after: readonly Line[]): Change[] {
  const [a, b] = [before.map(keyOf), after.map(keyOf)];
  const lengths = commonLengths(a, b);
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  const changes: Change[] = [];
  const tell = (change: Change['change'], { words, calls, pointer }: Line, twin: Line | undefined) => {
    changes.push({ change, section, words, pointer });
    if (twin?.words !== words) return;
    for (const text of calls.filter((one) => !twin.calls.includes(one)))
      changes.push({ change, section, words: `    ${text}`, pointer: '' });
  };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      tell('removed', before[i] as Line, after[j]);
      i++;
    } else {
      tell('added', after[j] as Line, before[i - 1]);
      j++;
    }
  }
  return changes;
}

/** The bundle's own path stands in many places and says nothing. */
function withoutBundle(all: Explanation): Explanation {
  return JSON.parse(JSON.stringify(all).replaceAll(JSON.stringify(all.bundle).slice(1, -1), 'BUNDLE')) as Explanation;
}

/** What changes from one plan to the other, section by section, in the order of the plan. */
export function explanationDiff(before: Explanation, after: Explanation): Change[] {
  const [a, b] = [withoutBundle(before), withoutBundle(after)];
  return sections.flatMap(([name, lines]) => compare(name, lines(a), lines(b)));
}

/** For a person to read. */
export function diffText(before: Explanation, after: Explanation, changes: readonly Change[]): string {
  if (changes.length === 0) return 'both plans are the same\n';
  const lines = [`--- ${before.bundle}`, `+++ ${after.bundle}`];
  let section = '';
  for (const one of changes) {
    if (one.section !== section) lines.push('', one.section);
    section = one.section;
    const text = `${one.change === 'removed' ? '-' : '+'} ${one.words}`;
    lines.push(...placed(text, one.pointer));
  }
  return `${lines.join('\n')}\n`;
}
