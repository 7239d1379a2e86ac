import type { LinuxDeviceCgroup } from '../oci/types.ts';

/** One write to a file of the v1 devices controller. */
export interface DeviceWrite {
  readonly file: 'devices.allow' | 'devices.deny';
  readonly value: string;
  /** index in linux.resources.devices, undefined for what every container gets */
  readonly rule: number | undefined;
}

/**
 * What every container may do, whatever its rules say, in the order in which runc appends it: make any node, use the default devices,
 * its terminals and the network tunnel. config-linux.md § Default Devices
 */
const always: readonly string[] = [
  'c *:* m',
  'b *:* m',
  'c 1:3 rwm', // null
  'c 1:8 rwm', // random
  'c 1:7 rwm', // full
  'c 5:0 rwm', // tty
  'c 1:5 rwm', // zero
  'c 1:9 rwm', // urandom
  'c 136:* rwm', // pts
  'c 5:2 rwm', // ptmx
  'c 10:200 rwm', // net/tun
];

/** No type is every type. */
function isAll({ type }: LinuxDeviceCgroup): boolean {
  return type === undefined || type === '' || type === 'a';
}

/** No number and -1 are every number. */
function wildcard(number: number | bigint | undefined): string {
  return number === undefined || number < 0 ? '*' : String(number);
}

function ruleValue(rule: LinuxDeviceCgroup): string {
  // The kernel takes "a" as a reset of the whole list and looks at nothing behind it.
  return isAll(rule) ? 'a' : `${rule.type} ${wildcard(rule.major)}:${wildcard(rule.minor)} ${rule.access}`;
}

function ruleWrite(rule: LinuxDeviceCgroup, index: number): DeviceWrite {
  return { file: rule.allow ? 'devices.allow' : 'devices.deny', value: ruleValue(rule), rule: index };
}

/**
 * The writes that give a new v1 cgroup the rules of linux.resources.devices. They start from "nothing is allowed", since a cgroup
 * is born with its parent's rules, unless the first rule says where to start from. The kernel's cgroup-v1/devices.rst
 */
export function deviceWrites(rules: readonly LinuxDeviceCgroup[]): DeviceWrite[] {
  const [first] = rules;
  const start: DeviceWrite[] =
    first !== undefined && isAll(first) ? [] : [{ file: 'devices.deny', value: 'a', rule: undefined }];
  const defaults = always.map((value): DeviceWrite => ({ file: 'devices.allow', value, rule: undefined }));
  return [...start, ...rules.map(ruleWrite), ...defaults];
}
