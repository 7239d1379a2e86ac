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
const letter = 6.1;

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

interface Scale {
  readonly x: (time: number) => number;
}

const fixed = (value: number): string => String(Math.round(value * 100) / 100);

/** What is known of a span, a line each. */
function facts({ name, duration, start, args }: Span): string[] {
  return [
    `${name}: ${durationText(duration)}, after ${durationText(start)}`,
    ...args.map(([key, value]) => `${key}: ${value}`),
  ];
}

/** As much of the name as there is room for. */
function label({ name }: Span, x: number, space: number, y: number): string {
  const room = Math.floor((space - 8) / letter);
  if (room < 3) return '';
  const shown = name.length <= room ? name : `${name.slice(0, room - 1)}…`;
  return `<text class="label" x="${fixed(x + 4)}" y="${fixed(y + 14.5)}">${escapeHtml(shown)}</text>`;
}

function drawSpan({ span, row }: Placed, top: number, { x }: Scale): string {
  const from = x(span.start);
  const space = Math.max(x(span.start + span.duration) - from, 0.75);
  const y = top + row * rowHeight;
  const title = facts(span).map(escapeHtml).join('\n');
  return (
    `<g class="span"><title>${title}</title>` +
    `<rect class="span ${kindOf(span)}" x="${fixed(from)}" y="${fixed(y + 1)}" width="${fixed(space)}" height="${rowHeight - 2}" rx="2"/>` +
    `${label(span, from, space, y)}</g>`
  );
}

/** A number on each of the slowest, above what it is about. */
function drawBadge({ span, row }: Placed, number: number, top: number, { x }: Scale): string {
  const middle = Math.min(Math.max(x(span.start + span.duration / 2), left + 9), width - right - 9);
  const y = top + row * rowHeight + rowHeight / 2;
  return (
    `<circle class="badge" cx="${fixed(middle)}" cy="${fixed(y)}" r="8"/>` +
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

function drawLane({ lane, placed, top, height }: LaneLayout, scale: Scale, slowest: readonly Span[]): string {
  const badges = placed.flatMap((one) => {
    const number = slowest.indexOf(one.span) + 1;
    return number === 0 ? [] : [drawBadge(one, number, top + 4, scale)];
  });
  return [
    `<rect class="band" x="0" y="${top}" width="${width}" height="${height}" rx="4"/>`,
    `<text class="lane" x="10" y="${top + 20}">${escapeHtml(lane.name.slice(0, 10))}</text>`,
    ...placed.map((one) => drawSpan(one, top + 4, scale)),
    ...badges,
  ].join('\n');
}

function drawAxis(end: number, height: number, { x }: Scale): string {
  return ticks(end, 10)
    .map((time) => {
      const at = fixed(x(time));
      const text = `<text class="tick" x="${fixed(Math.min(x(time), width - right - 20))}" y="16">${tickText(time)}</text>`;
      return `<line class="grid" x1="${at}" x2="${at}" y1="22" y2="${height - laneGap}"/>${text}`;
    })
    .join('\n');
}

function draw({ lanes, end }: Trace, slowest: readonly Span[]): string {
  const { layouts, height } = layOut(lanes);
  const scale = { x: (time: number) => left + (end === 0 ? 0 : (time / end) * (width - left - right)) };
  // bands first: the grid is seen through the gaps of all lanes
  const bands = layouts.map((layout) => drawLane(layout, scale, slowest));
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="timeline">`,
    drawAxis(end, height, scale),
    ...bands,
    '</svg>',
  ].join('\n');
}

const waits = /^(receive|poll|waitPidfd)\b/;

/** The five parts, of which nothing else is a part, that took the longest. Waiting for another lane is told by that lane. */
export function slowestSpans({ lanes }: Trace): Span[] {
  return lanes
    .flatMap(({ spans }) => innermost(spans))
    .filter(({ name, kind }) => !waits.test(name) && kind !== 'command')
    .sort((one, other) => other.duration - one.duration)
    .slice(0, 5);
}

function laneOf({ lanes }: Trace, span: Span): string {
  return lanes.find(({ spans }) => spans.includes(span))?.name ?? '';
}

function remarkOf({ args }: Span): string {
  const value = (name: string) => args.find(([key]) => key === name)?.[1] ?? '';
  return [value('does') || value('path'), value('pointer')].filter((text) => text !== '').join('  ');
}

function slowestList(trace: Trace, slowest: readonly Span[]): string {
  const items = slowest.map((span, index) => {
    const remark = escapeHtml(remarkOf(span));
    return (
      `<li><b>${index + 1}</b><span class="time">${durationText(span.duration)}</span>` +
      `<span class="what">${escapeHtml(span.name)} <small>${escapeHtml(laneOf(trace, span))}${remark === '' ? '' : ` · ${remark}`}</small></span></li>`
    );
  });
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
    draw(trace, slowest),
    legend(trace),
    slowestList(trace, slowest),
    table(trace),
    '</body></html>',
  ].join('\n')}\n`;
}
