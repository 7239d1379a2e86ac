import { createRequire } from 'node:module';
import { transformSync } from 'esbuild';
import { leafOf } from './leaf.mjs';
import { resolve } from './read.mjs';
import { unwrap } from './unwrap.mjs';

const require = createRequire(import.meta.url);
const { default: Ajv, _ } = require('ajv');
const { default: standaloneCode } = require('ajv/dist/standalone');
const { strConcat } = require('ajv/dist/compile/codegen');
const { _Code } = require('ajv/dist/compile/codegen/code');
const { default: names } = require('ajv/dist/compile/names');

/** The documents that are validated: what the module exports, and the schema of each. */
const documents = {
  config: 'Config',
  process: 'Process',
  resources: 'LinuxResources',
  state: 'State',
  features: 'Features',
};

export const declarations = `// Generated from schemas/ by build/schemas.mjs.

/** A value that breaks a rule of its schema: where it is (RFC 6901 pointer), which rule, and what the rule expects. */
export type Finding =
  | { readonly pointer: string; readonly rule: 'required' }
  | { readonly pointer: string; readonly rule: 'type'; readonly expected: 'array' | 'boolean' | 'object' | 'string' }
  | { readonly pointer: string; readonly rule: 'integer'; readonly expected: readonly [least: number, end: number] }
  | { readonly pointer: string; readonly rule: 'enum'; readonly expected: readonly string[] }
  | { readonly pointer: string; readonly rule: 'pattern'; readonly expected: string }
  | { readonly pointer: string; readonly rule: 'minItems'; readonly expected: number };

/** Appends to findings what is wrong with value, which stands at pointer ('' for a whole document). */
export type Validator = (value: unknown, pointer: string, findings: Finding[]) => void;

${Object.keys(documents)
  .map((name) => `export const ${name}: Validator;`)
  .join('\n')}
`;

/**
 * Compiles the schemas with ajv.
 * @param {Map<string, object>} schemas
 * @returns {string} an ES module that exports a validator for each document and imports nothing but ./checks.mjs
 */
export function compileValidators(schemas) {
  const ajv = new Ajv({
    allErrors: true,
    messages: false,
    inlineRefs: false,
    code: { source: true, esm: true, lines: true },
  });
  for (const keyword of ['boolean', 'string', 'strings', 'stringMap', 'choice', 'integer'])
    ajv.addKeyword(leafKeyword(keyword));
  for (const [file, root] of schemas) {
    if (root.title !== undefined) ajv.addSchema({ $id: root.title, ...structure(schemas, file, root) });
    for (const [name, schema] of Object.entries(root.definitions ?? {})) {
      if (leafOf(schema) === undefined) ajv.addSchema({ $id: name, ...structure(schemas, file, schema) });
    }
  }
  return transformSync(unwrap(standaloneCode(ajv, documents))).code;
}

/** A keyword whose check is one call of the function of that name in checks.mjs. */
function leafKeyword(check) {
  return {
    keyword: check,
    schemaType: 'array',
    code({ gen, data, it, schema: limits }) {
      const parameters = limits.map((limit) => parameter(gen, limit));
      const pointer = strConcat(names.instancePath, it.errorPath);
      const rest = parameters.reduce((list, next) => _`${list}, ${next}`, _``);
      gen.code(_`${new _Code(check)}(${data}, ${pointer}, findings${rest})`);
    },
  };
}

/** A number as it is; a pattern or a list of words as a constant of the module. */
function parameter(gen, limit) {
  if (typeof limit === 'number') return new _Code(String(limit));
  const [prefix, text] = limit instanceof RegExp ? ['pattern', String(limit)] : ['keyword', JSON.stringify(limit)];
  return gen.scopeValue(prefix, { key: text, ref: limit, code: new _Code(text) });
}

/** A schema without what is there for readers; what checks.mjs checks becomes a keyword, what ajv compiles a reference to it. */
function structure(schemas, file, schema) {
  if (schema.$ref !== undefined) {
    const target = resolve(schemas, schema.$ref, file);
    return leafOf(target.schema) === undefined ? { $ref: target.name } : structure(schemas, target.file, target.schema);
  }
  const leaf = leafOf(schema);
  if (leaf !== undefined) return { [leaf.check]: leaf.limits };
  const { type, required, minItems, items, additionalProperties, properties } = schema;
  const inner = (value) => value && structure(schemas, file, value);
  const members =
    properties && Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, inner(value)]));
  return defined({
    type,
    required,
    minItems,
    items: inner(items),
    additionalProperties: inner(additionalProperties),
    properties: members,
  });
}

function defined(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
