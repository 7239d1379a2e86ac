import type { Condition, Rule } from './rules.ts';

/** What happens to a call when its arguments have been looked at: a verdict, or a question with two answers. Equal ones are one object. */
export type Decision =
  | { readonly verdict: number }
  | {
      /** argument × 2, plus 1 for its upper half */
      readonly word: number;
      readonly mask: number;
      readonly test: 'eq' | 'gt' | 'ge';
      readonly value: number;
      readonly yes: Decision;
      readonly no: Decision;
    };

export type Question = Exclude<Decision, { readonly verdict: number }>;

export function isQuestion(decision: Decision): decision is Question {
  return 'test' in decision;
}

/** What is known of a word by the questions that were asked before. */
interface Known {
  readonly least: number;
  readonly most: number;
  /** values that it is not */
  readonly not: readonly number[];
  /** answers to questions with a mask */
  readonly masked: readonly string[];
}

/** By word. */
type Facts = readonly (Known | undefined)[];

const whole = 0xffffffff;
const nothing: Facts = [];
const anything: Known = { least: 0, most: whole, not: [], masked: [] };

/** A question about one word, without its answers. */
interface Ask {
  readonly word: number;
  readonly mask: number;
  readonly test: 'eq' | 'gt' | 'ge';
  readonly value: number;
}

type Next = (facts: Facts) => Decision;

/** Of more conditions nothing is remembered: every one is a few calls deeper. */
const wellKnown = 32;

/** Makes decisions, each only once. */
export interface Decisions {
  readonly verdict: (value: number) => Decision;
  /** The first of the rules whose conditions all hold decides; `otherwise` when there is none. */
  readonly first: (rules: readonly Rule[], otherwise: number) => Decision;
}

export function createDecisions(): Decisions {
  const verdicts = new Map<number, Decision>();
  const questions = new Map<string, Decision>();
  const numbers = new Map<Decision, number>();

  function numbered(decision: Decision): Decision {
    numbers.set(decision, numbers.size);
    return decision;
  }

  function verdict(value: number): Decision {
    const known = verdicts.get(value);
    if (known !== undefined) return known;
    const made = numbered({ verdict: value });
    verdicts.set(value, made);
    return made;
  }

  function question(ask: Ask, yes: Decision, no: Decision): Decision {
    if (yes === no) return yes;
    const key = `${ask.word} ${ask.mask} ${ask.test} ${ask.value} ${numbers.get(yes)} ${numbers.get(no)}`;
    const known = questions.get(key);
    if (known !== undefined) return known;
    const made = numbered({ ...ask, yes, no });
    questions.set(key, made);
    return made;
  }

  function first(rules: readonly Rule[], otherwise: number): Decision {
    const last = verdict(otherwise);
    if (rules.length === 0) return last;
    if (rules[0]?.conditions.length === 0) return verdict(rules[0].verdict);
    const conditions = rules.reduce((sum, rule) => sum + rule.conditions.length, 0);
    // what is known saves questions, and in a profile made for that it makes ever more of them: then without
    const budget = { verdict, question, left: 64 * rules.length };
    const short = conditions <= wellKnown ? build(rules, last, budget) : undefined;
    return short ?? chain(rules, last, verdict, question);
  }

  return { verdict, first };
}

interface Budget {
  readonly verdict: (value: number) => Decision;
  readonly question: (ask: Ask, yes: Decision, no: Decision) => Decision;
  left: number;
}

/** Asks nothing whose answer follows from those before. undefined when that would take more than the budget. */
function build(rules: readonly Rule[], last: Decision, budget: Budget): Decision | undefined {
  const made = new Map<string, Decision>();
  const mentioned = wordsFrom(rules);

  function from(index: number, facts: Facts): Decision {
    const rule = rules[index];
    if (rule === undefined || budget.left < 0) return last;
    const relevant = facts.map((known, word) => (mentioned[index]?.has(word) ? known : undefined));
    const key = `${index} ${JSON.stringify(relevant)}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    budget.left--;
    const decision = all(rule, 0, relevant, (then) => from(index + 1, then));
    made.set(key, decision);
    return decision;
  }

  function all({ conditions, verdict }: Rule, index: number, facts: Facts, otherwise: Next): Decision {
    const condition = conditions[index];
    if (condition === undefined) return budget.verdict(verdict);
    const holds = (then: Facts) => all({ conditions, verdict }, index + 1, then, otherwise);
    return ask(condition, facts, holds, otherwise, (one, then, yes, no) => {
      const answer = follows(one, then);
      if (answer !== undefined) return answer ? yes(then) : no(then);
      return budget.question(one, yes(learn(one, then, true)), no(learn(one, then, false)));
    });
  }

  const decision = from(0, nothing);
  return budget.left < 0 ? undefined : decision;
}

/** Asks everything, rule by rule. */
function chain(
  rules: readonly Rule[],
  last: Decision,
  verdict: Budget['verdict'],
  question: Budget['question'],
): Decision {
  return rules.reduceRight<Decision>(
    (otherwise, rule) =>
      rule.conditions.reduceRight<Decision>(
        (holds, condition) =>
          ask(
            condition,
            nothing,
            () => holds,
            () => otherwise,
            (one, facts, yes, no) => question(one, yes(facts), no(facts)),
          ),
        verdict(rule.verdict),
      ),
    last,
  );
}

type Asker = (ask: Ask, facts: Facts, yes: Next, no: Next) => Decision;

/** A condition on 64 bits by questions about 32: the upper half decides unless it is equal. */
function ask(condition: Condition, facts: Facts, holds: Next, fails: Next, asker: Asker): Decision {
  const { argument, test, negated, high, low, bits } = condition;
  const [yes, no] = negated ? [fails, holds] : [holds, fails];
  const upper = 2 * argument + 1;
  const lower = 2 * argument;
  const lowest: Next = (then) =>
    low.mask === 0 ? yes(then) : asker({ word: lower, mask: low.mask, test, value: low.value }, then, yes, no);
  if (bits === 32 || high.mask === 0) return lowest(facts);
  const equal: Next = (then) =>
    asker({ word: upper, mask: high.mask, test: 'eq', value: high.value }, then, lowest, no);
  if (test === 'eq') return equal(facts);
  return asker({ word: upper, mask: whole, test: 'gt', value: high.value }, facts, yes, equal);
}

/** For each rule the words that it or one behind it asks about. */
function wordsFrom(rules: readonly Rule[]): ReadonlySet<number>[] {
  const words = new Set<number>();
  return rules
    .map((_, index) => rules[rules.length - 1 - index] as Rule)
    .map(({ conditions }) => {
      for (const { argument } of conditions) words.add(2 * argument).add(2 * argument + 1);
      return new Set(words);
    })
    .reverse();
}

/** The answer, when it is known already. */
function follows({ word, mask, test, value }: Ask, facts: Facts): boolean | undefined {
  const { least, most, not, masked } = facts[word] ?? anything;
  if (mask !== whole) {
    if (least === most) return (least & mask) >>> 0 === value;
    if (masked.includes(`${mask}=${value}`)) return true;
    return masked.includes(`${mask}!${value}`) ? false : undefined;
  }
  if (test === 'eq') {
    if (value < least || value > most || not.includes(value)) return false;
    return least === most ? true : undefined;
  }
  const from = test === 'gt' ? value + 1 : value;
  if (least >= from) return true;
  return most < from ? false : undefined;
}

function learn({ word, mask, test, value }: Ask, facts: Facts, answer: boolean): Facts {
  const known = facts[word] ?? anything;
  const learnt = [...facts];
  learnt[word] = mask === whole ? narrowed(known, test, value, answer) : noted(known, mask, value, answer);
  return learnt;
}

function noted(known: Known, mask: number, value: number, answer: boolean): Known {
  return { ...known, masked: [...known.masked, `${mask}${answer ? '=' : '!'}${value}`] };
}

function narrowed(known: Known, test: Ask['test'], value: number, answer: boolean): Known {
  if (test === 'eq') return answer ? { ...known, least: value, most: value } : { ...known, not: [...known.not, value] };
  const from = test === 'gt' ? value + 1 : value;
  return answer ? { ...known, least: Math.max(known.least, from) } : { ...known, most: Math.min(known.most, from - 1) };
}
