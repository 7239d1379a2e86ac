import { durationText, ticks, tickText } from './duration.ts';
import { escapeHtml } from './escape.ts';
import { innermost, type Placed, rows } from './rows.ts';
import { style } from './style.ts';
import type { Lane, Span, Trace } from './trace.ts';

/** Units of the drawing's own coordinates. */
const width = 1400;
const left = 84;
const right = 16;
const rowHeight = 22;
const axisHeight = 26;
const laneGap = 14;
/** of a letter, on average, and at the widest */
const letter = 6.4;
const badgeSize = 8;
/** What is narrower has neither an edge nor round corners: it would consist of them. */
const wide = 4;

/** Kinds that have a colour; any other is drawn as a call. */
const kinds: Readonly<Record<string, string>> = {
  command: 'the whole command',
  phase: 'phase of the runtime',
  call: 'function of the host',
  message: 'message to or from init',
  step: 'step of init',
  hook: 'hook',
};

const kindOf = ({ kind }: Span): string => (Object.hasOwn(kinds, kind) ? kind : 'call');

/** What part of the time is drawn, in microseconds. */
interface Scale {
  readonly from: number;
  readonly to: number;
  readonly x: (time: number) => number;
}

function scaleOf(from: number, to: number): Scale {
  const factor = to > from ? (width - left - right) / (to - from) : 0;
  return { from, to, x: (time) => left + (time - from) * factor };
}

const fixed = (value: number): string => String(Math.round(value * 100) / 100);

/** What is known of a span, a line each. */
function facts({ name, duration, start, args }: Span): string[] {
  return [
    `${name}: ${durationText(duration)}, after ${durationText(start)}`,
    ...args.map(([key, value]) => `${key}: ${value}`),
  ];
}

/** As much of the name as there is room for; a badge takes some. */
function label({ name }: Span, x: number, space: number, y: number): string {
  const room = Math.floor((space - 8) / letter);
  if (room < 3) return '';
  const shown = name.length <= room ? name : `${name.slice(0, room - 1)}…`;
  return `<text class="label" x="${fixed(x + 4)}" y="${fixed(y + 14.5)}">${escapeHtml(shown)}</text>`;
}

function drawSpan({ span, row }: Placed, top: number, { x }: Scale, number: number): string {
  const from = x(span.start);
  const space = Math.max(x(span.start + span.duration) - from, 0.75);
  const y = top + row * rowHeight;
  const title = facts(span).map(escapeHtml).join('\n');
  const shape = space < wide ? '' : ' rx="2"';
  return (
    `<g class="span"><title>${title}</title>` +
    `<rect class="span${space < wide ? '' : ' wide'} ${kindOf(span)}" x="${fixed(from)}" y="${fixed(y + 1)}" width="${fixed(space)}" height="${rowHeight - 2}"${shape}/>` +
    `${label(span, from, number === 0 ? space : space - 2 * badgeSize - 4, y)}</g>`
  );
}

/** A number on each of the slowest, at the end of what it is about, or in the middle of what is smaller. */
function drawBadge({ span, row }: Placed, number: number, top: number, { x }: Scale): string {
  const [from, to] = [x(span.start), x(span.start + span.duration)];
  const at = to - from > 2 * badgeSize + 8 ? to - badgeSize - 2 : (from + to) / 2;
  const middle = Math.min(Math.max(at, left + badgeSize), width - right - badgeSize);
  const y = top + row * rowHeight + rowHeight / 2;
  return (
    `<circle class="badge" cx="${fixed(middle)}" cy="${fixed(y)}" r="${badgeSize}"/>` +
    `<text class="number" x="${fixed(middle)}" y="${fixed(y + 4)}">${number}</text>`
  );
}

interface LaneLayout {
  readonly lane: Lane;
  readonly placed: readonly Placed[];
  readonly top: number;
  readonly height: number;
}

/** Lanes one below the other, in the order of the trace. */
function layOut(lanes: readonly Lane[]): { readonly layouts: readonly LaneLayout[]; readonly height: number } {
  let top = axisHeight;
  const layouts = lanes.map((lane) => {
    const placed = rows(lane.spans);
    const depth = placed.reduce((most, { row }) => Math.max(most, row + 1), 1);
    const layout = { lane, placed, top, height: depth * rowHeight + 8 };
    top += layout.height + laneGap;
    return layout;
  });
  return { layouts, height: top };
}

function drawBand({ lane, top, height }: LaneLayout): string {
  return (
    `<rect class="band" x="0" y="${top}" width="${width}" height="${height}" rx="4"/>` +
    `<text class="lane" x="10" y="${top + 20}">${escapeHtml(lane.name.slice(0, 10))}</text>`
  );
}

function drawLane({ placed, top }: LaneLayout, scale: Scale, slowest: readonly Span[]): string[] {
  const numbered = placed.map((one) => ({ one, number: slowest.indexOf(one.span) + 1 }));
  return [
    ...numbered.map(({ one, number }) => drawSpan(one, top + 4, scale, number)),
    // above all that is beside them
    ...numbered.filter(({ number }) => number > 0).map(({ one, number }) => drawBadge(one, number, top + 4, scale)),
  ];
}

function drawAxis({ from, to, x }: Scale, height: number): string[] {
  return ticks(from, to, 10).map((time) => {
    const at = fixed(x(time));
    const middle = fixed(Math.min(x(time), width - right - 20));
    return (
      `<line class="grid" x1="${at}" x2="${at}" y1="22" y2="${height - laneGap}"/>` +
      `<text class="tick" x="${middle}" y="16">${tickText(time)}</text>`
    );
  });
}

function draw(name: string, lanes: readonly Lane[], scale: Scale, slowest: readonly Span[]): string {
  const { layouts, height } = layOut(lanes);
  return [
    `<div class="drawing"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}">`,
    ...layouts.map(drawBand),
    ...drawAxis(scale, height),
    ...layouts.flatMap((layout) => drawLane(layout, scale, slowest)),
    '</svg></div>',
  ].join('\n');
}

/** A lane that does its work in a small part of the time is drawn again, as wide as the page. */
function closer({ lanes, end }: Trace, slowest: readonly Span[]): string {
  return lanes
    .filter(({ spans }) => spans.length > 1)
    .map((lane) => {
      // one by one: a function takes some ten thousand arguments at most
      const from = lane.spans.reduce((first, { start }) => Math.min(first, start), end);
      const to = lane.spans.reduce((last, { start, duration }) => Math.max(last, start + duration), 0);
      if (to - from > 0.8 * end) return '';
      const name = escapeHtml(lane.name);
      return `<h2>${name}, closer</h2>\n${draw(`${name}, closer`, [lane], scaleOf(from, to), slowest)}`;
    })
    .filter((text) => text !== '')
    .join('\n');
}

/** init waits for the runtime's hooks, and for its own. */
const waits = /^(receive|poll|waitPidfd|request|hook)\b/;

/** The five parts, of which nothing else is a part, that took the longest. Waiting for another lane is told by that lane. */
export function slowestSpans({ lanes }: Trace): Span[] {
  return lanes
    .flatMap(({ spans }) => innermost(spans))
    .filter(({ name, kind }) => kind === 'hook' || (kind !== 'command' && !waits.test(name)))
    .sort((one, other) => other.duration - one.duration)
    .slice(0, 5);
}

/** The smallest phase that it lies in. */
function phaseOf(spans: readonly Span[], { start, duration }: Span): string {
  const around = spans.filter(
    (one) => one.kind === 'phase' && one.start <= start && one.start + one.duration >= start + duration,
  );
  return around.sort((one, other) => one.duration - other.duration)[0]?.name ?? '';
}

/** Where it was, what it was about, and the place in config.json. */
function remarksOn({ lanes }: Trace, span: Span): string[] {
  const lane = lanes.find(({ spans }) => spans.includes(span));
  const value = (name: string) => span.args.find(([key]) => key === name)?.[1] ?? '';
  const phase = lane === undefined || span.kind === 'phase' ? '' : phaseOf(lane.spans, span);
  const all = [
    `${lane?.name ?? ''}${phase === '' ? '' : `, ${phase}`}`,
    value('does') || value('path'),
    value('pointer'),
  ];
  return all.filter((text) => text !== '');
}

function slowestList(trace: Trace, slowest: readonly Span[]): string {
  const items = slowest.map(
    (span, index) =>
      `<li><b>${index + 1}</b><span class="time">${durationText(span.duration)}</span><span class="what">` +
      `${escapeHtml(span.name)} <small>${remarksOn(trace, span).map(escapeHtml).join(' · ')}</small></span></li>`,
  );
  return `<h2>The slowest five</h2>\n<ol>\n${items.join('\n')}\n</ol>`;
}

function legend({ lanes }: Trace): string {
  const used = new Set(lanes.flatMap(({ spans }) => spans.map(kindOf)));
  const items = Object.entries(kinds).filter(([kind]) => used.has(kind));
  return `<ul class="legend">${items.map(([kind, words]) => `<li><span class="${kind}"></span>${words}</li>`).join('')}</ul>`;
}

function table(trace: Trace): string {
  const lines = trace.lanes
    .flatMap(({ name, spans }) => spans.map((span) => ({ lane: name, span })))
    .sort((one, other) => one.span.start - other.span.start)
    .map(({ lane, span }) => {
      const args = span.args.map(([key, value]) => `${key}: ${value}`).join(', ');
      const cells = [durationText(span.start), durationText(span.duration), lane, span.name, args];
      return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
    });
  return [
    `<details><summary>Everything, in its order (${lines.length})</summary>`,
    '<table><thead><tr><th>after</th><th>took</th><th>lane</th><th>what</th><th>with</th></tr></thead><tbody>',
    ...lines,
    '</tbody></table></details>',
  ].join('\n');
}

/** A page of its own: no script, no image, no font, nothing from anywhere, whatever the trace says. */
export function page(trace: Trace): string {
  const slowest = slowestSpans(trace);
  const title = escapeHtml(trace.title === '' ? 'timeline' : trace.title);
  const origin = trace.program === '' ? '' : ` · ${escapeHtml(trace.program)}`;
  return `${[
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${title}</title><style>${style}</style></head><body>`,
    `<h1>${title}</h1>`,
    `<p>${durationText(trace.end)}${origin} · point at a part to see what it is about</p>`,
    draw('timeline', trace.lanes, scaleOf(0, trace.end), slowest),
    legend(trace),
    closer(trace, slowest),
    slowestList(trace, slowest),
    table(trace),
    '</body></html>',
  ].join('\n')}\n`;
}
