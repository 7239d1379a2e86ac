// The lists of the v1 devices controller as the kernel's security/device_cgroup.c keeps them, written down once more, and lists of rules
// by the thousand.
import type { DeviceRule } from '../../../src/cgroup/device-rules.ts';

/** What a process asks for. */
export interface Access {
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  readonly letters: string;
}

const bits: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
/** BPF_DEVCG_ACC_* of some of the letters r, w and m. */
export const mask = (letters: string): number => [...letters].reduce((sum, letter) => sum + (bits[letter] ?? 0), 0);

interface Exception {
  type: string;
  major: number;
  minor: number;
  access: number;
}

/** struct dev_cgroup and what writes to devices.allow and devices.deny do with it; ~0 stands for every number. */
class Controller {
  defaultAllow = false;
  exceptions: Exception[] = [];

  write({ allow, type, major, minor, access }: DeviceRule): void {
    if (type === 'all') {
      this.exceptions = [];
      this.defaultAllow = allow;
      return;
    }
    const key = { type, major: major ?? -1, minor: minor ?? -1 };
    const same = (one: Exception) => one.type === key.type && one.major === key.major && one.minor === key.minor;
    const found = this.exceptions.find(same);
    if (allow === this.defaultAllow) {
      if (found) found.access &= ~mask(access);
      this.exceptions = this.exceptions.filter((one) => one.access !== 0);
    } else if (found) found.access |= mask(access);
    else this.exceptions.push({ ...key, access: mask(access) });
  }

  /** __devcgroup_check_permission */
  permits({ type, major, minor, letters }: Access): boolean {
    const asked = mask(letters);
    const about = this.exceptions.filter(
      (one) =>
        one.type === type && (one.major === -1 || one.major === major) && (one.minor === -1 || one.minor === minor),
    );
    if (this.defaultAllow) return !about.some(({ access }) => (access & asked) !== 0);
    return about.some(({ access }) => (asked & ~access) === 0);
  }
}

/** The controller after some writes. */
export function model(rules: readonly DeviceRule[]): Controller {
  const controller = new Controller();
  for (const rule of rules) controller.write(rule);
  return controller;
}

/** Every access that the kernel can be asked about. */
export const letters = ['', 'r', 'w', 'm', 'rw', 'rm', 'wm', 'rwm'];

/** Numbers that are the same at every run: xorshift of 32 bits. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Up to eight rules, some of which reset the list. */
export function generateRules(next: (below: number) => number): DeviceRule[] {
  const pick = <T>(list: readonly T[]): T => list[next(list.length)] as T;
  return Array.from({ length: next(9) }, (_, index) => ({
    allow: next(2) === 0,
    type: pick(['b', 'c', 'c', 'c', 'b', 'all'] as const),
    major: pick([undefined, 0, 1, 5, 0xffffffff]),
    minor: pick([undefined, 1, 3, 200]),
    access: pick(letters.slice(1)),
    index,
  }));
}
