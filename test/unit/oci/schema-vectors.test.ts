// The official test vectors of the runtime-spec and configurations of real engines, where they are there: in the folder that
// NOCI_RUNTIME_SPEC names (a checkout of opencontainers/runtime-spec), or beside the repository in ../shared.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import draft04 from 'ajv-draft-04';
import t from 'tap';
import { checkConfig, checkFeatures, checkState, type Problem } from '../../../src/oci/schema.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../../..');
const spec = process.env.NOCI_RUNTIME_SPEC ?? join(root, '../shared/runtime-spec');
const engines = join(root, '../shared/engine-configs');
const checks: Readonly<Record<string, (value: unknown) => Problem[]>> = {
  config: checkConfig,
  state: checkState,
  features: checkFeatures,
};

const { vectors }: { vectors: Readonly<Record<string, { valid: boolean; hash: string }>> } = JSON.parse(
  readFileSync(join(root, 'test/data/verdicts.json'), 'utf8'),
);

function isValid(kind: string, text: string): boolean {
  try {
    return checks[kind]?.(JSON.parse(text)).length === 0;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

const noSpec =
  !existsSync(join(spec, 'schema')) && `no runtime-spec in ${spec}: set NOCI_RUNTIME_SPEC to a checkout of it`;
const noEngines = !existsSync(engines) && 'no ../shared/engine-configs beside the repository';

t.test('official test vectors', { skip: noSpec }, async (t) => {
  t.ok(Object.keys(vectors).length >= 19);
  for (const [name, { valid, hash }] of Object.entries(vectors)) {
    const text = readFileSync(join(spec, 'schema/test', name), 'utf8');
    t.equal(createHash('sha256').update(text).digest('hex'), hash, `${name} is the file that was judged`);
    t.equal(valid, name.includes('/good/'), `${name}: the official schema does what its folder says`);
    t.equal(isValid(name.split('/')[0] ?? '', text), valid, `${name}: ours does the same`);
  }
});

t.test('configurations of real engines are valid', { skip: noEngines }, async (t) => {
  const files = readdirSync(engines).filter((name) => name.endsWith('.json'));
  t.ok(files.length >= 202, `${files.length} files`);
  for (const name of files) t.same(checkConfig(JSON.parse(readFileSync(join(engines, name), 'utf8'))), [], name);
});

t.test('the official schema refuses three of them', { skip: noSpec || noEngines }, async (t) => {
  const ajv = new draft04.default({ strict: false, logger: false, allErrors: true });
  for (const name of readdirSync(join(spec, 'schema')).filter((file) => file.endsWith('.json'))) {
    ajv.addSchema(JSON.parse(readFileSync(join(spec, 'schema', name), 'utf8')), name);
  }
  const refused = readdirSync(engines)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      ajv.validate('config-schema.json', JSON.parse(readFileSync(join(engines, name), 'utf8')));
      return (ajv.errors ?? []).map(({ instancePath }) => `${name} ${instancePath.replace(/\d+/, 'N')}`);
    });
  t.same(
    [...new Set(refused)].sort(),
    [
      'cri-34-mounts.json /linux/rootfsPropagation',
      'podman-38-run-privileged.json /linux/devices/N/fileMode',
      'podman-43-run-devices.json /linux/devices/N/fileMode',
    ],
    'rshared, and a fileMode with the file type in it: what runc takes, and schemas/defs-linux.json says so',
  );
});
