import t from 'tap';
import { draw, groupsOf } from '../../../bench/chart.ts';
import { figureOf } from '../../../bench/figures.ts';

/** What is wrong with the nesting of tags, undefined when nothing is. */
function problemOf(xml: string): string | undefined {
  const open: string[] = [];
  const rest = xml.replace(/<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, (_, closing, name, __, empty) => {
    if (closing === '' && empty === '') open.push(name);
    if (closing !== '' && open.pop() !== name) open.push(`</${name}> without a beginning`);
    return '';
  });
  if (open.length > 0) return `not closed: ${open.join(' ')}`;
  return /<|>|&(?!amp;|lt;|gt;|quot;)/.exec(rest) ? `stray characters: ${rest}` : undefined;
}

const names = ['noci', 'crun', 'a<b', 'floor'];
const legend = new Map(names.map((name) => [name, `${name} 1.0 & more`]));
const shown = groupsOf(
  [
    figureOf('run b1 cold', 'noci', 'ms', [5]),
    figureOf('run b1 cold', 'crun', 'ms', [20]),
    { ...figureOf('run b1 cold', 'a<b', 'ms', [1]), error: 'no' },
    figureOf('run b1 cold', 'floor', 'ms', [2.5]),
    figureOf('create', 'noci', 'ms', [4]),
  ],
  names,
);

t.test('groups are what was measured', async (t) => {
  t.strictSame(
    shown.map(({ label, bars }) => [label, bars.length]),
    [
      ['run', 4],
      ['create', 1],
    ],
  );
  t.strictSame(shown[0]?.bars[2], { runtime: 'a<b', value: undefined });
});

t.test('the picture is well-formed, without scripts, told in words', async (t) => {
  const svg = draw(shown, legend, 'a machine & more');
  t.equal(problemOf(svg), undefined);
  t.ok(problemOf(svg.replace('</svg>', '')), 'the check itself notices');
  t.ok(problemOf(svg.replace('&amp;', '&')), 'the check itself notices');
  t.notMatch(svg, /<script|href|url\(/);
  t.match(svg, /prefers-color-scheme: dark/);
  t.match(
    svg,
    /<desc id="desc">.*run: noci 5\.00 ms, crun 20\.0 ms, a&lt;b fails, floor 2\.50 ms\. create: noci 4\.00 ms\.<\/desc>/,
  );
});

t.test('bars are as long as their share of the longest', async (t) => {
  const svg = draw(shown, legend, '');
  const width = (kind: string) =>
    Number(new RegExp(`width="([\\d.]+)" height="15" rx="2" class="${kind}"`).exec(svg)?.[1]);
  t.equal(width('own') * 4, width('peer-0'));
  t.equal(width('floor') * 8, width('peer-0'));
  t.match(svg, />4\.0×</, 'how many times noci’s');
});
