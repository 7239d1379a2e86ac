// Bytes of the kernel and strings of JavaScript: nothing is lost on the way there and back.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { addon, native, thrown } from './host.ts';

const here = -100;
const folder = mkdtempSync(join(tmpdir(), 'noci-text-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** Bytes in hexadecimal and the string they are. */
const pairs: readonly (readonly [string, string])[] = [
  ['', ''],
  ['41', 'A'],
  ['00', '\u0000'],
  ['7f', '\u007f'],
  ['c280', '\u0080'],
  ['c3a9', 'é'],
  ['dfbf', '\u07ff'],
  ['e0a080', '\u0800'],
  ['e282ac', '€'],
  ['ed9fbf', '\ud7ff'],
  ['ee8080', '\ue000'],
  ['efbfbd', '\ufffd'],
  ['efbfbf', '\uffff'],
  ['f0908080', '\u{10000}'],
  ['f09f9880', '😀'],
  ['f48fbfbf', '\u{10ffff}'],
  // from here on it is no UTF-8
  ['80', '\udc80'],
  ['bf', '\udcbf'],
  ['ff', '\udcff'],
  ['fe', '\udcfe'],
  ['c0', '\udcc0'],
  ['c080', '\udcc0\udc80'],
  ['c1bf', '\udcc1\udcbf'],
  ['c3', '\udcc3'],
  ['c341', '\udcc3A'],
  ['e08080', '\udce0\udc80\udc80'],
  ['e09fbf', '\udce0\udc9f\udcbf'],
  ['e282', '\udce2\udc82'],
  ['e28241', '\udce2\udc82A'],
  ['eda080', '\udced\udca0\udc80'],
  ['edbfbf', '\udced\udcbf\udcbf'],
  ['f0808080', '\udcf0\udc80\udc80\udc80'],
  ['f08fbfbf', '\udcf0\udc8f\udcbf\udcbf'],
  ['f4908080', '\udcf4\udc90\udc80\udc80'],
  ['f5808080', '\udcf5\udc80\udc80\udc80'],
  ['f09f98', '\udcf0\udc9f\udc98'],
  ['2fff41', '/\udcffA'],
  ['c3a9ffc3a9', 'é\udcffé'],
  ['f09f9880ff', '😀\udcff'],
  ['efbfbdff', '\ufffd\udcff'],
  ['4141414141414141ff', 'AAAAAAAA\udcff'],
];

t.test('from bytes and back', async (t) => {
  const path = join(folder, 'bytes');
  for (const [hex, text] of pairs) {
    writeFileSync(path, Buffer.from(hex, 'hex'));
    t.equal(native.readText(here, path, 100), text, `${hex} read`);
    const fd = native.open(here, path, 0o1001, 0);
    native.write(fd, text);
    native.close(fd);
    t.equal(readFileSync(path, 'hex'), hex, `${hex} written`);
  }
});

t.test('every single byte and every pair of bytes survives', async (t) => {
  const path = join(folder, 'all');
  const all = Buffer.alloc(3 * 65536);
  for (let pair = 0; pair < 65536; pair++) all.writeUIntBE(pair * 256 + 0x41, pair * 3, 3);
  writeFileSync(path, all);
  const text = native.readText(here, path, all.length);
  const fd = native.open(here, path, 0o1001, 0);
  native.write(fd, text);
  native.close(fd);
  t.ok(readFileSync(path).equals(all));
});

t.test('file names', async (t) => {
  const name = 'a\udcff\udc80é';
  native.mkdir(here, `${folder}/${name}`, 0o700);
  const listing = execFileSync('ls', [folder], { env: { LC_ALL: 'C', PATH: process.env.PATH } });
  t.ok(listing.includes(Buffer.from('61ff80c3a9', 'hex')));
  const fd = native.open(here, folder, 0o200000, 0);
  t.ok(native.readdir(fd).some((entry) => entry.name === name && entry.type === 4));
  native.close(fd);
  t.ok(native.stat(here, `${folder}/${name}`, 0));
  t.same(thrown(() => native.mkdir(here, `${folder}/${name}`, 0o700))?.path, `${folder}/${name}`);
  native.unlink(here, `${folder}/${name}`, 0x200);
});

t.test('text without bytes is refused', async (t) => {
  for (const text of ['\ud800', 'a\udbffb', '\udc00', '\udc7f', '\udd00', '\udfff', '\udc80\ud800']) {
    t.match(
      thrown(() => native.stat(here, text, 0)),
      { code: 'EINVAL', errno: 22, syscall: 'stat' },
      encodeURI(JSON.stringify(text)),
    );
    t.match(
      thrown(() => native.write(1, text)),
      { code: 'EINVAL' },
      encodeURI(JSON.stringify(text)),
    );
  }
});

t.test('a path never holds nul', async (t) => {
  for (const text of ['\u0000', '/proc\u0000/x', 'a\u0000']) {
    const problem = thrown(() => native.stat(here, text, 0));
    t.match(problem, { code: 'EINVAL', message: 'invalid argument: path must be text without nul' });
  }
});

t.test('arguments and environment arrive as the bytes they are', async (t) => {
  const script = `
    const native = require(process.argv[1]);
    const codes = (text) => Array.from(text, (unit) => unit.codePointAt(0).toString(16));
    const value = native.getenv('NOCI_BYTES');
    const entry = native.environ().find((entry) => entry.startsWith('NOCI_BYTES='));
    native.write(1, JSON.stringify([codes(native.args().at(-1)), codes(value), codes(entry.slice(11))]));
    native.exit(0);
  `;
  const command = `NOCI_BYTES=$(printf 'x\\377') exec "$0" -e "$1" "$2" "$(printf 'a\\303\\251\\200')"`;
  const output = execFileSync('sh', ['-c', command, process.execPath, script, addon], { encoding: 'utf8' });
  t.same(JSON.parse(output), [
    ['61', 'e9', 'dc80'],
    ['78', 'dcff'],
    ['78', 'dcff'],
  ]);
  t.equal(native.getenv('NOCI_NO_SUCH_VARIABLE'), undefined);
});
