import { resolve } from './read.mjs';

export const shapeDeclarations = `// Generated from schemas/ by build/schemas.mjs.

/** What a value may hold: the name of a definition, properties by name, what an array or a map is of, or the words to choose from. */
export type Shape =
  | string
  | { readonly properties: { readonly [name: string]: Shape } }
  | { readonly items: Shape }
  | { readonly values: Shape }
  | { readonly words: readonly string[] };

/** By the name of the definition; the document is Config. '' is a value that holds nothing. */
export const shapes: { readonly [name: string]: Shape };
`;

/**
 * The properties that each object of a config.json may have, for who looks for others.
 * @param {Map<string, object>} schemas
 * @returns {string} an ES module
 */
export function renderShapes(schemas) {
  const shapes = {};
  const named = ({ file, name, schema }) => {
    if (shapes[name] === undefined) {
      shapes[name] = '';
      shapes[name] = shape(schema, file);
    }
    return shapes[name] === '' ? '' : name;
  };
  const shape = (schema, file) => {
    if (schema.$ref !== undefined) return named(resolve(schemas, schema.$ref, file));
    if (schema.enum !== undefined) return { words: schema.enum };
    if (schema.properties !== undefined) {
      const inner = Object.entries(schema.properties).map(([name, value]) => [name, shape(value, file)]);
      return { properties: Object.fromEntries(inner) };
    }
    return list('items', schema.items, file) ?? list('values', schema.additionalProperties, file) ?? '';
  };
  const list = (kind, schema, file) => {
    if (typeof schema !== 'object') return undefined;
    const inner = shape(schema, file);
    return inner === '' ? undefined : { [kind]: inner };
  };
  named({ file: 'config-schema.json', name: 'Config', schema: schemas.get('config-schema.json') });
  const telling = Object.fromEntries(Object.entries(shapes).filter(([, value]) => value !== ''));
  return `export const shapes = ${JSON.stringify(telling)};\n`;
}
