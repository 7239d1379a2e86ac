import type { Planner } from './planner.ts';
import { planned } from './planner.ts';
import { pointer } from './pointer.ts';

const swapped: Readonly<Record<string, string>> = { '.': '/', '/': '.' };

/**
 * The path below /proc/sys of a sysctl key. The first separator decides, as for sysctl(8): "net.ipv4.conf.eth0/1.mtu" and
 * "net/ipv4/conf/eth0.1/mtu" are the same. Undefined when the path would have an empty, "." or ".." component.
 */
export function sysctlPath(key: string): string | undefined {
  const path = /[./]/.exec(key)?.[0] === '.' ? key.replace(/[./]/g, (separator) => swapped[separator] ?? '') : key;
  return path.split('/').some((part) => part === '' || part === '.' || part === '..') ? undefined : path;
}

/** `linux.sysctl`. Which keys belong to a namespace of the container is bundle/checks' to say. */
export const sysctl: Planner = ({ linux }) =>
  Object.entries(linux.sysctl ?? {}).map(([name, value]) => {
    const key = sysctlPath(name);
    if (key === undefined) throw new Error(`sysctl "${name}" is not a parameter`);
    return planned({ step: 'sysctl', key, value }, pointer('linux', 'sysctl', name));
  });
