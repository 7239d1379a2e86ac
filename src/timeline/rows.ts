import type { Span } from './trace.ts';

/** A span and how deep it lies in others. */
export interface Placed {
  readonly span: Span;
  readonly row: number;
}

/** Clocks are read one after the other: what ends this much behind what holds it, in microseconds, is still in it. */
const tolerance = 0.5;

/** What lies in something else goes one row below it, so that a lane reads from the whole to its parts. */
export function rows(spans: readonly Span[]): Placed[] {
  const sorted = [...spans].sort((one, other) => one.start - other.start || other.duration - one.duration);
  const open: number[] = [];
  return sorted.map((span) => {
    while (open.length > 0 && (open.at(-1) as number) <= span.start + tolerance) open.pop();
    const row = open.length;
    open.push(span.start + span.duration);
    return { span, row };
  });
}

/** Spans of which no other one of the same lane is a part: what they take is their own. */
export function innermost(spans: readonly Span[]): Span[] {
  const placed = rows(spans);
  return placed.filter(({ row }, index) => (placed[index + 1]?.row ?? 0) <= row).map(({ span }) => span);
}
