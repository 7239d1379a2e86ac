import { type Shape, shapes } from '../../../.build/oci/shapes.js';

export type { Shape };

/** A name stands for what it names. */
export function follow(shape: Shape): Shape {
  return typeof shape === 'string' && shape !== '' ? (shapes[shape] ?? '') : shape;
}

/** What a member of a value may hold; undefined when the value has no such member, '' when nothing is known of it. */
export function memberShape(shape: Shape, member: string): Shape | undefined {
  if (typeof shape === 'string') return '';
  if ('properties' in shape)
    return Object.hasOwn(shape.properties, member) ? follow(shape.properties[member] as Shape) : undefined;
  if ('items' in shape) return follow(shape.items);
  return 'values' in shape ? follow(shape.values) : '';
}

/** The members that a pointer goes through. */
export function membersOf(pointer: string): string[] {
  const members = pointer.split('/').slice(1);
  return members.map((member) => member.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What the value at a pointer may hold; '' when nothing is known of it. */
export function shapeAt(pointer: string): Shape {
  return membersOf(pointer).reduce<Shape>((shape, member) => memberShape(shape, member) ?? '', follow('Config'));
}

/** The pointers of all properties with a name, as far as they are not in lists: '/process/capabilities' for "capabilities". */
export function placesOf(name: string): string[] {
  const found: string[] = [];
  const visit = (shape: Shape, place: string, depth: number): void => {
    if (typeof shape === 'string' || !('properties' in shape) || depth > 4) return;
    for (const property in shape.properties) {
      const path = `${place}/${property}`;
      if (property === name) found.push(path);
      visit(follow(shape.properties[property] as Shape), path, depth + 1);
    }
  };
  visit(follow('Config'), '', 0);
  return found;
}
