import type { Arch, LinuxSeccomp } from '../oci/types.ts';
import { BAD_ARCHITECTURE, UNKNOWN_CALL } from './actions.ts';
import { ARCHITECTURES, type Architecture, X32_BIT } from './architectures.ts';
import { assemble } from './assemble.ts';
import { createDecisions, type Decision, type Decisions } from './decision.ts';
import { MULTIPLEXED } from './multiplexed.ts';
import { type Numbers, openNumbers } from './numbers.ts';
import { ordered } from './order.ts';
import { LONGEST } from './program.ts';
import { type Profile, type ProfileRule, readProfile, ruleFor, withArgument } from './rules.ts';

/** What a profile comes to. */
export type Compiled =
  | {
      /** instructions of classic BPF, 8 bytes each */
      readonly program: Uint8Array;
      /** names that no architecture has: ignored, as in runc */
      readonly unknown: readonly string[];
    }
  | { readonly problem: { readonly message: string; readonly pointer: string } };

/** Calls from this number to that of the next one have this decision. */
export interface Range {
  readonly from: number;
  readonly decision: Decision;
}

/** What the kernel calls one architecture: of x86-64 and x32, both. */
export interface Section {
  readonly audit: number;
  readonly ranges: readonly Range[];
}

/** A rule that contradicts another one: told to the caller, who is in another module. */
class Contradiction extends Error {
  readonly pointer: string;
  constructor(message: string, pointer: string) {
    super(message);
    this.pointer = pointer;
  }
}

/** Everything that a section is made of. */
interface Making {
  readonly profile: Profile;
  readonly numbers: Numbers;
  readonly decisions: Decisions;
  /** what a call that is newer than the profile gets; undefined: what any other gets */
  readonly newer: number | undefined;
}

/**
 * The filter for a profile that has passed the checks, on a machine of `native`: that and the architectures of the profile. As
 * libseccomp's with what runc puts before it: other architectures are killed, and calls behind the last that the profile names do
 * not exist, unless what is not named is allowed.
 */
export function compile(seccomp: LinuxSeccomp, native: Arch): Compiled {
  const { architectures = [] } = seccomp;
  const names = [...new Set([native, ...architectures])];
  const making = {
    profile: readProfile(seccomp),
    numbers: openNumbers(),
    decisions: createDecisions(),
    newer: withoutNewer.has(seccomp.defaultAction) ? undefined : UNKNOWN_CALL,
  };
  try {
    const program = assemble(
      sections(making, names),
      making.decisions.verdict(BAD_ARCHITECTURE),
      ARCHITECTURES[native].endian,
    );
    if (program.length / 8 > LONGEST) return { problem: tooLong(program.length / 8) };
    return { program, unknown: [...making.profile.rules.keys()].filter((name) => !isKnown(making, name)) };
  } catch (error) {
    if (!(error instanceof Contradiction)) throw error;
    return { problem: { message: error.message, pointer: error.pointer } };
  }
}

const withoutNewer: ReadonlySet<string> = new Set(['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE']);

function tooLong(length: number): { readonly message: string; readonly pointer: string } {
  return {
    message: `seccomp filter of ${length} instructions is too long: the kernel takes ${LONGEST}`,
    pointer: '/linux/seccomp',
  };
}

function isKnown({ numbers }: Making, name: string): boolean {
  return numbers.isKnown(name) || Object.hasOwn(MULTIPLEXED, name);
}

function sections(making: Making, names: readonly Arch[]): Section[] {
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

function rangesOf(making: Making, architectures: readonly Architecture[]): Range[] {
  const { decisions, profile } = making;
  const otherwise = decisions.verdict(profile.otherwise);
  const ranges: Range[] = [{ from: 0, decision: otherwise }];
  if (architectures[0]?.audit !== x86_64.audit) {
    for (const architecture of architectures) addCalls(making, architecture, ranges, otherwise);
    return ranges;
  }
  const native = architectures.find(({ base }) => base === 0);
  const x32 = architectures.find(({ base }) => base === X32_BIT);
  const bad = decisions.verdict(BAD_ARCHITECTURE);
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
function addCalls(making: Making, architecture: Architecture, ranges: Range[], otherwise: Decision): Decision {
  const { decisions, newer } = making;
  const { last, rules } = rulesByNumber(making, architecture);
  // a call that has no number of its own is made as this one. The call itself has not existed for decades
  const setup = architecture.table.startsWith('s390') && newer !== undefined && last > 0;
  if (setup) rules.set(0, [{ args: [], verdict: newer, pointer: '' }]);
  for (const number of Uint32Array.from(rules.keys()).sort()) {
    push(ranges, number, decide(making, architecture, rules.get(number) as readonly ProfileRule[]));
    push(ranges, number + 1, otherwise);
  }
  if (newer === undefined || last === 0) return otherwise;
  const unknown = decisions.verdict(newer);
  push(ranges, last + 1, unknown);
  return unknown;
}

/** One more range: behind all others, or in place of the last. */
function push(ranges: Range[], from: number, decision: Decision): void {
  while (ranges.length > 0 && (ranges[ranges.length - 1] as Range).from >= from) ranges.pop();
  if (ranges[ranges.length - 1]?.decision !== decision) ranges.push({ from, decision });
}

interface Numbered {
  readonly rules: Map<number, readonly ProfileRule[]>;
  /** the greatest number that the profile names, 0 for none */
  readonly last: number;
}

function rulesByNumber({ profile, numbers }: Making, architecture: Architecture): Numbered {
  const rules = new Map<number, readonly ProfileRule[]>();
  const add = (number: number, more: readonly ProfileRule[]) => {
    const known = rules.get(number);
    rules.set(number, known === undefined ? more : [...known, ...more]);
  };
  const through = {
    socketcall: numbers.of(architecture, 'socketcall'),
    ipc: numbers.of(architecture, 'ipc'),
  };
  const isDirect = through.socketcall === undefined && through.ipc === undefined;
  let last = 0;
  for (const [name, named] of profile.rules) {
    const number = numbers.of(architecture, name);
    const way = isDirect ? undefined : wayOf(name);
    const by = way === undefined ? undefined : through[way.through];
    // to libseccomp, and so to runc, what can be made in two ways has no number
    if (number !== undefined && number > last && by === undefined) last = number;
    if (named.length === 0) continue;
    if (number !== undefined) add(number, named);
    if (way === undefined || by === undefined) continue;
    add(
      by,
      named.map((rule) => withArgument(rule, 0, way.number)),
    );
  }
  return { rules, last };
}

function wayOf(name: string): (typeof MULTIPLEXED)[string] | undefined {
  return Object.hasOwn(MULTIPLEXED, name) ? MULTIPLEXED[name] : undefined;
}

function decide({ decisions, profile }: Making, { bits }: Architecture, rules: readonly ProfileRule[]): Decision {
  const [only] = rules;
  if (rules.length === 1 && only !== undefined && only.args.length === 0) return decisions.verdict(only.verdict);
  const sorted = ordered(rules.map((rule) => ruleFor(rule, bits)));
  if (!('other' in sorted)) return decisions.first(sorted, profile.otherwise);
  const [one, other] = [rules[sorted.rule] as ProfileRule, rules[sorted.other] as ProfileRule];
  throw new Contradiction(`seccomp rule contradicts that of ${one.pointer}`, other.pointer);
}
