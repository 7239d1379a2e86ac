import { bitNames, type Flags } from './flag-names.ts';
import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_PRIVATE,
  MS_REC,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
} from './mount-attributes.ts';
import { NAMESPACES } from './namespaces.ts';
import type {
  CgroupOwner,
  ContainerPlan,
  DeviceFilter,
  PlannedStep,
  ProcessWrite,
  PropertyValue,
  UnitProperty,
} from './plan.ts';

const attributes: Flags = {
  ro: MOUNT_ATTR_RDONLY,
  nosuid: MOUNT_ATTR_NOSUID,
  nodev: MOUNT_ATTR_NODEV,
  noexec: MOUNT_ATTR_NOEXEC,
  atime: MOUNT_ATTR__ATIME,
  noatime: MOUNT_ATTR_NOATIME,
  strictatime: MOUNT_ATTR_STRICTATIME,
  nodiratime: MOUNT_ATTR_NODIRATIME,
  nosymfollow: MOUNT_ATTR_NOSYMFOLLOW,
};

const propagation: Flags = {
  recursive: MS_REC,
  unbindable: MS_UNBINDABLE,
  private: MS_PRIVATE,
  slave: MS_SLAVE,
  shared: MS_SHARED,
};

const octal = (value: number): string => `0${value.toString(8)}`;
const attributeNames = (value: number): string => bitNames(attributes, value).join(',');
const namespaceNames = (value: number): string => bitNames(NAMESPACES, value).join(',');
const propagationNames = (value: number): string => bitNames(propagation, value).join(',');

/** How a numeric field is read, by its name or by step and name; any other is decimal. */
const formats: Readonly<Record<string, (value: number) => string>> = {
  attributes: attributeNames,
  set: attributeNames,
  clear: attributeNames,
  recursiveSet: attributeNames,
  recursiveClear: attributeNames,
  sourcePropagation: propagationNames,
  propagation: propagationNames,
  'propagation.flags': propagationNames,
  'root_propagation.flags': propagationNames,
  'unshare.flags': namespaceNames,
  'setns.type': namespaceNames,
  'device.type': octal,
  'device.mode': octal,
  'mkdir.mode': octal,
  mask: octal,
};

/** Environments may hold secrets, so a plan shows their names only; a hook's state document says nothing new. */
const hidden: Readonly<Record<string, (value: readonly string[]) => string>> = {
  entries: (entries) => entries.map((entry) => entry.split('=')[0]).join(' '),
  env: (entries) => entries.map((entry) => entry.split('=')[0]).join(' '),
  state: () => '',
};

/** A path or word stands as it is; what would be misread gets quotes, control characters escapes. */
function word(text: string): string {
  return /^[\w./:,=@%+-]+$/.test(text) ? text : JSON.stringify(text);
}

/** The parts of a recipe one behind the other; a part may have parts. */
function showRecipe(recipe: object): string {
  const parts = Object.values(recipe).map((part) =>
    typeof part === 'object' ? showRecipe(part) : word(String(part).trim().replaceAll('\n', ',')),
  );
  return parts.join(':');
}

function show(step: string, name: string, value: unknown): string {
  const secret = hidden[name];
  if (secret) return secret(value as readonly string[]);
  if (typeof value === 'number') return (formats[name] ?? formats[`${step}.${name}`])?.(value) ?? String(value);
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (typeof value === 'string') return word(value);
  if (value instanceof Uint8Array) return `${value.length / 8} instructions`;
  if (Array.isArray(value)) return value.map((item) => show(step, name, item)).join(' ');
  return showRecipe(value as object);
}

function place(pointer: string): string {
  return pointer === '' ? '' : `  (${pointer})`;
}

/** The fields of a step that say something, by name. */
export function stepFields({ step, ...fields }: PlannedStep['run']): (readonly [name: string, text: string])[] {
  const set = Object.entries(fields).filter(([, value]) => value !== 0 && value !== 0n && value !== '');
  return set.map(([name, value]) => [name, show(step, name, value)] as const).filter(([, text]) => text !== '');
}

function showStep({ run, pointer }: PlannedStep, index: number): string {
  const { step } = run;
  const shown = stepFields(run);
  return `${String(index).padStart(3)} ${[step, ...shown.map(([name, text]) => `${name}=${text}`)].join(' ')}${place(pointer)}`;
}

/** An instruction of eBPF, as of classic BPF, is 8 bytes. */
function showFilter({ path, program, pointer }: DeviceFilter): string {
  return `device filter ${word(path)} = ${program.length / 8} instructions${place(pointer)}`;
}

function showOwner({ path, uid, pointer }: CgroupOwner): string {
  return `owner of ${word(path)} = ${uid}${place(pointer)}`;
}

function propertyText(value: PropertyValue): string {
  if (value instanceof Uint8Array) return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return Array.isArray(value) ? value.map(propertyText).join(' ') : word(String(value));
}

function showProperty({ name, value, pointer }: UnitProperty): string {
  return `unit property ${name} = ${propertyText(value)}${place(pointer)}`;
}

function showWrite({ file, value, pointer, program }: ProcessWrite): string {
  return `init's ${file} = ${word(value.trim())}${program === undefined ? '' : `, by ${program}`}${place(pointer)}`;
}

/** The plan for a person to read: what surrounds init, then one numbered line a step, with the property that asks for it. */
export function explain(plan: ContainerPlan): string {
  const { devices, owner, systemd, unitProperties = [] } = plan.cgroup;
  const lines = [
    ...plan.warnings.map((warning) => `warning: ${warning}`),
    `new namespaces: ${bitNames(NAMESPACES, plan.cloneFlags).join(' ') || 'none'}`,
    ...(plan.pidNamespace === undefined ? [] : [`pid namespace: ${word(plan.pidNamespace)}`]),
    ...(systemd === undefined ? [] : [`systemd ${systemd.instance} unit ${word(systemd.unit)}`]),
    ...unitProperties.map(showProperty),
    ...plan.joined.map(({ type, path, pointer }) => `joined ${type} namespace: ${word(path)}${place(pointer)}`),
    ...plan.processWrites.map(showWrite),
    ...plan.cgroup.directories.map(({ path }) => `cgroup ${word(path)}`),
    ...plan.cgroup.limits.map(({ file, value, pointer }) => `limit ${word(file)} = ${word(value)}${place(pointer)}`),
    ...(devices === undefined ? [] : [showFilter(devices)]),
    ...(owner === undefined ? [] : [showOwner(owner)]),
    ...plan.steps.map(showStep),
  ];
  return `${lines.join('\n')}\n`;
}
