import type { Arch, LinuxSeccomp } from '../oci/types.ts';
import { BAD_ARCHITECTURE, UNKNOWN_CALL } from './actions.ts';
import { ARCHITECTURES, type Architecture, X32_BIT } from './architectures.ts';
import { MULTIPLEXED } from './multiplexed.ts';
import type { Numbers } from './numbers.ts';
import { type Profile, type ProfileRule, withArgument } from './rules.ts';

/** Calls from this number to that of the next one have this decision. */
export interface Range<D> {
  readonly from: number;
  readonly decision: D;
}

/** What the kernel calls one architecture: of x86-64 and x32, both. */
export interface Section<D> {
  readonly audit: number;
  readonly ranges: readonly Range<D>[];
}

/** What is to be known of calls: the decisions of a program, or what leads to them. Equal verdicts are one object. */
export interface Answers<D> {
  readonly verdict: (value: number) => D;
  /** of the rules for a call, as an architecture with so many bits compares */
  readonly decide: (rules: readonly ProfileRule[], bits: 32 | 64) => D;
}

/** Everything that a section is made of. */
interface Making<D> {
  readonly profile: Profile;
  readonly numbers: Numbers;
  readonly answers: Answers<D>;
  /** what a call that is newer than the profile gets; undefined: what any other gets */
  readonly newer: number | undefined;
}

const withoutNewer: ReadonlySet<string> = new Set(['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE']);

/** The ranges of a profile on a machine of `native`. */
export function sectionsOf<D>(
  { architectures = [], defaultAction }: LinuxSeccomp,
  profile: Profile,
  numbers: Numbers,
  native: Arch,
  answers: Answers<D>,
): Section<D>[] {
  const newer = withoutNewer.has(defaultAction) ? undefined : UNKNOWN_CALL;
  return bySection({ profile, numbers, answers, newer }, [...new Set([native, ...architectures])]);
}

function bySection<D>(making: Making<D>, names: readonly Arch[]): Section<D>[] {
  const byAudit = new Map<number, Architecture[]>();
  for (const name of names) {
    const architecture = ARCHITECTURES[name];
    const same = byAudit.get(architecture.audit) ?? [];
    byAudit.set(architecture.audit, [...same, architecture]);
  }
  return [...byAudit].map(([audit, architectures]) => ({ audit, ranges: rangesOf(making, architectures) }));
}

const x86_64 = ARCHITECTURES.SCMP_ARCH_X86_64;
const lastNumber = 0xffffffff;

function rangesOf<D>(making: Making<D>, architectures: readonly Architecture[]): Range<D>[] {
  const { answers, profile } = making;
  const otherwise = answers.verdict(profile.otherwise);
  const ranges: Range<D>[] = [{ from: 0, decision: otherwise }];
  if (architectures[0]?.audit !== x86_64.audit) {
    for (const architecture of architectures) addCalls(making, architecture, ranges, otherwise);
    return ranges;
  }
  const native = architectures.find(({ base }) => base === 0);
  const x32 = architectures.find(({ base }) => base === X32_BIT);
  const bad = answers.verdict(BAD_ARCHITECTURE);
  if (native === undefined) push(ranges, 0, bad);
  const newest = native === undefined ? otherwise : addCalls(making, native, ranges, otherwise);
  // numbers with bit 31, which no program can have by accident, are told apart by bit 30 too
  const signed = 2 * X32_BIT;
  push(ranges, X32_BIT, x32 === undefined ? bad : otherwise);
  const newestX32 = x32 === undefined ? bad : addCalls(making, x32, ranges, otherwise);
  push(ranges, signed, newest === otherwise && x32 === undefined ? bad : newest);
  push(ranges, signed + X32_BIT, newestX32);
  // a tracer skips a call by -1, and the filter is asked again then. seccomp(2)
  if (x32 === undefined) push(ranges, lastNumber, otherwise);
  return ranges;
}

/** Adds the calls of an architecture, and what comes behind the last one: returns that. */
function addCalls<D>(making: Making<D>, architecture: Architecture, ranges: Range<D>[], otherwise: D): D {
  const { answers, newer } = making;
  const { base } = architecture;
  const { found, near, end, far, last } = callsOf(making, architecture, otherwise);
  const unknown = newer === undefined || last === 0 ? otherwise : answers.verdict(newer);
  // s390: a call that has no number of its own is made as this one. The call itself has not existed for decades
  if (architecture.table.startsWith('s390')) near[0] = found.push(unknown) - 1;
  let before: number | undefined;
  for (let number = 0; number < end; number++) {
    const index = near[number] as number;
    if (index === before) continue;
    push(ranges, base + number, found[index] as D);
    before = index;
  }
  push(ranges, base + end, otherwise);
  for (const number of [...far.keys()].sort((one, other) => one - other)) {
    push(ranges, base + number, far.get(number) as D);
    push(ranges, base + number + 1, otherwise);
  }
  if (unknown !== otherwise) push(ranges, base + last + 1, unknown);
  return unknown;
}

/** One more range: behind all others, or in place of the last. */
function push<D>(ranges: Range<D>[], from: number, decision: D): void {
  while (ranges.length > 0 && (ranges[ranges.length - 1] as Range<D>).from >= from) ranges.pop();
  if (ranges[ranges.length - 1]?.decision !== decision) ranges.push({ from, decision });
}

/** The decisions on the calls of an architecture, by their numbers from its base on. */
interface Calls<D> {
  /** what was decided, first of all about any other call */
  readonly found: D[];
  /** the place of a call's decision in that, by its number: numbers are compared sooner than decisions */
  readonly near: Uint16Array;
  /** behind the greatest of these numbers */
  readonly end: number;
  /** calls with a number of their own kind: ARM's */
  readonly far: Map<number, D>;
  /** the greatest number that the profile names, 0 for none */
  readonly last: number;
}

/** More than any architecture has. */
const nearNumbers = 1024;

/** The loop over everything that a profile names: what it does once and what for each is told apart with care. */
function callsOf<D>(making: Making<D>, architecture: Architecture, otherwise: D): Calls<D> {
  const { calls, rules } = making.profile;
  const numbers = making.numbers.of(architecture);
  const found = [otherwise];
  const near = new Uint16Array(nearNumbers);
  const far = new Map<number, D>();
  const ways = waysOf(making, architecture);
  const { socketcall, ipc } = ways;
  let last = 0;
  let end = 1;
  let same: readonly ProfileRule[] | undefined;
  let index = 0;
  for (let place = 0; place < calls.length; place++) {
    const call = calls[place] as number;
    const number = numbers[call] ?? -1;
    if (number === -1) continue;
    // to libseccomp, and so to runc, what can be made in two ways has no number
    if (number > last && !ways.calls.has(call)) last = number;
    const named = rules[place] as readonly ProfileRule[];
    if (named.length === 0 || number === socketcall || number === ipc) continue;
    if (named !== same) {
      same = named;
      index = found.push(making.answers.decide(named, architecture.bits)) - 1;
    }
    if (number < nearNumbers) {
      near[number] = index;
      if (number >= end) end = number + 1;
    } else far.set(number, found[index] as D);
  }
  for (const [number, named] of ways.rules) {
    near[number] = found.push(making.answers.decide(named, architecture.bits)) - 1;
    end = Math.max(end, number + 1);
  }
  return { found, near, end, far, last };
}

/** The calls that others are made through. */
type Through = 'socketcall' | 'ipc';

interface Ways extends Readonly<Record<Through, number>> {
  /** what is made through them, on an architecture that has them */
  readonly calls: ReadonlySet<number>;
  /** for both ways of it, by the number of the call that it is made through */
  readonly rules: ReadonlyMap<number, readonly ProfileRule[]>;
}

function waysOf<D>(making: Making<D>, architecture: Architecture): Ways {
  const { numbers } = making;
  const numberOfWay = (through: Through) => numbers.of(architecture)[numbers.indexOf(through) as number] ?? -1;
  const calls = new Set<number>();
  const rules = new Map<number, readonly ProfileRule[]>();
  const ways = { socketcall: numberOfWay('socketcall'), ipc: numberOfWay('ipc'), calls, rules };
  for (const through of ['socketcall', 'ipc'] as const) {
    if (ways[through] === -1) continue;
    const made = Object.entries(MULTIPLEXED).filter(([, way]) => way.through === through);
    for (const [name] of made) calls.add(numbers.indexOf(name) as number);
    const all = rulesThrough(making, through, made);
    if (all.length > 0) rules.set(ways[through], all);
  }
  return ways;
}

type Made = (typeof MULTIPLEXED)[string];

/** The rules for a call that others are made through, and for these. */
function rulesThrough<D>(
  { numbers, profile }: Making<D>,
  through: Through,
  made: readonly (readonly [string, Made])[],
): readonly ProfileRule[] {
  const placeOf = (name: string) => profile.calls.indexOf(numbers.indexOf(name) as number);
  const own = { place: placeOf(through), number: undefined };
  const rules = profile.rules[own.place] ?? [];
  // it alone counts: see order.ts
  if (rules.some(({ args }) => args.length === 0)) return rules;
  const all = [own, ...made.map(([name, { number }]) => ({ place: placeOf(name), number }))];
  // which of two rules contradicts the other depends on which one the profile names first
  return all
    .sort((one, other) => one.place - other.place)
    .flatMap(({ place, number }) => {
      const named = profile.rules[place] ?? [];
      return number === undefined ? named : named.map((rule) => withArgument(rule, 0, number));
    });
}
