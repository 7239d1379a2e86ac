// What the generated validators call for a value that has no properties of its own. Bundled into .build/oci/validators.js, so
// plain ECMAScript: it runs in an engine that has no global of Node.

/** Whether a value is a JSON object. */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Notes that a value breaks a rule: where it is (RFC 6901 pointer), which rule, and what the rule expects. */
export function fail(findings, pointer, rule, expected) {
  findings.push({ pointer, rule, expected });
}

export function boolean(value, pointer, findings) {
  if (typeof value !== 'boolean') fail(findings, pointer, 'type', 'boolean');
}

export function string(value, pointer, findings, pattern) {
  if (typeof value !== 'string') fail(findings, pointer, 'type', 'string');
  else if (pattern !== undefined && !pattern.test(value)) fail(findings, pointer, 'pattern', pattern.source);
}

export function strings(value, pointer, findings) {
  if (!Array.isArray(value)) return fail(findings, pointer, 'type', 'array');
  for (let index = 0; index < value.length; index++) {
    if (typeof value[index] !== 'string') fail(findings, `${pointer}/${index}`, 'type', 'string');
  }
}

/** A map of strings. The official schema constrains only keys that the pattern `.` matches, so not the empty one. */
export function stringMap(value, pointer, findings) {
  if (!isObject(value)) return fail(findings, pointer, 'type', 'object');
  for (const key in value) {
    if (typeof value[key] !== 'string' && /./u.test(key)) fail(findings, `${pointer}/${token(key)}`, 'type', 'string');
  }
}

export function choice(value, pointer, findings, values) {
  if (!values.includes(value)) fail(findings, pointer, 'enum', values);
}

/**
 * A whole number from least up to but not including end. Comparing a bigint with a number is exact in ECMAScript, and 2^63
 * and 2^64 are numbers that a double holds exactly, so the bounds of 64-bit integers are exact too.
 */
export function integer(value, pointer, findings, least = -Infinity, end = Infinity) {
  const whole = typeof value === 'bigint' || Number.isInteger(value);
  if (!whole || value < least || value >= end) fail(findings, pointer, 'integer', [least, end]);
}

/** A token of an RFC 6901 pointer. */
function token(key) {
  return key.replace(/~/g, '~0').replace(/\//g, '~1');
}
