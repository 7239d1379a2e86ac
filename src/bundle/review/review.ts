import type { HostFacts } from '../../host/facts.ts';
import type { Config } from '../../oci/types.ts';
import { validateConfig } from '../validate.ts';
import { configWarnings } from '../warnings.ts';
import { characters, isAscii, lineStarts, positionAt } from './lines.ts';
import { nearest } from './nearest.ts';
import { regrets } from './regrets.ts';
import type { Finding, Remark, Severity } from './remark.ts';
import { memberShape, membersOf, type Shape, shapeAt } from './shape.ts';
import { type Span, type Spans, spansOf } from './spans.ts';
import { unknownProperties } from './unknown-properties.ts';
import { wordsAt } from './vocabulary.ts';

/** More words than these are no choice that anybody reads. */
const mostAllowed = 24;
const longestFound = 80;

/** A row may stumble over a value of the wrong type, which is an error already. */
function unlessMisshapen<T>(work: () => readonly T[]): readonly T[] {
  try {
    return work();
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}

function regretted(config: Config): Finding[] {
  return regrets.flatMap(({ rule, at, message, refused, aboutName = false }) =>
    unlessMisshapen(() => at(config)).map((pointer) => {
      const severity: Severity = refused ? 'error' : 'warning';
      return { severity, rule, pointer, message, aboutName };
    }),
  );
}

/** Each begins with its pointer. */
function ignored(config: Config, facts: Pick<HostFacts, 'cgroup'>): Finding[] {
  return unlessMisshapen(() => configWarnings(config, facts)).map((text) => {
    const end = text.indexOf(': ');
    return { severity: 'warning', rule: 'ignored', pointer: text.slice(0, end), message: text.slice(end + 2) };
  });
}

function findingsOf(value: unknown, facts: Pick<HostFacts, 'cgroup'>): Finding[] {
  const errors = validateConfig(value).map(
    ({ pointer, message }): Finding => ({ severity: 'error', rule: 'invalid', pointer, message }),
  );
  if (errors.some(({ pointer }) => pointer === '')) return errors;
  const config = value as Config;
  const places = new Set(errors.map(({ pointer }) => pointer));
  const more = [...unknownProperties(config), ...regretted(config), ...ignored(config, facts)];
  return [...errors, ...more.filter(({ pointer }) => !places.has(pointer))];
}

/** What is there: of a value that is missing, what it is missing in. */
function nearestSpans(spans: ReadonlyMap<string, Spans>, place: string): Spans {
  for (let path = place; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    const found = spans.get(path);
    if (found !== undefined) return found;
  }
  return spans.get('') as Spans;
}

/** What it is about: a name, a value, or of a missing value the name of what it is missing in. */
function subjectOf({ pointer, aboutName }: Finding, spans: ReadonlyMap<string, Spans>): Span {
  const own = spans.get(pointer);
  const { name, value } = own ?? nearestSpans(spans, pointer);
  const byName = aboutName === true || own === undefined;
  return byName && name !== undefined ? name : value;
}

/** Properties that the object does not have yet. */
function namesFor(pointer: string, spans: ReadonlyMap<string, Spans>): string[] {
  const parent = pointer.slice(0, pointer.lastIndexOf('/'));
  const shape: Shape = shapeAt(parent);
  if (typeof shape === 'string' || !('properties' in shape)) return [];
  return Object.keys(shape.properties).filter(
    (name) => memberShape(shape, name) !== undefined && !spans.has(`${parent}/${name}`),
  );
}

function valueAt(value: unknown, place: string): unknown {
  return membersOf(place).reduce<unknown>(
    (inner, member) => (inner as Record<string, unknown> | null)?.[member],
    value,
  );
}

/** The words that were to choose from, and the one that was probably meant. */
function advice({ rule, pointer }: Finding, value: unknown, spans: ReadonlyMap<string, Spans>) {
  const isName = rule === 'unknown-property';
  const words = isName ? namesFor(pointer, spans) : wordsAt(pointer);
  const written = isName ? membersOf(pointer).at(-1) : valueAt(value, pointer);
  const meant = typeof written === 'string' && !words.includes(written) ? nearest(written, words) : '';
  const open = typeof written === 'string' && words.includes(written);
  return { allowed: isName || open || words.length > mostAllowed ? [] : words, suggestion: meant };
}

/** What stands at a place, on one line. */
function shown(text: string, spans: Spans | undefined): string {
  if (spans === undefined) return '';
  const { start, end } = spans.value;
  const [line = ''] = text.slice(start, Math.min(end, start + 4 * longestFound)).split('\n');
  const whole = line.length === end - start && characters(line) <= longestFound;
  return whole ? line : `${[...line].slice(0, longestFound).join('').trimEnd()}…`;
}

/**
 * Everything that is wrong with a config.json or may be regretted, in the order of the file.
 *
 * @param text the file
 * @param value what parseJson has made of it
 * @param facts asked for only where a limit depends on the version of cgroups
 */
export function reviewConfig(text: string, value: unknown, facts: Pick<HostFacts, 'cgroup'>): Remark[] {
  const spans = spansOf(text);
  const starts = lineStarts(text);
  const ascii = isAscii(text);
  const remarks = findingsOf(value, facts).map((finding) => {
    const { start, end } = subjectOf(finding, spans);
    const { line, column } = positionAt(text, starts, start, ascii);
    const [first = ''] = text.slice(start, end).split('\n', 1);
    const length = Math.max(1, ascii ? first.length : characters(first));
    const { severity, rule, pointer, message } = finding;
    const found = shown(text, spans.get(pointer));
    return { severity, rule, pointer, line, column, length, message, found, ...advice(finding, value, spans) };
  });
  return remarks.sort((one, other) => one.line - other.line || one.column - other.column);
}
