import type { LinuxSeccomp, LinuxSeccompArg, LinuxSyscall } from '../oci/types.ts';
import { verdict } from './actions.ts';
import type { Numbers } from './numbers.ts';
import { ARGUMENTS, OPERATORS } from './operators.ts';

/** One half of a value that is compared; where `mask` is 0 there is nothing to compare. */
export interface Half {
  readonly mask: number;
  readonly value: number;
}

/** A condition on an argument, as one architecture compares it. */
export interface Condition {
  readonly argument: number;
  readonly test: 'eq' | 'gt' | 'ge';
  /** the condition is that the test fails */
  readonly negated: boolean;
  /** see operators.ts */
  readonly order: number;
  readonly bits: 32 | 64;
  readonly high: Half;
  readonly low: Half;
}

/** All conditions hold → the verdict. */
export interface Rule {
  readonly conditions: readonly Condition[];
  readonly verdict: number;
}

/** A rule as the profile has it, for any architecture. */
export interface ProfileRule {
  readonly args: readonly LinuxSeccompArg[];
  readonly verdict: number;
  readonly pointer: string;
}

/** What of a profile does not depend on the architecture. */
export interface Profile {
  readonly otherwise: number;
  /** the calls that it names, also where that changes nothing: their indices in the tables of numbers, */
  readonly calls: readonly number[];
  /** and the rules for each, in the order in which they are listed. Those of one entry are one array for all its names */
  readonly rules: readonly (readonly ProfileRule[])[];
  /** names that no architecture has */
  readonly unknown: readonly string[];
}

const none: readonly ProfileRule[] = [];

/** A rule that is what the default action is anyway is left out, as in runc. */
export function readProfile(
  { defaultAction, defaultErrnoRet, syscalls = [] }: LinuxSeccomp,
  numbers: Numbers,
): Profile {
  const otherwise = verdict(defaultAction, defaultErrnoRet);
  // of each call by its index, counted from 1
  const places = new Uint16Array(numbers.count);
  const calls: number[] = [];
  const rules: (readonly ProfileRule[])[] = [];
  const unknown = new Set<string>();
  for (let index = 0; index < syscalls.length; index++) {
    const entry = syscalls[index] as LinuxSyscall;
    const own = rulesOf(entry, `/linux/seccomp/syscalls/${index}`);
    const more = own[0]?.verdict === otherwise ? none : own;
    for (const name of entry.names) {
      const call = numbers.indexOf(name);
      if (call === undefined) {
        unknown.add(name);
        continue;
      }
      const place = (places[call] as number) - 1;
      if (place === -1) {
        places[call] = calls.push(call);
        rules.push(more);
      } else if (more !== none) {
        const known = rules[place] as readonly ProfileRule[];
        rules[place] = known === none ? more : [...known, ...more];
      }
    }
  }
  return { otherwise, calls, rules, unknown: [...unknown] };
}

/** Several conditions on one argument are a rule each, in runc and so in the profiles that were made for it; else all have to hold. */
function rulesOf({ action, errnoRet, args = [] }: LinuxSyscall, pointer: string): ProfileRule[] {
  const value = verdict(action, errnoRet);
  const indices = new Set(args.map(({ index }) => index));
  if (indices.size === args.length) return [{ args, verdict: value, pointer }];
  return args.map((arg) => ({ args: [arg], verdict: value, pointer }));
}

function highHalf(value: number | bigint): number {
  return typeof value === 'bigint' ? Number((value >> 32n) & 0xffffffffn) : Math.floor(value / 0x100000000);
}

function lowHalf(value: number | bigint): number {
  return typeof value === 'bigint' ? Number(value & 0xffffffffn) : value % 0x100000000;
}

const everyBit: Half = { mask: 0xffffffff, value: 0xffffffff };

function condition({ index, op, value, valueTwo = 0 }: LinuxSeccompArg, bits: 32 | 64): Condition {
  const masked = op === 'SCMP_CMP_MASKED_EQ';
  const datum = masked ? valueTwo : value;
  const half = (of: (value: number | bigint) => number): Half => {
    const mask = masked ? of(value) : everyBit.mask;
    return { mask, value: (of(datum) & mask) >>> 0 };
  };
  return { argument: index, ...OPERATORS[op], bits, high: half(highHalf), low: half(lowHalf) };
}

/** What holds for every value. */
function isEmpty({ bits, high, low }: Condition): boolean {
  return low.mask === 0 && (bits === 32 || high.mask === 0);
}

/** The rule as it is on an architecture: one of 32 bits compares the lower halves, as libseccomp does. */
export function ruleFor({ args, verdict }: ProfileRule, bits: 32 | 64): Rule {
  const conditions = args.map((arg) => condition(arg, bits)).filter((one) => !isEmpty(one));
  return { verdict, conditions: conditions.sort((one, other) => one.argument - other.argument) };
}

/** The condition that an argument is `value`, in place of what the rule says of it. */
export function withArgument(rule: ProfileRule, index: number, value: number): ProfileRule {
  const arg: LinuxSeccompArg = { index, value, op: 'SCMP_CMP_EQ' };
  return { ...rule, args: [arg, ...rule.args.filter((one) => one.index !== index && one.index < ARGUMENTS)] };
}
