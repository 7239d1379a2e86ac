// Judges all mutations of the documents in schema-vectors/ with the official JSON Schemas of the runtime-spec, and writes
// verdicts.json, which the tests compare our validators with.
//
//   node test/data/make-verdicts.mjs FOLDER    FOLDER: schema/ of opencontainers/runtime-spec, version 1.3.0
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const require = createRequire(import.meta.url);
const { default: Ajv } = require('ajv-draft-04');
const here = fileURLToPath(new URL('.', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node test/data/make-verdicts.mjs FOLDER');

const documents = {
  'config-linux.json': 'config-schema.json',
  'config-platforms.json': 'config-schema.json',
  'config-minimal.json': 'config-schema.json',
  'state.json': 'state-schema.json',
  'features.json': 'features-schema.json',
};

const { mutations } = await loadTypeScript(join(here, 'schema-vectors/mutations.ts'));
const official = officialValidators();
const words = enumerated();
const result = {
  words,
  mutations: Object.fromEntries(Object.entries(documents).map(judgeMutations)),
  vectors: Object.fromEntries(vectors().map(judgeVector)),
};
writeFileSync(join(here, 'verdicts.json'), `${JSON.stringify(result, null, 1)}\n`);

async function loadTypeScript(file) {
  const { outputFiles } = buildSync({ entryPoints: [file], bundle: true, format: 'esm', write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

function officialValidators() {
  const ajv = new Ajv({ strict: false, logger: false });
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    ajv.addSchema(JSON.parse(readFileSync(join(folder, file), 'utf8')), file);
  }
  return (schema, document) => ajv.validate(schema, document);
}

/** Every word that an enumeration of the official schemas has. */
function enumerated() {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const lists = texts.flatMap((text) => {
    const found = [];
    JSON.parse(text, (key, value) => (key === 'enum' && found.push(...value), value));
    return found;
  });
  return [...new Set(lists)].sort();
}

/** The verdicts of all mutations of a document: a bit each, base64; hash covers what was changed, in order. */
function judgeMutations([file, schema]) {
  const text = readFileSync(join(here, 'schema-vectors', file), 'utf8');
  const hash = createHash('sha256').update(text);
  const bits = [];
  for (const { pointer, change, document } of mutations(JSON.parse(text), words)) {
    hash.update(`${pointer} ${change}\n`);
    bits.push(official(schema, doubles(document)));
  }
  return [
    file,
    { count: bits.length, valid: bits.filter(Boolean).length, hash: hash.digest('hex'), bits: packed(bits) },
  ];
}

/** What JSON.parse would make of the document: it has no bigint. */
function doubles(value) {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(doubles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, doubles(item)]));
}

function packed(bits) {
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  bits.forEach((bit, index) => {
    if (bit) bytes[index >> 3] |= 1 << (index & 7);
  });
  return bytes.toString('base64');
}

function vectors() {
  return ['config', 'state', 'features'].flatMap((kind) =>
    ['good', 'bad'].flatMap((sort) =>
      readdirSync(join(folder, 'test', kind, sort)).map((name) => join(folder, 'test', kind, sort, name)),
    ),
  );
}

function judgeVector(file) {
  const text = readFileSync(file, 'utf8');
  const name = relative(join(folder, 'test'), file);
  return [
    name,
    {
      valid: judgeText(`${name.split('/')[0]}-schema.json`, text),
      hash: createHash('sha256').update(text).digest('hex'),
    },
  ];
}

function judgeText(schema, text) {
  try {
    return official(schema, JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
