// timeline draws a trace. The page is looked at in Chromium: it is drawn, in its colours, by day and by night, within the window.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { makeContainer, must } from './container.ts';
import { bare } from './report.ts';

const skip = missing();
const chromium = '/usr/bin/chromium';
const timeout = 300_000;

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'noci-timeline-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true, maxRetries: 10 }));
  return path;
}

const hostile = `</title></text><script>document.body.style.background='red'</script>"'&`;

const hook = { path: '/bin/true', args: ['true', hostile] };

/** As an engine asks for it: mounts, limits, masks, hooks. */
function ordinary(config: Draft): void {
  config.process.args = ['/bin/true'];
  config.process.capabilities.ambient = [];
  config.hostname = 'host';
  config.hooks = { createRuntime: [hook, hook], createContainer: [hook] };
  for (const name of ['hosts', 'passwd', 'group'])
    config.mounts.push({ destination: `/etc/${name}`, type: 'bind', source: `/etc/${name}`, options: ['rbind', 'ro'] });
  config.mounts.push({
    destination: `/data/${hostile.replaceAll('/', '')}`,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['size=64k'],
  });
}

/** A page of a real run. */
function makePage(t: Test, place: string): string {
  const container = makeContainer(t, ordinary);
  must(container.run('--trace', join(place, 'trace')));
  const page = join(place, 'page.html');
  const outcome = must(container.call(['timeline', join(place, 'trace'), '--output', page]));
  t.equal(outcome.stdout + outcome.stderr, '');
  return page;
}

t.test('a page of its own', { skip, timeout }, async (t) => {
  const place = folder(t);
  const text = readFileSync(makePage(t, place), 'utf8');
  t.match(text, /^<!doctype html>\n/);
  t.ok(text.endsWith('</html>\n'));
  t.notMatch(text, '<script');
  t.notMatch(text, /https?:/);
  t.match(text, /createContainer #0 true/);
  t.match(text, /&lt;script&gt;/, 'what was asked for is told, as text');
  t.match(text, /pointer: \/mounts\/0/);
  t.equal((text.match(/<li><b>/g) ?? []).length, 5, 'the slowest five');
});

t.test('on stdout without --output, and never over a file', { skip, timeout }, async (t) => {
  const place = folder(t);
  const container = makeContainer(t);
  const trace = join(place, 'trace');
  writeFileSync(trace, JSON.stringify([{ ph: 'X', tid: 1, ts: 0.5, dur: 1.25, name: 'x', cat: 'step' }]));
  t.match(must(container.call(['timeline', trace])).stdout, /^<!doctype html>/);
  const link = join(place, 'link');
  symlinkSync(join(place, 'new'), link);
  t.match(container.call(['timeline', '-o', trace, trace]), { status: 1, stderr: /file exists/ });
  t.match(container.call(['timeline', '-o', link, trace]), { status: 1, stderr: /file exists/ });
  t.notOk(existsSync(join(place, 'new')));
});

t.test('what is no trace', { skip, timeout }, async (t) => {
  const place = folder(t);
  const container = makeContainer(t);
  const file = join(place, 'file');
  for (const text of ['', '{', '7', '{"traceEvents":[]}', '\u0000', '{"traceEvents":[{"ph":"X"}]}']) {
    writeFileSync(file, text);
    t.match(
      container.call(['timeline', file]),
      { status: 1, stdout: '', stderr: /no JSON|no trace/ },
      JSON.stringify(text),
    );
  }
  t.match(container.call(['timeline', join(place, 'none')]), { status: 1, stderr: /no such file or directory/ });
  t.match(container.call(['timeline', place]), { status: 1, stderr: /is a directory/ });
  t.match(container.call(['timeline']), { status: 1, stderr: /requires exactly 1 argument/ });
});

/** A decoded screenshot. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly colour: (x: number, y: number) => string;
}

/** PNG of 8 bits a channel without interlacing, which is what Chromium writes. RFC 2083 */
function decode(bytes: Buffer): Picture {
  const [width, height, channels] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[25] === 6 ? 4 : 3];
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const pixels = Buffer.alloc(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const left = i < channels ? 0 : (pixels[y * stride + i - channels] as number);
      const up = y === 0 ? 0 : (pixels[(y - 1) * stride + i] as number);
      const corner = i < channels || y === 0 ? 0 : (pixels[(y - 1) * stride + i - channels] as number);
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter as number] as number;
      pixels[y * stride + i] = (raw[y * (stride + 1) + 1 + i] as number) + predicted;
    }
  }
  return {
    width,
    height,
    colour: (x, y) => `#${pixels.toString('hex', y * stride + x * channels, y * stride + x * channels + 3)}`,
  };
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function look(page: string, place: string, width: number, dark: boolean): Picture {
  const file = join(place, `${width}-${dark}.png`);
  const options = [
    '--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars --no-first-run --disable-extensions',
    '--disable-background-networking --disable-component-update --disable-sync --force-color-profile=srgb',
    `--user-data-dir=${join(place, 'profile')} --window-size=${width},1000 --screenshot=${file}`,
    dark ? '--blink-settings=preferredColorScheme=0' : '--blink-settings=preferredColorScheme=1',
  ]
    .join(' ')
    .split(' ');
  execFileSync(
    '/usr/bin/env',
    [...bare({ HOME: place, PATH: '/usr/bin:/bin' }), chromium, ...options, `file://${page}`],
    {
      stdio: 'ignore',
      timeout,
    },
  );
  return decode(readFileSync(file));
}

/** Colour → how many pixels, and the first line that has a run of it. */
function colours(picture: Picture): Map<string, { count: number; top: number }> {
  const found = new Map<string, { count: number; top: number }>();
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      const colour = picture.colour(x, y);
      const one = found.get(colour) ?? { count: 0, top: y };
      found.set(colour, one);
      one.count++;
    }
  }
  return found;
}

/** src/timeline/style.ts */
const light = {
  page: '#ffffff',
  band: '#f4f6f8',
  command: '#8c96a3',
  phase: '#5b8def',
  step: '#2f9e6e',
  hook: '#e08a2c',
};
const dark = {
  page: '#14181d',
  band: '#1a2027',
  command: '#5d6875',
  phase: '#3a6bc9',
  step: '#237a54',
  hook: '#ab6414',
};

function inspect(t: Test, picture: Picture, expected: typeof light): void {
  const seen = colours(picture);
  for (const [name, colour] of Object.entries(expected))
    t.ok((seen.get(colour)?.count ?? 0) > 100, `${name} is ${colour}`);
  const tops = [expected.command, expected.phase, expected.step, expected.hook].map(
    (colour) => seen.get(colour)?.top ?? 0,
  );
  t.strictSame(
    [...tops].sort((one, other) => one - other),
    tops,
    'the lanes stand one below the other',
  );
  t.ok((seen.size ?? 0) > 50, 'there are letters');
  t.ok((seen.get(expected.page)?.count ?? 0) < picture.width * picture.height * 0.95, 'it is not blank');
  const margins = [0, 8, 15, picture.width - 15, picture.width - 8, picture.width - 1];
  const beyond = margins.filter((x) =>
    Array.from({ length: picture.height }, (_, y) => picture.colour(x, y)).some((colour) => colour !== expected.page),
  );
  t.strictSame(beyond, [], 'nothing stands in the margins or is cut off by them');
}

t.test(
  'in a browser',
  {
    skip: skip || (existsSync(chromium) ? false : 'Debian package chromium is missing (build/set-up.sh browser)'),
    timeout,
  },
  async (t) => {
    const place = folder(t);
    const page = makePage(t, place);
    inspect(t, look(page, place, 1440, false), light);
    inspect(t, look(page, place, 1440, true), dark);
    const narrow = look(page, place, 640, false);
    t.equal(narrow.width, 640);
    inspect(t, narrow, light);
  },
);
