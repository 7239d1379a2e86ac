import { deviceList, type Hole, holeText, onlyAdds } from '../../cgroup/device-list.ts';
import { deviceRules } from '../../cgroup/device-rules.ts';
import type { LinuxDevice, LinuxDeviceCgroup } from '../../oci/types.ts';
import { isAbsolute } from '../path-text.ts';
import { type Check, type Problem, problem, problemIf } from '../problem.ts';

/** dev_t of the kernel: 12 bits of major, 20 of minor number. makedev(3) */
const greatest = { major: 0xfff, minor: 0xfffff } as const;

function checkNumber(device: LinuxDevice, part: 'major' | 'minor', index: number): Problem[] {
  const place = `/linux/devices/${index}/${part}`;
  const number = device[part];
  if (number === undefined) return [problem(place, `device ${device.path} needs its ${part} number`)];
  const wrong = number < 0 || number > greatest[part];
  return problemIf(wrong, place, `must be between 0 and ${greatest[part]}, is ${number}`);
}

function checkDevice(device: LinuxDevice, index: number): Problem[] {
  const { path, type } = device;
  const numbers = type === 'p' ? [] : (['major', 'minor'] as const).flatMap((part) => checkNumber(device, part, index));
  return [
    ...problemIf(!isAbsolute(path), ['linux', 'devices', index, 'path'], `device path "${path}" must be absolute`),
    ...numbers,
  ];
}

/** config-linux.md § Devices: type is in the schema, the numbers are required unless it is a FIFO. mknod(2) */
export const checkDevices: Check = ({ linux }) => (linux?.devices ?? []).flatMap(checkDevice);

/**
 * Rules are compared with numbers of 32 bits by both versions of cgroups. The greatest of them is every number for a v1 controller and
 * none for a program: ~0 of the kernel's security/device_cgroup.c.
 */
const greatestOfRule = 0xfffffffe;

function checkRule({ type, access, major, minor }: LinuxDeviceCgroup, index: number): Problem[] {
  const place = (key: string) => ['linux', 'resources', 'devices', index, key];
  const tooLow = (number: number | bigint | undefined) => number !== undefined && number < -1;
  const tooHigh = (number: number | bigint | undefined) => number !== undefined && number > greatestOfRule;
  return [
    ...problemIf(!['', 'a', 'b', 'c', undefined].includes(type), place('type'), `invalid device type "${type}"`),
    ...problemIf(!access, place('access'), `device access at ${index} field cannot be empty`),
    ...problemIf(!!access && !/^[rwm]+$/.test(access), place('access'), `invalid device access "${access}"`),
    ...problemIf(tooLow(major), place('major'), `must not be less than -1, is ${major}`),
    ...problemIf(tooLow(minor), place('minor'), `must not be less than -1, is ${minor}`),
    ...problemIf(tooHigh(major), place('major'), `must be at most ${greatestOfRule}, is ${major}`),
    ...problemIf(tooHigh(minor), place('minor'), `must be at most ${greatestOfRule}, is ${minor}`),
  ];
}

/** What every container may do comes after the rules: where that is at odds with a wildcard, the wildcard's rule is to blame. */
function holeProblem(hole: Hole): Problem {
  const index = hole.rule.index ?? hole.wildcard.index ?? 0;
  return problem(`/linux/resources/devices/${index}`, holeText(hole));
}

/**
 * A list of the v1 controller ignores silently what takes away a part of a wildcard, so that a denial would not hold; it is refused with
 * both versions of cgroups. One problem for each rule.
 */
function checkHoles(rules: readonly LinuxDeviceCgroup[]): Problem[] {
  const all = deviceRules(rules);
  if (onlyAdds(all)) return [];
  const problems = deviceList(all).holes.map(holeProblem);
  const first = new Map(problems.reverse().map((item) => [item.pointer, item]));
  return [...first.values()].reverse();
}

/** config-linux.md § Allowed Device list. -1 is a wildcard for runc, and engines write it. */
export const checkDeviceRules: Check = ({ linux }) => {
  const rules = linux?.resources?.devices ?? [];
  const wrong = rules.flatMap(checkRule);
  return wrong.length > 0 ? wrong : checkHoles(rules);
};
