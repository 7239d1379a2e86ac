import { pointer } from '../../plan/pointer.ts';
import type { Finding } from './remark.ts';
import { follow, memberShape, placesOf, type Shape } from './shape.ts';

/** "; it belongs to /process", when the name is a property elsewhere. */
function home(name: string, place: string): string {
  const places = placesOf(name).map((path) => path.slice(0, -name.length - 1) || 'the document itself');
  return places.length === 0 || places.length > 2 || places.includes(place)
    ? ''
    : `; it belongs to ${places.join(' or ')}`;
}

/** Properties that no schema has: config.md § Extensibility has a runtime ignore them, and so does a misspelt one come to nothing. */
export function unknownProperties(config: object): Finding[] {
  const found: Finding[] = [];
  const visit = (value: unknown, shape: Shape, place: string): void => {
    if (typeof value !== 'object' || value === null || shape === '') return;
    for (const [name, member] of Object.entries(value)) {
      const path = place + pointer(name);
      const inner = memberShape(shape, name);
      if (inner !== undefined) visit(member, inner, path);
      else
        found.push({
          severity: 'warning',
          rule: 'unknown-property',
          pointer: path,
          message: `property ${JSON.stringify(name)} is unknown and ignored${home(name, place)}`,
          aboutName: true,
        });
    }
  };
  visit(config, follow('Config'), '');
  return found;
}
