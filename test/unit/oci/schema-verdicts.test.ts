// The same verdict as the official JSON Schemas on every mutation of the documents in test/data/schema-vectors.
// test/data/make-verdicts.mjs has judged them, so this runs where the official schemas are not there.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { checkConfig, checkFeatures, checkState, type Problem } from '../../../src/oci/schema.ts';
import { type Json, type Mutation, mutations } from '../../data/schema-vectors/mutations.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

interface Verdicts {
  readonly words: readonly string[];
  readonly mutations: Readonly<Record<string, { count: number; valid: number; hash: string; bits: string }>>;
}

const data = join(here, '../../data');
const verdicts: Verdicts = JSON.parse(readFileSync(join(data, 'verdicts.json'), 'utf8'));

const checks: Readonly<Record<string, (value: unknown) => Problem[]>> = {
  'config-linux.json': checkConfig,
  'config-platforms.json': checkConfig,
  'config-minimal.json': checkConfig,
  'state.json': checkState,
  'features.json': checkFeatures,
};

/** Where we take what the official schema does not: its FileMode ends at 511, the text of the spec says uint32. */
function isFileMode({ pointer, change }: Mutation): boolean {
  return (
    /^\/linux\/devices\/\d+\/fileMode$/.test(pointer) && /^is \d+$/.test(change) && BigInt(change.slice(3)) < 2n ** 32n
  );
}

for (const [file, check] of Object.entries(checks)) {
  t.test(file, async (t) => {
    const expected = verdicts.mutations[file];
    if (expected === undefined) throw new Error(`no verdicts for ${file}`);
    const text = readFileSync(join(data, 'schema-vectors', file), 'utf8');
    t.same(check(JSON.parse(text)), [], 'the document itself is valid');
    const hash = createHash('sha256').update(text);
    const bits = Buffer.from(expected.bits, 'base64');
    const different: string[] = [];
    const crowded: string[] = [];
    let count = 0;
    for (const mutation of mutations(JSON.parse(text) as Json, verdicts.words)) {
      hash.update(`${mutation.pointer} ${mutation.change}\n`);
      const official = ((bits[count >> 3] ?? 0) & (1 << (count & 7))) !== 0;
      const problems = check(mutation.document);
      const known = !official && isFileMode(mutation) && problems.length === 0;
      if ((problems.length === 0) !== official && !known) different.push(`${mutation.pointer} ${mutation.change}`);
      if (new Set(problems.map(({ pointer }) => pointer)).size !== problems.length)
        crowded.push(`${mutation.pointer} ${mutation.change}`);
      count += 1;
    }
    t.equal(
      hash.digest('hex'),
      expected.hash,
      'the verdicts are about these mutations; if not, run test/data/make-verdicts.mjs',
    );
    t.equal(count, expected.count, 'number of mutations');
    t.same(different, [], 'same verdict as the official schemas');
    t.same(crowded, [], 'one problem for a place');
  });
}

t.test('there are enough mutations of configurations, of both kinds', async (t) => {
  const configs = Object.entries(verdicts.mutations)
    .filter(([file]) => file.startsWith('config-'))
    .map(([, value]) => value);
  const total = configs.reduce((sum, { count }) => sum + count, 0);
  const valid = configs.reduce((sum, value) => sum + value.valid, 0);
  t.ok(total >= 20_000, `${total} mutations`);
  t.ok(valid > total / 4 && valid < (total * 3) / 4, `${valid} of them valid`);
});
