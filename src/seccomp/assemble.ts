import { type Decision, isQuestion, type Question } from './decision.ts';
import { createProgram, type Position, type Program, type Target } from './program.ts';
import type { Range, Section } from './ranges.ts';

/** struct seccomp_data of linux/seccomp.h: nr, arch, instruction_pointer, args[6] */
const numberOffset = 0;
const architectureOffset = 4;
const argumentsOffset = 16;

const whole = 0xffffffff;

/** Behind the greatest number of a system call. */
const afterLast = 0x100000000;

interface Writer {
  readonly program: Program;
  readonly endian: 'little' | 'big';
  /** questions that somebody asks who has not loaded their word */
  readonly unloaded: ReadonlySet<Question>;
  /** where each decision is, its word loaded by it */
  readonly entries: Map<Decision, Target>;
  /** where each question is, its word loaded already */
  readonly loaded: Map<Question, Target>;
}

/** The program for these architectures; of any other it is `bad`. */
export function assemble(sections: readonly Section<Decision>[], bad: Decision, endian: 'little' | 'big'): Uint8Array {
  const roots = sections.flatMap(({ ranges }) => ranges.map(({ decision }) => decision));
  const program = createProgram();
  const writer: Writer = { program, endian, unloaded: unloadedOf(roots), entries: new Map(), loaded: new Map() };
  let next = writeDecision(writer, bad);
  for (const { audit, ranges } of [...sections].reverse()) {
    const search = writeSearch(writer, ranges, 0, ranges.length);
    const section = ranges.length === 1 ? search : target(program.load(numberOffset));
    next = target(program.branch('eq', audit, section, next));
  }
  program.load(architectureOffset);
  return program.bytes(endian);
}

/** One that cannot be reached is reached by a jump. */
function target(position: Position): Target {
  return { position, verdict: undefined, first: position };
}

/** By binary search for the range that the number is in, down to a few single numbers among others that are alike. */
function writeSearch(writer: Writer, ranges: readonly Range<Decision>[], start: number, end: number): Target {
  const { decision } = ranges[start] as Range<Decision>;
  if (end - start === 1) return writeDecision(writer, decision);
  if (end - start <= mostAmongSingles) {
    const found = writeSingles(writer, ranges, start, end, decision);
    const other = (ranges[start + 1] as Range<Decision>).decision;
    const search = found ?? writeSingles(writer, ranges, start, end, other);
    if (search !== undefined) return search;
  }
  const middle = start + ((end - start) >> 1);
  const above = writeSearch(writer, ranges, middle, end);
  const below = writeSearch(writer, ranges, start, middle);
  return target(writer.program.branch('ge', (ranges[middle] as Range<Decision>).from, above, below));
}

/** As many as are asked for one after the other, */
const mostSingles = 4;
/** and what these and those around them make. */
const mostAmongSingles = 2 * mostSingles + 1;

/** The ranges that are not `others`, when each is a single number and they are few; undefined when not. */
function writeSingles(
  writer: Writer,
  ranges: readonly Range<Decision>[],
  start: number,
  end: number,
  others: Decision,
): Target | undefined {
  const singles: Range<Decision>[] = [];
  for (let index = start; index < end; index++) {
    const range = ranges[index] as Range<Decision>;
    if (range.decision === others) continue;
    const next = ranges[index + 1];
    if ((next === undefined ? afterLast : next.from) !== range.from + 1) return undefined;
    if (singles.push(range) > mostSingles) return undefined;
  }
  let rest = writeDecision(writer, others);
  for (let index = singles.length - 1; index >= 0; index--) {
    const { from, decision } = singles[index] as Range<Decision>;
    rest = target(writer.program.branch('eq', from, writeDecision(writer, decision), rest));
  }
  return rest;
}

function writeDecision(writer: Writer, decision: Decision): Target {
  const known = writer.entries.get(decision);
  if (known !== undefined) return known;
  const { program } = writer;
  if (!isQuestion(decision)) {
    const position = program.verdict(decision.verdict);
    const ending = { position, verdict: decision.verdict, first: position };
    writer.entries.set(decision, ending);
    return ending;
  }
  for (const question of answersFirst(writer, decision)) writeLoaded(writer, question);
  return writer.entries.get(decision) as Target;
}

/** What is not written yet of a question and all that follow from it, each behind its answers. Not by recursion: they can be many. */
function answersFirst({ loaded }: Writer, root: Question): Question[] {
  const found = new Set<Question>();
  const open: Question[] = [root];
  for (let question = open.at(-1); question !== undefined; question = open.at(-1)) {
    const isDue = (answer: Decision): answer is Question =>
      isQuestion(answer) && !loaded.has(answer) && !found.has(answer);
    const due = [question.yes, question.no].filter(isDue);
    if (due.length > 0) open.push(...due);
    else {
      open.pop();
      if (!loaded.has(question)) found.add(question);
    }
  }
  return [...found];
}

/** The question without, and where somebody needs it, with the word that it is about. Its answers are written already. */
function writeLoaded(writer: Writer, question: Question): void {
  const { program } = writer;
  const { test, value, mask, word } = question;
  const yes = writeAnswer(writer, question, question.yes);
  const no = writeAnswer(writer, question, question.no);
  const position = keepsWord(question)
    ? mask === whole
      ? program.branch(test, value, yes, no)
      : program.branch('set', mask, no, yes)
    : writeMasked(program, question, yes, no);
  writer.loaded.set(question, target(position));
  if (writer.unloaded.has(question)) writer.entries.set(question, target(program.load(offsetOf(writer, word))));
}

function writeMasked(program: Program, { value, mask }: Question, yes: Target, no: Target): number {
  program.branch('eq', value, yes, no);
  return program.and(mask);
}

function writeAnswer(writer: Writer, question: Question, answer: Decision): Target {
  const loaded = isQuestion(answer) && finds(question, answer) ? writer.loaded.get(answer) : undefined;
  return loaded ?? writeDecision(writer, answer);
}

/** After the question the accumulator is what it was before: bits are looked at without a mask being applied. */
function keepsWord({ mask, value }: Question): boolean {
  return mask === whole || value === 0;
}

/** The answer finds its word in the accumulator. */
function finds(question: Question, answer: Question): boolean {
  return question.word === answer.word && keepsWord(question);
}

function offsetOf({ endian }: Writer, word: number): number {
  const upperFirst = endian === 'big' ? 1 : 0;
  return argumentsOffset + 4 * (word ^ upperFirst);
}

function unloadedOf(roots: readonly Decision[]): Set<Question> {
  const unloaded = new Set(roots.filter(isQuestion));
  const open = [...unloaded];
  const seen = new Set(open);
  for (let question = open.pop(); question !== undefined; question = open.pop()) {
    for (const answer of [question.yes, question.no].filter(isQuestion)) {
      if (!finds(question, answer)) unloaded.add(answer);
      if (!seen.has(answer)) open.push(answer);
      seen.add(answer);
    }
  }
  return unloaded;
}
