import { weakened } from '../native/weakened.ts';
import type { Arch, LinuxSeccomp } from '../oci/types.ts';
import { BAD_ARCHITECTURE } from './actions.ts';
import { ARCHITECTURES } from './architectures.ts';
import { assemble } from './assemble.ts';
import { createDecisions, type Decision, type Decisions } from './decision.ts';
import { openNumbers } from './numbers.ts';
import { ordered } from './order.ts';
import { LONGEST } from './program.ts';
import { type Answers, sectionsOf } from './ranges.ts';
import { type Profile, type ProfileRule, readProfile, ruleFor } from './rules.ts';

/** What a profile comes to. */
export type Compiled =
  | {
      /** instructions of classic BPF, 8 bytes each */
      readonly program: Uint8Array;
      /** names that no architecture has: ignored, as in runc */
      readonly unknown: readonly string[];
    }
  | { readonly problem: { readonly message: string; readonly pointer: string } };

/** Rules that no filter can be made of: told to the caller, who is in another module. */
class Unacceptable extends Error {
  readonly pointer: string;
  constructor(message: string, pointer: string) {
    super(message);
    this.pointer = pointer;
  }
}

/**
 * The filter for a profile that has passed the checks, on a machine of `native`: that and the architectures of the profile. As
 * libseccomp's with what runc puts before it: other architectures are killed, and calls behind the last that the profile names do
 * not exist, unless what is not named is allowed.
 */
export function compile(seccomp: LinuxSeccomp, native: Arch): Compiled {
  const numbers = openNumbers();
  const profile = readProfile(seccomp, numbers);
  const decisions = createDecisions();
  try {
    let bad = decisions.verdict(BAD_ARCHITECTURE);
    WEAKENED: if (weakened('S38')) bad = decisions.verdict(0x7fff0000);
    const sections = sectionsOf(seccomp, profile, numbers, native, answersOf(decisions, profile));
    const program = assemble(sections, bad, ARCHITECTURES[native].endian);
    if (program.length / 8 > LONGEST) return { problem: tooLong(program.length / 8) };
    return { program, unknown: profile.unknown };
  } catch (error) {
    if (!(error instanceof Unacceptable)) throw error;
    return { problem: { message: error.message, pointer: error.pointer } };
  }
}

function tooLong(length: number): { readonly message: string; readonly pointer: string } {
  return {
    message: `seccomp filter of ${length} instructions is too long: the kernel takes ${LONGEST}`,
    pointer: '/linux/seccomp',
  };
}

/** They are looked at one after the other, by a program of limited length and by a compiler of limited depth. */
const mostConditions = 256;

/** What was decided by the rules for a call, architectures of the same width have in common. */
function answersOf(decisions: Decisions, profile: Profile): Answers<Decision> {
  const decided = { 32: new Map<readonly ProfileRule[], Decision>(), 64: new Map<readonly ProfileRule[], Decision>() };
  const decide = (rules: readonly ProfileRule[], bits: 32 | 64): Decision => {
    const [only] = rules;
    if (rules.length === 1 && only !== undefined && only.args.length === 0) return decisions.verdict(only.verdict);
    const known = decided[bits].get(rules);
    if (known !== undefined) return known;
    const decision = decideAmong(decisions, profile, bits, rules);
    decided[bits].set(rules, decision);
    return decision;
  };
  return { verdict: decisions.verdict, decide };
}

function decideAmong(decisions: Decisions, profile: Profile, bits: 32 | 64, rules: readonly ProfileRule[]): Decision {
  const conditions = rules.reduce((sum, { args }) => sum + args.length, 0);
  if (conditions > mostConditions)
    throw new Unacceptable(
      `seccomp rules for one system call have ${conditions} conditions: there can be ${mostConditions}`,
      rules[rules.length - 1]?.pointer ?? '',
    );
  const sorted = ordered(rules.map((rule) => ruleFor(rule, bits)));
  if (!('other' in sorted)) return decisions.first(sorted, profile.otherwise);
  const [one, other] = [rules[sorted.rule] as ProfileRule, rules[sorted.other] as ProfileRule];
  throw new Unacceptable(`seccomp rule contradicts that of ${one.pointer}`, other.pointer);
}
