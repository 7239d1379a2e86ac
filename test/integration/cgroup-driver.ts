// Which driver of cgroups the runtime under test uses: cgroupfs, or systemd when the environment variable NOCI_CGROUP_DRIVER says so.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Draft } from './bundle.ts';
import { unifiedMount } from './unified.ts';

export type Driver = 'cgroupfs' | 'systemd';

const onSystemd = process.env.NOCI_CGROUP_DRIVER === 'systemd';

export const driver: Driver = onSystemd ? 'systemd' : 'cgroupfs';

/** Words of the global options, before the command. */
export const driverOptions: readonly string[] = onSystemd ? ['--systemd-cgroup'] : [];

/** Gives a container that says nothing of its cgroup one of its own, SLICE:PREFIX:NAME, where the driver is systemd. */
export function placeOnSystemd(config: Draft, id: string): void {
  if (onSystemd && config.linux !== undefined) config.linux.cgroupsPath ??= `system.slice:noci-test:${id}`;
}

/** Why a test about hierarchies of cgroup version 1 cannot run here, or false. */
export const withoutVersion1: string | false = existsSync('/sys/fs/cgroup/cgroup.controllers') && 'cgroup v1 only';

/** Why a test about paths in the hierarchy cannot run here, or false. */
export const withoutCgroupfs: string | false = onSystemd && 'cgroupfs driver only';

/** HIERARCHY, CONTROLLERS and PATH of each line of the caller's own cgroups. cgroups(7) */
const own = (): string[][] =>
  readFileSync('/proc/self/cgroup', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(':'));

/** Where {@link placeOnSystemd} puts it. */
const scope = (id: string) => join('system.slice', `noci-test-${id}.scope`);

/** Where the cgroup of version 2 is of a container whose config.json names none: beside the caller's, or a scope. */
export function unifiedCgroupOf(id: string): string {
  if (onSystemd) return join(unifiedMount(), scope(id));
  const [, , path = '/'] = own().find(([hierarchy]) => hierarchy === '0') ?? [];
  return join(unifiedMount(), dirname(path), id);
}

/** The same for whatever hierarchy has a controller; below the caller's cgroup in version 1. */
export function cgroupOf(controller: string, id: string): string {
  const [, names, path] = own().find(([, names = '']) => names.split(',').includes(controller)) ?? [];
  if (names === undefined || path === undefined) return unifiedCgroupOf(id);
  return join('/sys/fs/cgroup', names, onSystemd ? scope(id) : join(path, id));
}
