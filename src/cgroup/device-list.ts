import { type DeviceRule, ruleText } from './device-rules.ts';

/** The rights that a list knows, as BPF_DEVCG_ACC_* of linux/bpf.h. */
const rights = { m: 1, r: 2, w: 4 } as const;

/** What a list does not treat as its default says. */
export interface DeviceException {
  readonly type: 'b' | 'c';
  /** undefined: every number */
  readonly major: number | undefined;
  readonly minor: number | undefined;
  /** mask of BPF_DEVCG_ACC_* */
  readonly access: number;
  /** index in linux.resources.devices of the last rule that gave it a right, undefined for what every container gets */
  readonly index: number | undefined;
}

/** A rule that takes away a part of what a wildcard gave, so that a list of the v1 controller ignores it. */
export interface Hole {
  readonly rule: DeviceRule;
  readonly wildcard: DeviceException;
}

/**
 * The state of a v1 devices controller after the rules: what is allowed unless an exception says otherwise, and the exceptions. All of
 * them say the opposite of `allow`, so their order means nothing.
 */
export interface DeviceList {
  readonly allow: boolean;
  readonly exceptions: readonly DeviceException[];
  readonly holes: readonly Hole[];
}

function accessMask(access: string): number {
  return (
    (access.includes('m') ? rights.m : 0) |
    (access.includes('r') ? rights.r : 0) |
    (access.includes('w') ? rights.w : 0)
  );
}

/** Of a mask of BPF_DEVCG_ACC_*: letters, as devices.allow takes them. */
export function accessText(mask: number): string {
  return (['r', 'w', 'm'] as const).filter((letter) => (mask & rights[letter]) !== 0).join('');
}

type Numbers = Pick<DeviceException, 'major' | 'minor'>;

function isSame(exception: DeviceException, { type, major, minor }: DeviceRule): boolean {
  return exception.type === type && exception.major === major && exception.minor === minor;
}

/** True when `exception` stands for the numbers of a rule, and for more. */
function isWider(exception: Numbers, { major, minor }: Numbers): boolean {
  const covers = (all: number | undefined, one: number | undefined) => all === undefined || all === one;
  const same = exception.major === major && exception.minor === minor;
  return !same && covers(exception.major, major) && covers(exception.minor, minor);
}

/** The list while the rules are gone through. */
interface Draft {
  readonly allow: boolean;
  exceptions: DeviceException[];
  readonly holes: Hole[];
}

/** Against the default: one exception more, or more rights of one. */
function add({ exceptions }: Draft, rule: DeviceRule, type: 'b' | 'c'): void {
  const { major, minor, index } = rule;
  const at = exceptions.findIndex((exception) => isSame(exception, rule));
  const [before] = at < 0 ? [] : exceptions.splice(at, 1);
  exceptions.push({ type, major, minor, access: accessMask(rule.access) | (before?.access ?? 0), index });
}

/** As the default: the rights are taken from the exception with the same numbers, and only from that one. */
function remove(list: Draft, rule: DeviceRule): void {
  const taken = accessMask(rule.access);
  const wildcards = list.exceptions.filter(
    (exception) => exception.type === rule.type && isWider(exception, rule) && (exception.access & taken) !== 0,
  );
  list.exceptions = list.exceptions
    .map((exception) => (isSame(exception, rule) ? { ...exception, access: exception.access & ~taken } : exception))
    .filter(({ access }) => access !== 0);
  list.holes.push(...wildcards.map((wildcard) => ({ rule, wildcard })));
}

/**
 * What a list of rules comes to: the semantics of the v1 controller, which config.json is written for. The kernel's
 * cgroup-v1/devices.rst and security/device_cgroup.c
 */
export function deviceList(rules: readonly DeviceRule[]): DeviceList {
  let list: Draft = { allow: false, exceptions: [], holes: [] };
  for (const rule of rules) {
    if (rule.type === 'all') list = { allow: rule.allow, exceptions: [], holes: [] };
    else if (rule.allow === list.allow) remove(list, rule);
    else add(list, rule, rule.type);
  }
  return list;
}

/** True for the usual list, which resets and then says the opposite: nothing is taken away, so there are no holes. */
export function onlyAdds(rules: readonly DeviceRule[]): boolean {
  let allow = false;
  for (const rule of rules) {
    if (rule.type === 'all') allow = rule.allow;
    else if (rule.allow === allow) return false;
  }
  return true;
}

/** True when nothing is denied to anybody. */
export function allowsEverything({ allow, exceptions }: DeviceList): boolean {
  return allow && exceptions.length === 0;
}

/** What is wrong with a hole, in runc's words. */
export function holeText({ rule, wildcard }: Hole): string {
  const given = ruleText({ ...wildcard, access: accessText(wildcard.access) });
  return `requested rule [${ruleText(rule)}] not supported by devices cgroupv1 (cannot punch hole in existing wildcard rule [${given}])`;
}
