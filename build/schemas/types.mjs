import { resolve } from './read.mjs';

/** Files in the order in which a reader wants their types. */
const order = [
  'config-schema.json',
  'config-linux.json',
  'defs-linux.json',
  'defs.json',
  'state-schema.json',
  'features-schema.json',
  'features-linux.json',
];

const header = `// Generated from schemas/ by build/schemas.mjs: change the schemas, then run \`node build/schemas.mjs --types\`.
//
// An integer that may exceed 2^53 is \`number | bigint\`: the strict JSON parser delivers a bigint where a number is not exact.
`;

/**
 * Renders the TypeScript types of all schemas.
 * @param {Map<string, object>} schemas
 * @returns {string} the text of src/oci/types.ts
 */
export function renderTypes(schemas) {
  const files = [...order, ...[...schemas.keys()].filter((file) => !order.includes(file))];
  return [header, ...files.flatMap((file) => declarations(schemas, file))].join('\n');
}

function declarations(schemas, file) {
  const root = schemas.get(file);
  const named = Object.entries({ ...(root.title ? { [root.title]: root } : {}), ...root.definitions });
  return named
    .filter(([, schema]) => isNamed(schema))
    .map(([name, schema]) => declaration(schemas, file, name, schema));
}

/** What becomes a type of its own; every other definition is written out where it is used. */
function isNamed(schema) {
  return schema.properties !== undefined || schema.enum !== undefined;
}

function declaration(schemas, file, name, schema) {
  if (schema.enum !== undefined) return `${comment(schema, '')}export type ${name} =${union(schema.enum)};\n`;
  const required = new Set(schema.required);
  const members = Object.entries(schema.properties).map(([key, property]) => {
    return `${comment(property, '  ')}  readonly ${key}${required.has(key) ? '' : '?'}: ${typeOf(schemas, file, property)};`;
  });
  return `${comment(schema, '')}export interface ${name} {\n${members.join('\n')}\n}\n`;
}

/** A union as the formatter wants it: on one line while it fits. */
function union(values) {
  const literals = values.map((value) => `'${value}'`);
  const line = literals.join(' | ');
  return line.length < 80 ? ` ${line}` : literals.map((literal) => `\n  | ${literal}`).join('');
}

function comment(schema, indent) {
  return schema.description ? `${indent}/** ${schema.description} */\n` : '';
}

function typeOf(schemas, file, schema) {
  if (schema.$ref !== undefined) {
    const target = resolve(schemas, schema.$ref, file);
    return isNamed(target.schema) ? target.name : typeOf(schemas, target.file, target.schema);
  }
  if (schema.type === 'integer') return isSafe(schema) ? 'number' : 'number | bigint';
  if (schema.type === 'array') return arrayOf(typeOf(schemas, file, schema.items));
  if (schema.type === 'object') return mapOf(schemas, file, schema);
  return schema.type;
}

function isSafe({ minimum = -Infinity, maximum = Infinity }) {
  return minimum >= Number.MIN_SAFE_INTEGER && maximum <= Number.MAX_SAFE_INTEGER;
}

function arrayOf(item) {
  return item.includes(' ') ? `readonly (${item})[]` : `readonly ${item}[]`;
}

function mapOf(schemas, file, schema) {
  const [value] = [schema.additionalProperties, ...Object.values(schema.patternProperties ?? {})].filter(Boolean);
  return `Readonly<Record<string, ${value === undefined ? 'unknown' : typeOf(schemas, file, value)}>>`;
}
