import type { Arch, LinuxSeccomp } from '../oci/types.ts';
import { BAD_ARCHITECTURE, UNKNOWN_CALL } from './actions.ts';
import { openNumbers } from './numbers.ts';
import { ordered } from './order.ts';
import { type Range, sectionsOf } from './ranges.ts';
import { type Condition, type ProfileRule, type Rule, readProfile, ruleFor } from './rules.ts';

/** A system call as a filter sees it. `args` are six, of 64 bits. */
export interface SystemCall {
  /** AUDIT_ARCH_* */
  readonly audit: number;
  readonly number: number;
  readonly args: readonly bigint[];
}

/** What decides about a call. */
export type Reason =
  /** a rule of the profile; */
  | 'rule'
  /** the default action: no rule is about the call, or none that is applies; */
  | 'default'
  /** no profile of before the call can know it: ENOSYS, so that a C library falls back to an older call; */
  | 'newer'
  /** the profile has no such architecture, or the number is none of its */
  | 'architecture';

/** A rule for the call, and whether its conditions hold. Those behind the first that applies are not asked. */
export interface AskedRule {
  readonly pointer: string;
  readonly conditions: readonly string[];
  readonly holds: boolean;
}

/** What a profile says of one call. */
export interface Judgement {
  /** SECCOMP_RET_* and its 16 bits of data: what the compiled filter returns */
  readonly verdict: number;
  readonly reason: Reason;
  /** the rule, '' for the other reasons */
  readonly pointer: string;
  readonly asked: readonly AskedRule[];
}

type Answer = { readonly verdict: number } | { readonly rules: readonly ProfileRule[]; readonly bits: 32 | 64 };

/**
 * What the filter of a profile returns for a call on a machine of `native`, and why: from the rules themselves, by the ranges and the
 * order that the filter is compiled by.
 */
export function judgeCall(seccomp: LinuxSeccomp, native: Arch, call: SystemCall): Judgement {
  const numbers = openNumbers();
  const profile = readProfile(seccomp, numbers);
  const verdicts = new Map<number, Answer>();
  const verdict = (value: number): Answer => {
    const known = verdicts.get(value) ?? { verdict: value };
    verdicts.set(value, known);
    return known;
  };
  const sections = sectionsOf<Answer>(seccomp, profile, numbers, native, {
    verdict,
    decide: (rules, bits) => ({ rules, bits }),
  });
  const section = sections.find(({ audit }) => audit === call.audit);
  if (section === undefined) return { verdict: BAD_ARCHITECTURE, reason: 'architecture', pointer: '', asked: [] };
  const answer = rangeOf(section.ranges, call.number).decision;
  if ('rules' in answer) return judgeRules(answer.rules, answer.bits, call, profile.otherwise);
  return { verdict: answer.verdict, reason: reasonOf(answer.verdict, profile.otherwise), pointer: '', asked: [] };
}

function rangeOf(ranges: readonly Range<Answer>[], number: number): Range<Answer> {
  let found = ranges[0] as Range<Answer>;
  for (const range of ranges) if (range.from <= number) found = range;
  return found;
}

/** Where two are the same number, it is the default action that the reader knows of. */
function reasonOf(verdict: number, otherwise: number): Reason {
  if (verdict === otherwise) return 'default';
  return verdict === UNKNOWN_CALL ? 'newer' : 'architecture';
}

function judgeRules(rules: readonly ProfileRule[], bits: 32 | 64, { args }: SystemCall, otherwise: number): Judgement {
  const pointers = new Map<Rule, string>(rules.map((rule) => [ruleFor(rule, bits), rule.pointer]));
  const sorted = ordered([...pointers.keys()]);
  // a profile whose rules contradict each other has no filter
  const inOrder = 'other' in sorted ? [] : sorted;
  const asked: AskedRule[] = [];
  for (const rule of inOrder) {
    const pointer = pointers.get(rule) as string;
    const holds = rule.conditions.every((condition) => applies(condition, args));
    asked.push({ pointer, conditions: rule.conditions.map(conditionText), holds });
    if (holds) return { verdict: rule.verdict, reason: 'rule', pointer, asked };
  }
  return { verdict: otherwise, reason: 'default', pointer: '', asked };
}

/** The halves of a value as one; those of 32 bits have the lower one only. */
function joined({ bits, high, low }: Condition, part: 'mask' | 'value'): bigint {
  return bits === 32 ? BigInt(low[part]) : (BigInt(high[part]) << 32n) | BigInt(low[part]);
}

function applies(condition: Condition, args: readonly bigint[]): boolean {
  const { argument, test, negated } = condition;
  const seen = (args[argument] ?? 0n) & joined(condition, 'mask');
  const value = joined(condition, 'value');
  const holds = test === 'eq' ? seen === value : test === 'gt' ? seen > value : seen >= value;
  return holds !== negated;
}

const signs = { eq: ['==', '!='], gt: ['>', '<='], ge: ['>=', '<'] } as const;

/** "args[0] & 0x7e020000 == 0x0" */
function conditionText(condition: Condition): string {
  const mask = joined(condition, 'mask');
  const all = condition.bits === 32 ? 0xffffffffn : 0xffffffffffffffffn;
  const masked = mask === all ? '' : ` & 0x${mask.toString(16)}`;
  const sign = signs[condition.test][condition.negated ? 1 : 0];
  return `args[${condition.argument}]${masked} ${sign} 0x${joined(condition, 'value').toString(16)}`;
}
