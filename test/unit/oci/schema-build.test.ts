// What build/schemas.mjs makes of schemas/.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { Ajv } from 'ajv';
import { transformSync } from 'esbuild';
import t from 'tap';
import { checkConfig, checkFeatures, checkProcess, checkResources, checkState } from '../../../src/oci/schema.ts';
import { type Json, mutations } from '../../data/schema-vectors/mutations.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
}

const root = join(here, '../../..');
const folder = join(root, 'schemas');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const schemas = new Map(files.map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as Schema]));
const vectors = join(root, 'test/data/schema-vectors');

function vector(name: string): Json {
  return JSON.parse(readFileSync(join(vectors, name), 'utf8')) as Json;
}

t.test('src/oci/types.ts is what the schemas say', async (t) => {
  const printed = execFileSync(process.execPath, [join(root, 'build/schemas.mjs'), '--print'], { encoding: 'utf8' });
  t.equal(readFileSync(join(root, 'src/oci/types.ts'), 'utf8'), printed, 'if not, run node build/schemas.mjs --types');
});

t.test('.build/oci is what the schemas say', async (t) => {
  const printed = execFileSync(process.execPath, [join(root, 'build/schemas.mjs'), '--print-validators'], {
    encoding: 'utf8',
  });
  t.equal(readFileSync(join(root, '.build/oci/validators.js'), 'utf8'), printed, 'if not, run node build/schemas.mjs');
});

t.test('schemas/ has the official file names, and every definition names its section of the spec', async (t) => {
  const platforms = ['freebsd', 'linux', 'solaris', 'vm', 'windows', 'zos'];
  const definitions = ['freebsd', 'linux', 'vm', 'windows', 'zos'];
  const expected = [
    ...['config-schema.json', 'defs.json', 'features-linux.json', 'features-schema.json', 'state-schema.json'],
    ...platforms.map((name) => `config-${name}.json`),
    ...definitions.map((name) => `defs-${name}.json`),
  ];
  t.same([...files].sort(), expected.sort());
  for (const [file, schema] of schemas) {
    t.equal(schema.$id, file);
    const objects = Object.entries(schema.definitions ?? {}).filter(
      ([, definition]) => definition.properties !== undefined,
    );
    for (const [name, { description }] of objects) t.match(description, /^[a-z-]+\.md(:| §)/, `${file} ${name}`);
  }
});

t.test('the bounds of 64 bits are written in full', async (t) => {
  const text = readFileSync(join(folder, 'defs.json'), 'utf8');
  for (const bits of [8n, 16n, 32n, 64n]) {
    t.match(
      text,
      new RegExp(`"int${bits}": .*"minimum": ${-(2n ** (bits - 1n))}, "maximum": ${2n ** (bits - 1n) - 1n} `),
    );
    t.match(text, new RegExp(`"uint${bits}": .*"minimum": 0, "maximum": ${2n ** bits - 1n} `));
  }
});

t.test('plain ajv compiles schemas/, and judges as the validators do', async (t) => {
  const ajv = new Ajv({ allErrors: true });
  for (const schema of schemas.values()) ajv.addSchema(schema);
  const documents = [
    ['config-schema.json', checkConfig, 'config-linux.json'],
    ['config-schema.json', checkConfig, 'config-platforms.json'],
    ['state-schema.json', checkState, 'state.json'],
    ['features-schema.json', checkFeatures, 'features.json'],
  ] as const;
  for (const [id, check, name] of documents) {
    const validate = ajv.getSchema(id);
    if (validate === undefined) throw new Error(`${id} does not compile`);
    const different: string[] = [];
    for (const { pointer, change, document } of mutations(vector(name), [])) {
      if (/ -?\d{16,}$/.test(change)) continue; // ajv takes no bigint
      validate(document);
      const places = new Set(
        (validate.errors ?? []).map(({ instancePath, params }) => `${instancePath}${missing(params)}`),
      );
      const ours = check(document).map((problem) => problem.pointer);
      if ([...places].sort().join() !== ours.sort().join())
        different.push(`${pointer} ${change}: ${[...places]} and ${ours}`);
    }
    t.same(different, [], `${name}: the same places`);
  }
});

function missing(params: Readonly<Record<string, unknown>>): string {
  const name = params.missingProperty;
  return typeof name === 'string' ? `/${name}` : '';
}

t.test('the documents of the tests use every property of the schemas', async (t) => {
  const used = new Set<string>();
  visit(vector('config-linux.json'), 'config-schema.json', '');
  visit(vector('config-platforms.json'), 'config-schema.json', '');
  visit(vector('state.json'), 'state-schema.json', '');
  visit(vector('features.json'), 'features-schema.json', '');

  /** Walks a document along its schema and notes each property that it meets. */
  function visit(value: Json | undefined, file: string, name: string): void {
    const schema = name === '' ? schemas.get(file) : schemas.get(file)?.definitions?.[name];
    follow(value, schema ?? {}, file, `${file}#${name}`);
  }
  function follow(value: Json | undefined, schema: Schema, file: string, place: string): void {
    if (schema.$ref !== undefined) {
      const [target = '', fragment = ''] = schema.$ref.split('#');
      visit(value, target === '' ? file : target, fragment.replace('/definitions/', ''));
      return;
    }
    if (Array.isArray(value) && schema.items) for (const item of value) follow(item, schema.items, file, place);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const [key, item] of Object.entries(value as { readonly [key: string]: Json })) {
      const property = schema.properties?.[key];
      if (property) used.add(`${place}/${key}`);
      if (property ?? schema.additionalProperties)
        follow(item, property ?? schema.additionalProperties ?? {}, file, place);
    }
  }

  const all = [...schemas].flatMap(([file, schema]) =>
    Object.entries({ '': schema, ...schema.definitions }).flatMap(([name, definition]) =>
      Object.keys(definition.properties ?? {}).map((key) => `${file}#${name}/${key}`),
    ),
  );
  // features-linux.md has these, the official schema does not; runtime.md's container process state is no document of ours
  const beyond =
    /^state-schema.json#ContainerProcessState|^features-linux.json#(IntelRdtFeatures\/(schemata|monitoring)|MemoryPolicyFeatures\/|\/memoryPolicy)/;
  t.same(
    all.filter((property) => !used.has(property) && !beyond.test(property)),
    [],
  );
});

t.test('the validators need nothing but ECMAScript', async (t) => {
  const text = readFileSync(join(root, '.build/oci/validators.js'), 'utf8');
  const { code } = transformSync(text, { format: 'iife', globalName: 'validators' });
  const findings = runInNewContext(
    `${code}; const findings = []; validators.config({ root: 1n }, '', findings); JSON.stringify(findings)`,
  );
  t.same(JSON.parse(findings as string), [
    { pointer: '/ociVersion', rule: 'required' },
    { pointer: '/root', rule: 'type', expected: 'object' },
  ]);
  t.notMatch(text, /\b(require|process|Buffer|import)\s*[(.]/);
  const { code: small } = transformSync(text, { minify: true });
  t.ok(small.length < 40_000, `${small.length} bytes minified`);
});

t.test('the first checks of a process take little time', async (t) => {
  const document = vector('config-linux.json') as {
    readonly process: Json;
    readonly linux: { readonly resources: Json };
  };
  const start = process.hrtime.bigint();
  for (let round = 0; round < 100; round++) {
    checkConfig(document);
    checkProcess(document.process);
    checkResources(document.linux.resources);
  }
  t.ok(process.hrtime.bigint() - start < 1_000_000_000n, '10 ms each even on a busy machine');
});
