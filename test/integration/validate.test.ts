// noci validate as it is called: its places, its exit status, and that its JSON is what schemas/noci/validate.json says.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t, { type Test } from 'tap';
import { exampleConfig } from '../../src/oci/example.ts';
import { type Draft, noci } from './bundle.ts';
import { call, type Outcome } from './report.ts';

const skip = existsSync(noci) ? false : `${noci} is not built`;
const isPublished = new Ajv().compile(
  JSON.parse(readFileSync(new URL('../../schemas/noci/validate.json', import.meta.url), 'utf8')),
);

function validate(t: Test, text: string | Uint8Array | undefined, ...options: string[]): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'noci-validate-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  if (text !== undefined) writeFileSync(join(folder, 'config.json'), text);
  return call(noci, join(folder, 'root'), ['validate', '--bundle', folder, ...options]);
}

const example: Draft = exampleConfig({ rootless: false, euid: 0, egid: 0, unifiedCgroup: false });

t.test('a config with warnings only', { skip }, async (t) => {
  const text = JSON.stringify(example, null, 2);
  const { status, stdout, stderr } = validate(t, text);
  t.strictSame([status, stderr], [0, '']);
  t.match(stdout, /config\.json:\d+:\d+: warning: no seccomp: /);
  const { stdout: json } = validate(t, text, '--json');
  t.ok(isPublished(JSON.parse(json)), JSON.stringify(isPublished.errors));
  t.match(JSON.parse(json), { valid: true, errors: 0, warnings: 1 });
});

t.test('several errors at once', { skip }, async (t) => {
  const text = JSON.stringify(
    { ...example, hostname: 7, root: {}, process: { ...example.process, cwd: 'tmp' } },
    null,
    2,
  );
  const { status, stdout } = validate(t, text, '--json');
  const verdict = JSON.parse(stdout);
  t.ok(isPublished(verdict), JSON.stringify(isPublished.errors));
  t.equal(status, 1);
  const lines = text.split('\n');
  for (const { severity, pointer, line, column, found } of verdict.remarks)
    if (severity === 'error' && found !== '' && !found.startsWith('{'))
      t.equal(lines[line - 1]?.slice(column - 1).startsWith(found), true, `${pointer} is at ${line}:${column}`);
  t.strictSame(
    verdict.remarks.flatMap(({ severity, pointer }: Draft) => (severity === 'error' ? [pointer] : [])).sort(),
    ['/hostname', '/process/cwd', '/root/path'],
  );
});

/** No JSON: the text, the place in characters, and what to do. */
const broken: readonly (readonly [name: string, text: string | Uint8Array, place: string, words: RegExp])[] = [
  ['a comma too much', '{\n  "é": 1,\n  "ü": 2, }', '3:11', /a key is missing; remove the comma before it/],
  ['a comma too little', '{\n  "é": "x" "b": 2\n}', '2:12', /write a comma before it/],
  ['a key twice', '{\n "é": 1, "a": {},\n "a": {}\n}', '3:2', /duplicate key "a"/],
  ['a key twice behind others', '{ "é𝄞": 1, "a": 1, "a": 2 }', '1:20', /duplicate key "a"/],
  ['a comment', '{\n  // x\n}', '2:3', /JSON has no comments/],
  ['single quotes', "{'a': 1}", '1:2', /double quotes/],
  ['NUL', '{"é": "\\u0000"}', '1:7', /nul/],
  ['a NUL byte', '{"é": 1}\u0000', '1:9', /more text/],
  ['too deep', `{"é": ${'['.repeat(100)}`, '1:70', /nested more than 64 deep/],
  [
    'bytes that are no UTF-8',
    Buffer.concat([Buffer.from('{"é": "'), Buffer.from([0xff]), Buffer.from('"}')]),
    '1:8',
    /UTF-8/,
  ],
  ['cut off', '{"a": 1', '1:8', /ends too early/],
  ['an octal number', '{"a": 0644}', '1:8', /decimal/],
  ['nothing', '', '1:1', /the document is empty/],
];

t.test('what is no JSON, at its place', { skip }, async (t) => {
  for (const [name, text, place, words] of broken) {
    await t.test(name, async (t) => {
      const { status, stdout } = validate(t, text);
      t.equal(status, 1);
      t.match(stdout, `config.json:${place}: error: `, stdout);
      t.match(stdout, words);
      const verdict = JSON.parse(validate(t, text, '--json').stdout);
      t.ok(isPublished(verdict), JSON.stringify(isPublished.errors));
      t.match(verdict, { valid: false, errors: 1, remarks: [{ rule: 'json' }] });
    });
  }
});

t.test('a bundle or its config.json, with or without --bundle', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'noci-validate-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(example, null, 2));
  writeFileSync(join(folder, 'other'), '{');
  const { status, stdout } = call(noci, folder, ['validate', '--bundle', folder]);
  t.equal(status, 0);
  t.ok(stdout.startsWith(`${file}:`), stdout);
  for (const words of [[folder], [`${folder}/`], [file], ['--bundle', file]])
    t.equal(call(noci, folder, ['validate', ...words]).stdout, stdout, words.join(' '));
  t.match(call(noci, folder, ['validate', join(folder, 'other')]), { status: 1, stdout: /other:1:2: error: / });
});

t.test('nothing to read is neither yes nor no', { skip }, async (t) => {
  const gone = validate(t, undefined);
  t.equal(gone.status, 2);
  t.match(gone.stderr, /there is no .*config\.json: name a bundle, or its config\.json/);
  const folder = mkdtempSync(join(tmpdir(), 'noci-validate-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'config.json'));
  t.equal(call(noci, folder, ['validate', '--bundle', folder]).status, 2, 'a directory');
  const two = call(noci, folder, ['validate', '--bundle', folder, folder]);
  t.equal(two.status, 2, 'which of the two');
  t.match(two.stderr, /two bundles, .*: one is wanted/);
  t.equal(call(noci, folder, ['validate', '--nonsense']).status, 2, 'an option that does not exist');
});

t.test('hostile names are written out', { skip }, async (t) => {
  const { stdout } = validate(t, JSON.stringify({ ...example, 'a\u202e\u001b[2J': 1 }));
  t.notOk(stdout.includes('\u001b') || stdout.includes('\u202e'), stdout);
  t.match(stdout, /unknown and ignored/);
});
