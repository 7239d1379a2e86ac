/**
 * Says how checks.mjs checks a value that has no properties of its own.
 * @param {any} schema
 * @returns {{ check: string, limits: readonly (number | RegExp | readonly string[])[] } | undefined} the function of checks.mjs
 *   and what it is given after the findings; undefined for a schema that has a structure, which ajv compiles
 */
export function leafOf(schema) {
  if (schema.type === 'integer') return { check: 'integer', limits: range(schema) };
  if (schema.type === 'boolean') return { check: 'boolean', limits: [] };
  if (schema.enum !== undefined) return { check: 'choice', limits: [schema.enum] };
  if (schema.type === 'string')
    return { check: 'string', limits: schema.pattern ? [new RegExp(schema.pattern, 'u')] : [] };
  if (schema.patternProperties !== undefined) return { check: 'stringMap', limits: [] };
  if (isStrings(schema)) return { check: 'strings', limits: [] };
  return undefined;
}

function isStrings({ type, items, minItems }) {
  return (
    type === 'array' &&
    minItems === undefined &&
    items.type === 'string' &&
    items.pattern === undefined &&
    items.enum === undefined
  );
}

/** The least integer, and the first one that is too great. JSON.parse rounds 2^63 - 1 and 2^64 - 1 up to what is wanted here. */
function range({ minimum, maximum }) {
  if (maximum === undefined) return minimum === undefined ? [] : [minimum];
  if (Number.isSafeInteger(maximum)) return [minimum, maximum + 1];
  if (maximum !== 2 ** 63 && maximum !== 2 ** 64) throw new Error(`no exact bound for ${maximum}`);
  return [minimum, maximum];
}
