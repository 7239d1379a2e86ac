import { Failure } from '../../native/failure.ts';
import { weakened } from '../../native/weakened.ts';
import type { PropertyValue, UnitProperty } from '../../plan/plan.ts';
import { parseGvariant, parseSeconds } from './gvariant.ts';

const prefix = 'org.systemd.property.';

/**
 * What an annotation may set, and its D-Bus type. Annotations come from whoever asks for a container, so that only what concerns the
 * container's own unit is here: nothing that runs a program, that starts or stops another unit, or that decides what linux.resources
 * decides (CVE-2024-3154). systemd.scope(5), systemd.kill(5), systemd.unit(5)
 */
const allowed: { readonly [name: string]: string } = {
  After: 'as',
  Before: 'as',
  CollectMode: 's',
  DefaultDependencies: 'b',
  FinalKillSignal: 'i',
  KillMode: 's',
  KillSignal: 'i',
  ManagedOOMMemoryPressure: 's',
  ManagedOOMMemoryPressureLimit: 'u',
  ManagedOOMPreference: 's',
  ManagedOOMSwap: 's',
  OOMPolicy: 's',
  RuntimeMaxUSec: 't',
  SendSIGHUP: 'b',
  SendSIGKILL: 'b',
  TimeoutStopUSec: 't',
};

/** No value that is allowed needs more: a list of units. */
const longest = 4096;

function pointerOf(annotation: string): string {
  return `/annotations/${annotation.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function parse(text: string, signature: string, inSeconds: boolean): PropertyValue | undefined {
  if (text.length > longest || text.includes('\0')) return undefined;
  return inSeconds ? parseSeconds(text) : parseGvariant(text, signature);
}

function property(annotation: string, text: string): UnitProperty {
  const asked = annotation.slice(prefix.length);
  const pointer = pointerOf(annotation);
  const name = asked.replace(/Sec$/, (end, at: number) => (asked[at - 1] === 'U' ? end : 'USec'));
  const signature = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
  WEAKENED: if (weakened('S49')) return { name, signature: 's', value: text, pointer };
  if (signature === undefined) throw new Failure(`annotation ${annotation}: this property cannot be set`, pointer);
  const value = parse(text, signature, name !== asked);
  if (value === undefined) throw new Failure(`annotation ${annotation}: value is no ${typeNames[signature]}`, pointer);
  return { name, signature, value, pointer };
}

const typeNames: { readonly [signature: string]: string } = {
  as: 'list of strings in GVariant text format',
  b: 'boolean',
  i: '32-bit integer',
  s: 'string in GVariant text format',
  t: '64-bit unsigned integer',
  u: '32-bit unsigned integer',
};

/**
 * The properties that annotations org.systemd.property.NAME ask for.
 *
 * @throws Failure with the annotation's pointer for a property that is not allowed and a value that is not of its type
 */
export function annotationProperties(annotations: { readonly [name: string]: string }): UnitProperty[] {
  return Object.entries(annotations)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, text]) => property(name, text));
}
