import type { Condition, Rule } from './rules.ts';

/** Two rules for a call that contradict each other, by their indices. */
export interface Conflict {
  readonly rule: number;
  readonly other: number;
}

/**
 * The rules for a call in the order in which they are asked, which is libseccomp's and not that of the list: a rule without conditions
 * is the only one there is, the first of them; else those about a later argument come first, of one argument what is equal, then
 * what is less, then what is greater, and of these the narrower one. Runtimes have the same decisions by that.
 */
export function ordered(rules: readonly Rule[]): readonly Rule[] | Conflict {
  if (rules.length < 2) return rules;
  const unconditional = rules.find(({ conditions }) => conditions.length === 0);
  if (unconditional !== undefined) return [unconditional];
  return conflictOf(rules) ?? [...rules].sort(compare);
}

/** libseccomp refuses what cannot be: conditions that are those of another rule, or the beginning of an earlier one's, and another verdict. */
function conflictOf(rules: readonly Rule[]): Conflict | undefined {
  for (let other = 1; other < rules.length; other++)
    for (let rule = 0; rule < other; rule++) {
      const [one, later] = [rules[rule] as Rule, rules[other] as Rule];
      if (one.verdict !== later.verdict && begins(later.conditions, one.conditions)) return { rule, other };
    }
  return undefined;
}

function begins(start: readonly Condition[], conditions: readonly Condition[]): boolean {
  return start.length <= conditions.length && start.every((one, index) => isSame(one, conditions[index] as Condition));
}

function isSame(one: Condition, other: Condition): boolean {
  return (
    one.argument === other.argument &&
    one.test === other.test &&
    one.negated === other.negated &&
    one.low.mask === other.low.mask &&
    one.low.value === other.low.value &&
    (one.bits === 32 || (one.high.mask === other.high.mask && one.high.value === other.high.value))
  );
}

function compare(one: Rule, other: Rule): number {
  for (let index = 0; index < one.conditions.length && index < other.conditions.length; index++) {
    const difference = compareConditions(one.conditions[index] as Condition, other.conditions[index] as Condition);
    if (difference !== 0) return difference;
  }
  return one.conditions.length - other.conditions.length;
}

const less = 2;

function compareConditions(one: Condition, other: Condition): number {
  if (one.argument !== other.argument) return other.argument - one.argument;
  if (one.order !== other.order) return other.order - one.order;
  const high = one.bits === 32 ? 0 : other.high.value - one.high.value;
  const difference = high !== 0 ? high : other.low.value - one.low.value;
  return one.order === less ? -difference : difference;
}
