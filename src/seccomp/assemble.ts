import type { Range, Section } from './compile.ts';
import { type Decision, isQuestion, type Question } from './decision.ts';
import { createProgram, type Program, type Target } from './program.ts';

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
export function assemble(sections: readonly Section[], bad: Decision, endian: 'little' | 'big'): Uint8Array {
  const roots = sections.flatMap(({ ranges }) => ranges.map(({ decision }) => decision));
  const program = createProgram();
  const writer: Writer = { program, endian, unloaded: unloadedOf(roots), entries: new Map(), loaded: new Map() };
  let next = writeDecision(writer, bad);
  for (const { audit, ranges } of [...sections].reverse()) {
    const search = writeSearch(writer, ranges, 0, ranges.length);
    const section = ranges.length === 1 ? search : target(program, program.load(numberOffset));
    next = target(program, program.branch('eq', audit, section, next));
  }
  program.load(architectureOffset);
  return program.bytes(endian);
}

/** One that cannot be reached is reached by a jump. */
function target(program: Program, position: number): Target {
  return { position, again: () => program.jump(position) };
}

/** By binary search for the range that the number is in, down to a few single numbers among others that are alike. */
function writeSearch(writer: Writer, ranges: readonly Range[], start: number, end: number): Target {
  const { program } = writer;
  if (end - start === 1) return writeDecision(writer, (ranges[start] as Range).decision);
  for (const { decision } of ranges.slice(start, start + 2)) {
    const singles = singlesAmong(decision, ranges, start, end);
    if (singles !== undefined) return writeSingles(writer, singles, decision);
  }
  const middle = start + ((end - start) >> 1);
  const above = writeSearch(writer, ranges, middle, end);
  const below = writeSearch(writer, ranges, start, middle);
  return target(program, program.branch('ge', (ranges[middle] as Range).from, above, below));
}

/** As many as are asked for one after the other. */
const mostSingles = 4;

/** The ranges that are not `others`, when each is a single number and they are few. */
function singlesAmong(
  others: Decision,
  ranges: readonly Range[],
  start: number,
  end: number,
): readonly Range[] | undefined {
  if (end - start > 2 * mostSingles + 1) return undefined;
  const singles: Range[] = [];
  for (let index = start; index < end; index++) {
    const range = ranges[index] as Range;
    if (range.decision === others) continue;
    if ((ranges[index + 1]?.from ?? afterLast) !== range.from + 1) return undefined;
    singles.push(range);
  }
  return singles.length <= mostSingles ? singles : undefined;
}

function writeSingles(writer: Writer, singles: readonly Range[], others: Decision): Target {
  const { program } = writer;
  return singles.reduceRight(
    (rest, { from, decision }) => target(program, program.branch('eq', from, writeDecision(writer, decision), rest)),
    writeDecision(writer, others),
  );
}

function writeDecision(writer: Writer, decision: Decision): Target {
  const known = writer.entries.get(decision);
  if (known !== undefined) return known;
  const { program } = writer;
  if (!isQuestion(decision)) {
    const again = () => program.verdict(decision.verdict);
    return remember(writer.entries, decision, { position: again(), again });
  }
  writeLoaded(writer, decision);
  return writer.entries.get(decision) as Target;
}

/** The question without, and where somebody needs it, with the word that it is about. */
function writeLoaded(writer: Writer, question: Question): Target {
  const known = writer.loaded.get(question);
  if (known !== undefined) return known;
  const { program } = writer;
  const { test, value, mask, word } = question;
  const yes = writeAnswer(writer, question, question.yes);
  const no = writeAnswer(writer, question, question.no);
  const position = keepsWord(question)
    ? mask === whole
      ? program.branch(test, value, yes, no)
      : program.branch('set', mask, no, yes)
    : writeMasked(program, question, yes, no);
  const loaded = remember(writer.loaded, question, target(program, position));
  if (writer.unloaded.has(question))
    remember(writer.entries, question, target(program, program.load(offsetOf(writer, word))));
  return loaded;
}

function writeMasked(program: Program, { value, mask }: Question, yes: Target, no: Target): number {
  program.branch('eq', value, yes, no);
  return program.and(mask);
}

function writeAnswer(writer: Writer, question: Question, answer: Decision): Target {
  return isQuestion(answer) && finds(question, answer) ? writeLoaded(writer, answer) : writeDecision(writer, answer);
}

/** After the question the accumulator is what it was before: bits are looked at without a mask being applied. */
function keepsWord({ mask, value }: Question): boolean {
  return mask === whole || value === 0;
}

/** The answer finds its word in the accumulator. */
function finds(question: Question, answer: Question): boolean {
  return question.word === answer.word && keepsWord(question);
}

function remember<T>(map: Map<T, Target>, key: T, value: Target): Target {
  map.set(key, value);
  return value;
}

function offsetOf({ endian }: Writer, word: number): number {
  const upperFirst = endian === 'big' ? 1 : 0;
  return argumentsOffset + 4 * (word ^ upperFirst);
}

function unloadedOf(roots: readonly Decision[]): Set<Question> {
  const unloaded = new Set<Question>();
  const seen = new Set<Decision>();
  const visit = (decision: Decision): void => {
    if (!isQuestion(decision) || seen.has(decision)) return;
    seen.add(decision);
    for (const answer of [decision.yes, decision.no]) {
      if (isQuestion(answer) && !finds(decision, answer)) unloaded.add(answer);
      visit(answer);
    }
  };
  for (const root of roots) {
    if (isQuestion(root)) unloaded.add(root);
    visit(root);
  }
  return unloaded;
}
