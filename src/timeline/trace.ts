/** One event of a trace, in microseconds since its beginning. */
export interface Span {
  readonly name: string;
  readonly kind: string;
  readonly start: number;
  readonly duration: number;
  readonly args: readonly (readonly [name: string, value: string])[];
}

/** What one thread of the trace did. */
export interface Lane {
  readonly name: string;
  readonly spans: readonly Span[];
}

/** A trace as it is drawn. */
export interface Trace {
  readonly title: string;
  readonly program: string;
  /** microseconds */
  readonly end: number;
  readonly lanes: readonly Lane[];
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

/** A number of microseconds; undefined for what is none, and for what no drawing could show. */
function time(value: unknown): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 && number < 1e15 ? number : undefined;
}

function span({ name, cat, ts, dur, args }: Fields): Span | undefined {
  const [start, duration] = [time(ts), time(dur)];
  if (start === undefined || duration === undefined) return undefined;
  const pairs = isFields(args) ? Object.entries(args).map(([key, value]) => [key, text(value)] as const) : [];
  return { name: text(name), kind: text(cat), start, duration, args: pairs.filter(([, value]) => value !== '') };
}

/**
 * The trace that a document of the trace event format holds, in its object form or as an array: threads with their names and complete
 * events. undefined: it is no such document, or there is nothing in it to be drawn.
 */
export function readTrace(document: unknown): Trace | undefined {
  const events = isFields(document) ? document.traceEvents : document;
  if (!Array.isArray(events)) return undefined;
  const other = isFields(document) && isFields(document.otherData) ? document.otherData : {};
  const names = new Map<string, string>();
  const lanes = new Map<string, Span[]>();
  for (const event of events) {
    if (!isFields(event)) return undefined;
    const thread = text(event.tid);
    if (event.ph === 'M' && event.name === 'thread_name' && isFields(event.args))
      names.set(thread, text(event.args.name));
    const complete = event.ph === 'X' ? span(event) : undefined;
    if (complete === undefined) continue;
    const lane = lanes.get(thread) ?? [];
    lanes.set(thread, lane);
    lane.push(complete);
  }
  if (lanes.size === 0) return undefined;
  const all = [...lanes.values()].flat();
  return {
    title: text(other.title),
    program: text(other.program),
    end: all.reduce((last, { start, duration }) => Math.max(last, start + duration), 0),
    lanes: [...lanes].map(([thread, spans]) => ({ name: names.get(thread) ?? `thread ${thread}`, spans })),
  };
}
