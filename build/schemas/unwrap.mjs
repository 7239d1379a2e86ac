// ajv writes a function per schema that takes an options object, collects error objects with the schema's path in a local
// array, and returns a boolean; callers join the arrays. Here every function appends to one list instead, which makes the
// module a third of the size: each shape that ajv writes is replaced by a call. What is not recognized stops the build.

const replacements = [
  // function head
  {
    shape:
      /function (\w+)\(data, \{instancePath="", parentData, parentDataProperty, rootData=data\}=\{\}\)\{\s*\/\*# sourceURL="\w+" \*\/;\s*let vErrors = null;\s*let errors = 0;/g,
    by: 'function $1(data, instancePath, findings){',
  },
  // function end
  { shape: /\w+\.errors = vErrors;\s*return errors === 0;/g, by: '' },
  // call of another schema's function
  {
    shape:
      /if\(!\((\w+)\((.+?), \{instancePath:(.+?),parentData:.+?rootData\}\)\)\)\{\s*vErrors = vErrors === null \? \1\.errors : vErrors\.concat\(\1\.errors\);\s*errors = vErrors\.length;\s*\}/g,
    by: '$1($2, $3, findings);',
  },
  // a required property, reported where it should be
  {
    shape: error('', 'required', 'missingProperty: "(\\w+)"'),
    by: 'fail(findings, instancePath + "/$1", "required");',
  },
  // any other error, here or below
  { shape: error(':(.+?)', '(type|minItems)', '\\w+: (.+?)'), by: 'fail(findings, $1, "$2", $3);' },
  { shape: error('', '(type|minItems)', '\\w+: (.+?)'), by: 'fail(findings, instancePath, "$1", $2);' },
  { shape: /data(\d*) && typeof data\1 == "object" && !Array\.isArray\(data\1\)/g, by: 'isObject(data$1)' },
  // the schemas themselves, which only ajv's error objects refer to
  { shape: /^const schema\d+ = .*;$/gm, by: '' },
  {
    shape: /^"use strict";/,
    by: 'import { boolean, choice, fail, integer, isObject, string, stringMap, strings } from "./checks.mjs";\n',
  },
];

/** An error object and its way into the local array. */
function error(path, keyword, params) {
  const object = `const err\\d+ = \\{instancePath${path},schemaPath:"[^"]*",keyword:"${keyword}",params:\\{${params}\\}\\};`;
  const append = String.raw`\s*if\(vErrors === null\)\{\s*vErrors = \[err\d+\];\s*\}\s*else \{\s*vErrors\.push\(err\d+\);\s*\}\s*errors\+\+;`;
  return new RegExp(object + append, 'g');
}

/** Gives every function the name of the schema that it is for. */
function named(code) {
  const heads = [...code.matchAll(/function (validate\d+)\(.*\s*\/\*# sourceURL="(\w+)" \*\/;/g)];
  const names = new Map(heads.map(([, name, schema]) => [name, schema]));
  return code.replace(/\bvalidate\d+\b/g, (name) => names.get(name) ?? name);
}

/**
 * @param {string} code what ajv's standaloneCode writes with allErrors and lines, without messages
 * @returns {string} the same checks with functions (value, pointer, findings)
 */
export function unwrap(code) {
  const result = replacements.reduce((text, { shape, by }) => text.replace(shape, by), named(code));
  const rest = /.*(validate\d|vErrors|errors|schemaPath|schema\d|parentData|require\().*/.exec(result);
  if (rest !== null)
    throw new Error(`ajv writes something that build/schemas/unwrap.mjs does not know: ${rest[0].slice(0, 200)}`);
  return result;
}
