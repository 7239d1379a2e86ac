// Makes code from schemas/: the validators (always) and the types (with --types, since they are committed).
//
//   node build/schemas.mjs            writes .build/oci/validators.js and .build/oci/shapes.js, each with its .d.ts
//   node build/schemas.mjs --types    writes src/oci/types.ts as well
//   node build/schemas.mjs --print    prints src/oci/types.ts and writes nothing (the tests compare); --print-validators likewise
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { readSchemas } from './schemas/read.mjs';
import { renderShapes, shapeDeclarations } from './schemas/shapes.mjs';
import { renderTypes } from './schemas/types.mjs';
import { compileValidators, declarations } from './schemas/validators.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const schemas = readSchemas(join(root, 'schemas'));
const types = () => renderTypes(schemas);
const validators = () => bundle(compileValidators(schemas));

if (process.argv.includes('--print')) {
  process.stdout.write(types());
} else if (process.argv.includes('--print-validators')) {
  process.stdout.write(validators());
} else {
  if (process.argv.includes('--types')) write('src/oci/types.ts', types());
  write('.build/oci/validators.js', validators());
  write('.build/oci/validators.d.ts', declarations);
  write('.build/oci/shapes.js', renderShapes(schemas));
  write('.build/oci/shapes.d.ts', shapeDeclarations);
}

/** Puts checks.mjs into the module, so that it imports nothing. */
function bundle(contents) {
  const stdin = { contents, resolveDir: join(root, 'build/schemas') };
  const { outputFiles } = buildSync({ stdin, bundle: true, format: 'esm', target: 'es2022', write: false });
  return outputFiles[0].text;
}

function write(name, text) {
  const file = join(root, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
