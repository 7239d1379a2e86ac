import { weakened } from '../native/weakened.ts';
import type { LinuxDeviceCgroup } from '../oci/types.ts';

/** One rule of the list that a cgroup's devices go by, whichever version of cgroups keeps it. */
export interface DeviceRule {
  readonly allow: boolean;
  /** 'all' resets the whole list, whatever else the rule says */
  readonly type: 'all' | 'b' | 'c';
  /** undefined: every number */
  readonly major: number | undefined;
  readonly minor: number | undefined;
  /** of the letters r, w and m */
  readonly access: string;
  /** index in linux.resources.devices, undefined for what every container gets */
  readonly index: number | undefined;
}

/** One write to a file of the v1 devices controller. */
export interface DeviceWrite {
  readonly file: 'devices.allow' | 'devices.deny';
  readonly value: string;
  /** index in linux.resources.devices, undefined for what every container gets */
  readonly rule: number | undefined;
}

type Allowed = readonly [type: 'b' | 'c', major: number | undefined, minor: number | undefined, access: string];

/**
 * What every container may do, whatever its rules say, in the order in which runc appends it: make any node, use the default devices,
 * its terminals and the network tunnel. config-linux.md § Default Devices
 */
const always: readonly Allowed[] = [
  ['c', undefined, undefined, 'm'],
  ['b', undefined, undefined, 'm'],
  ['c', 1, 3, 'rwm'], // null
  ['c', 1, 8, 'rwm'], // random
  ['c', 1, 7, 'rwm'], // full
  ['c', 5, 0, 'rwm'], // tty
  ['c', 1, 5, 'rwm'], // zero
  ['c', 1, 9, 'rwm'], // urandom
  ['c', 136, undefined, 'rwm'], // pts
  ['c', 5, 2, 'rwm'], // ptmx
  ['c', 10, 200, 'rwm'], // net/tun
];

const denyAll: DeviceRule = {
  allow: false,
  type: 'all',
  major: undefined,
  minor: undefined,
  access: 'rwm',
  index: undefined,
};

/** No number and -1 are every number. */
function wildcard(number: number | bigint | undefined): number | undefined {
  return number === undefined || number < 0 ? undefined : Number(number);
}

/** No type is every type. */
function typeOf({ type }: LinuxDeviceCgroup): DeviceRule['type'] {
  return type === 'b' || type === 'c' ? type : 'all';
}

function ruleOf(rule: LinuxDeviceCgroup, index: number): DeviceRule {
  const { allow, access = '' } = rule;
  return { allow, type: typeOf(rule), major: wildcard(rule.major), minor: wildcard(rule.minor), access, index };
}

/**
 * The whole list for linux.resources.devices. It starts from "nothing is allowed", since a v1 cgroup is born with its parent's rules,
 * unless the first rule says where to start from; what every container may do comes last.
 */
export function deviceRules(rules: readonly LinuxDeviceCgroup[]): DeviceRule[] {
  const own = rules.map(ruleOf);
  WEAKENED: if (weakened('S47')) return own.filter(({ allow }) => allow);
  const start = own[0]?.type === 'all' ? [] : [denyAll];
  const defaults = always.map(
    ([type, major, minor, access]): DeviceRule => ({ allow: true, type, major, minor, access, index: undefined }),
  );
  return [...start, ...own, ...defaults];
}

/** As the kernel writes a rule that is not for all: "c 1:* rw". */
export function ruleText({ type, major, minor, access }: Omit<DeviceRule, 'allow' | 'index'>): string {
  return `${type} ${major ?? '*'}:${minor ?? '*'} ${access}`;
}

/** The writes that give a new v1 cgroup the rules of linux.resources.devices. The kernel's cgroup-v1/devices.rst */
export function deviceWrites(rules: readonly LinuxDeviceCgroup[]): DeviceWrite[] {
  return deviceRules(rules).map((rule) => ({
    file: rule.allow ? 'devices.allow' : 'devices.deny',
    // The kernel takes "a" as a reset of the whole list and looks at nothing behind it.
    value: rule.type === 'all' ? 'a' : ruleText(rule),
    rule: rule.index,
  }));
}
