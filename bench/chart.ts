// The figures as one picture: SVG without scripts, readable in light and dark, told in words in its description.
import type { Figure } from './figures.ts';
import { format } from './table.ts';
import { find } from './targets.ts';

export interface Bar {
  readonly runtime: string;
  /** ms; undefined when the runtime failed */
  readonly value: number | undefined;
}

export interface Group {
  readonly label: string;
  readonly caption: string;
  readonly bars: readonly Bar[];
}

const groups = [
  { figure: 'run b1 cold', label: 'run', caption: 'true, after 15 ms of idleness' },
  { figure: 'create', label: 'create', caption: 'until init waits' },
  { figure: 'start', label: 'start', caption: '' },
  { figure: 'state', label: 'state', caption: '' },
  { figure: 'kill', label: 'kill', caption: '' },
  { figure: 'delete', label: 'delete', caption: '' },
  { figure: 'many', label: '50 × run', caption: '8 at a time' },
];

/** Groups of which something was measured; bars in the order of `names`. */
export function groupsOf(figures: readonly Figure[], names: readonly string[]): Group[] {
  return groups
    .map(({ figure, label, caption }) => ({
      label,
      caption,
      bars: names.flatMap((runtime) => {
        const found = find(figures, figure, runtime);
        return found === undefined ? [] : [{ runtime, value: found.error === undefined ? found.median : undefined }];
      }),
    }))
    .filter(({ bars }) => bars.length > 0);
}

const width = 880;
const margin = 36;
const labels = 190;
const bars = { left: margin + labels, longest: 480, height: 15, pitch: 20 };
const top = 128;
const groupGap = 20;
const foot = 44;

const style = `
  .card { fill: #ffffff; stroke: #d1d9e0 }
  text { font-family: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-size: 13px; fill: #1f2328 }
  .title { font-size: 20px; font-weight: 600 }
  .label { font-size: 15px; font-weight: 600 }
  .value { font-variant-numeric: tabular-nums }
  .muted { fill: #59636e }
  .small { font-size: 12px }
  .rule { stroke: #d1d9e0 }
  .own { fill: #0a7d6c }
  .peer-0 { fill: #8d96a0 }
  .peer-1 { fill: #bcc4cc }
  .peer-2 { fill: #a795c9 }
  .peer-3 { fill: #c9b48a }
  .floor { fill: #0a7d6c; fill-opacity: .12; stroke: #0a7d6c; stroke-dasharray: 3 2 }
  text.own { fill: #0a7d6c; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #30363d }
    text { fill: #e6edf3 }
    .muted { fill: #9198a1 }
    .rule { stroke: #30363d }
    .own { fill: #2bbfa4 }
    .peer-0 { fill: #768390 }
    .peer-1 { fill: #454c56 }
    .peer-2 { fill: #6e5b97 }
    .peer-3 { fill: #85724b }
    .floor { fill: #2bbfa4; stroke: #2bbfa4 }
    text.own { fill: #2bbfa4 }
  }`;

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);
}

function text(x: number, y: number, kind: string, content: string, anchor = 'start'): string {
  return `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function kindOf(runtime: string, peers: readonly string[]): string {
  if (runtime === 'noci') return 'own';
  return runtime === 'floor' ? 'floor' : `peer-${peers.indexOf(runtime) % 4}`;
}

function heightOf(group: Group): number {
  return Math.max(group.bars.length, 2) * bars.pitch;
}

function drawBar(bar: Bar, y: number, group: Group, peers: readonly string[]): string[] {
  const kind = kindOf(bar.runtime, peers);
  const baseline = y + bars.height - 3;
  if (bar.value === undefined) return [text(bars.left + 6, baseline, 'muted small', `${bar.runtime} fails`)];
  const longest = Math.max(...group.bars.map(({ value }) => value ?? 0));
  const length = Math.max(1, Math.round((bar.value / longest) * bars.longest * 10) / 10);
  const own = group.bars.find(({ runtime }) => runtime === 'noci')?.value;
  const times =
    own === undefined || bar.runtime === 'noci' || bar.runtime === 'floor' ? '' : `${(bar.value / own).toFixed(1)}×`;
  const right = bars.left + length;
  return [
    `<rect x="${bars.left}" y="${y}" width="${length}" height="${bars.height}" rx="2" class="${kind}"/>`,
    text(right + 8, baseline, bar.runtime === 'noci' ? 'value own' : 'value', `${format(bar.value, 'ms')} ms`),
    ...(times === '' ? [] : [text(width - margin, baseline, 'value muted', times, 'end')]),
  ];
}

function drawGroup(group: Group, y: number, peers: readonly string[]): string[] {
  return [
    text(margin, y + 13, 'label', group.label),
    ...(group.caption === '' ? [] : [text(margin, y + 31, 'muted small', group.caption)]),
    ...group.bars.flatMap((bar, index) => drawBar(bar, y + index * bars.pitch, group, peers)),
  ];
}

/** `names` and what each is called in the legend, from left to right. */
function drawLegend(legend: ReadonlyMap<string, string>, peers: readonly string[]): string[] {
  let x = margin;
  return [...legend].flatMap(([runtime, called]) => {
    const left = x;
    x += 36 + called.length * 7;
    return [
      `<rect x="${left + 0.5}" y="82.5" width="13" height="13" rx="2" class="${kindOf(runtime, peers)}"/>`,
      text(left + 20, 94, runtime === 'noci' ? 'own' : '', called),
    ];
  });
}

function describe(shown: readonly Group[]): string {
  const told = shown.map(({ label, bars: list }) => {
    const values = list.map(
      ({ runtime, value }) => `${runtime} ${value === undefined ? 'fails' : `${format(value, 'ms')} ms`}`,
    );
    return `${label}: ${values.join(', ')}`;
  });
  return `${told.join('. ')}.`;
}

/** The picture. `legend`: runtime → what it is called; `note`: one line at its foot. */
export function draw(shown: readonly Group[], legend: ReadonlyMap<string, string>, note: string): string {
  const peers = [...legend.keys()].filter((name) => name !== 'noci' && name !== 'floor');
  let y = top;
  const body = shown.flatMap((group) => {
    const lines = drawGroup(group, y, peers);
    y += heightOf(group) + groupGap;
    return lines;
  });
  const height = y + foot;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">`,
    '<title id="title">Time that noci and other runtimes take for a call</title>',
    `<desc id="desc">${escaped(`Median milliseconds, shorter is better. ${describe(shown)}`)}</desc>`,
    `<style>${style}\n</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" class="card"/>`,
    text(margin, 42, 'title', 'How long a call takes'),
    text(margin, 64, 'muted', 'median milliseconds, shorter is better; each group has a scale of its own'),
    text(width - margin, 64, 'muted', '× noci', 'end'),
    ...drawLegend(legend, peers),
    `<line x1="${margin}" x2="${width - margin}" y1="${top - 16}" y2="${top - 16}" class="rule"/>`,
    ...body,
    text(margin, height - 20, 'muted small', note),
    '</svg>',
  ].join('\n')}\n`;
}
