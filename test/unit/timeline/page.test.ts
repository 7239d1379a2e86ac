// The page of a trace: what is drawn where, and that nothing in a trace can become a part of the page.
import t from 'tap';
import { durationText, ticks, tickText } from '../../../src/timeline/duration.ts';
import { escapeHtml } from '../../../src/timeline/escape.ts';
import { page, slowestSpans } from '../../../src/timeline/page.ts';
import { innermost, rows } from '../../../src/timeline/rows.ts';
import { style } from '../../../src/timeline/style.ts';
import { readTrace, type Span, type Trace } from '../../../src/timeline/trace.ts';

function span(name: string, start: number, duration: number, more: Partial<Span> = {}): Span {
  return { name, kind: 'call', start, duration, args: [], ...more };
}

t.test('what lies in something else goes below it', async (t) => {
  const whole = span('whole', 0, 100);
  const parts = [span('a', 0, 40), span('b', 40, 60)];
  const inner = span('c', 50, 10);
  const placed = rows([inner, ...parts, whole]);
  t.strictSame(
    placed.map(({ span: { name }, row }) => [name, row]),
    [
      ['whole', 0],
      ['a', 1],
      ['b', 1],
      ['c', 2],
    ],
  );
  t.strictSame(
    innermost([inner, ...parts, whole]).map(({ name }) => name),
    ['a', 'c'],
  );
  t.strictSame(innermost([]), []);
});

t.test('times', async (t) => {
  t.strictSame([0.0004, 0.8124, 14.21, 3052, 250_000, 1_204_000].map(durationText), [
    '0 ns',
    '812 ns',
    '14.2 µs',
    '3.05 ms',
    '250 ms',
    '1.20 s',
  ]);
  t.strictSame(ticks(0, 10_000, 5), [0, 2000, 4000, 6000, 8000, 10_000]);
  t.strictSame(ticks(1300, 1900, 5), [1400, 1600, 1800]);
  t.strictSame(ticks(7, 7, 5), [7]);
  t.strictSame([0, 200, 1500, 2_000_000].map(tickText), ['0', '200 µs', '1.5 ms', '2 s']);
});

t.test('text', async (t) => {
  t.equal(escapeHtml(`</script><b a="x" c='y'>&`), '&lt;/script&gt;&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;');
  t.equal(escapeHtml('a\u0000\u001b[2J\u202eb\ud800c\udc80'), 'a\\u0000\\u001b[2J\\u202eb\\ud800c\\udc80');
  t.equal(escapeHtml('µ ž 😀'), 'µ ž 😀', 'other letters stay');
});

t.test('what is no trace', async (t) => {
  for (const value of [undefined, null, 7, 'x', {}, [], { traceEvents: 7 }, { traceEvents: [] }, [7], [{ ph: 'M' }]])
    t.equal(readTrace(value), undefined, JSON.stringify(value));
  const broken = [
    { ph: 'X', tid: 1, name: 'a', ts: -1, dur: 1 },
    { ph: 'X', tid: 1, name: 'b', ts: 1, dur: Number.NaN },
    { ph: 'X', tid: 1, name: 'c', ts: '1', dur: 1 },
    { ph: 'X', tid: 1, name: 'd', ts: 1e300, dur: 1 },
    { ph: 'X', tid: 1, name: 'e', ts: 1, dur: 1, args: 'no' },
  ];
  t.match(readTrace(broken)?.lanes, [{ name: 'thread 1', spans: [{ name: 'e', args: [] }] }], 'only what can be drawn');
});

const hostile = `</title></text><script>alert(1)</script><img src=x onerror=alert(1)>"'\u202e`;

const trace: Trace = {
  title: hostile,
  program: hostile,
  end: 1000,
  lanes: [
    {
      name: hostile,
      spans: [
        span('run', 0, 1000, { kind: 'command' }),
        span('receive ready', 0, 900),
        span(hostile, 900, 90, { kind: hostile, args: [[hostile, hostile]] }),
        span('tiny', 995, 0.01),
      ],
    },
    { name: 'hooks', spans: [span('createRuntime #0 x', 100, 50, { kind: 'hook' })] },
  ],
};

t.test('whatever a trace says, the page has its own elements only', async (t) => {
  const text = page(trace);
  const known = new Set(
    'html head meta title style body h1 h2 p div svg line text rect circle g ul li span ol b small details summary table thead tbody tr th td'.split(
      ' ',
    ),
  );
  const tags = [...text.matchAll(/<\/?([a-zA-Z][^\s>/]*)/g)].map(([, name = '']) => name);
  t.strictSame(
    [...new Set(tags)].filter((name) => !known.has(name)),
    [],
  );
  t.notMatch(text, /<script|onerror=alert\(1\)>|\u202e/);
  t.match(text, "default-src 'none'");
  t.notMatch(text, /https?:|url\(|@import|src=(?!x )/, 'nothing from anywhere');
  for (const [, attributes = ''] of text.matchAll(/<rect([^>]*)>/g)) t.match(attributes, /^( [a-z]+="[\w .#-]*")+\/?$/);
});

t.test('nothing is drawn outside of the drawing', async (t) => {
  for (const [, x = '', width = ''] of page(trace).matchAll(/<rect [^>]*x="([^"]*)"[^>]* width="([^"]*)"/g)) {
    t.ok(Number(x) >= 0 && Number(x) + Number(width) <= 1400.1, `${x} ${width}`);
  }
});

t.test('the slowest: no waiting, and not the whole', async (t) => {
  t.strictSame(
    slowestSpans(trace).map(({ name }) => name),
    [hostile, 'createRuntime #0 x', 'tiny'],
  );
  t.match(page(trace), /<h2>The slowest five<\/h2>/);
});

/** WCAG 2.2, relative luminance */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

t.test('letters can be read and bars be seen, by day and by night', async (t) => {
  const sets = style
    .split('@media')
    .map((part) => new Map([...part.matchAll(/--(\w+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour])));
  t.equal(sets.length, 2);
  for (const set of sets) {
    const colour = (name: string) => set.get(name) ?? '#000000';
    const kinds = ['command', 'phase', 'call', 'message', 'step', 'hook'];
    for (const kind of kinds) {
      t.ok(contrast(colour('on'), colour(kind)) >= 4.5, `letters on ${kind}, ${colour(kind)}`);
      t.ok(contrast(colour('band'), colour(kind)) >= 2, `${kind}, ${colour(kind)}, on its band`);
    }
    t.ok(contrast(colour('soft'), colour('page')) >= 4.5, 'remarks');
    t.ok(contrast(colour('mark'), colour('page')) >= 4.5, 'numbers');
  }
});
