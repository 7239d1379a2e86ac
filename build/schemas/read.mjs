import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Reads every JSON Schema of a folder.
 * @param {string} folder
 * @returns {Map<string, object>} the schemas by `$id`, which is the file name
 */
export function readSchemas(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(files.sort().map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8'))]));
}

/**
 * Follows a `$ref` of the form `file#/definitions/Name`, `#/definitions/Name`, `file` or `#`.
 * @param {Map<string, object>} schemas
 * @param {string} reference
 * @param {string} file the file that the reference stands in
 * @returns {{ file: string, name: string | undefined, schema: any }} where it leads; name is the definition's, or the file's title
 */
export function resolve(schemas, reference, file) {
  const [path, fragment = ''] = reference.split('#');
  const target = path === '' ? file : path;
  const root = schemas.get(target);
  const name = fragment.replace('/definitions/', '');
  const schema = fragment === '' ? root : root?.definitions?.[name];
  if (schema === undefined) throw new Error(`${file}: $ref ${reference} leads nowhere`);
  return { file: target, name: fragment === '' ? root.title : name, schema };
}
