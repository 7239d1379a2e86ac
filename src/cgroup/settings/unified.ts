import { Failure } from '../../native/failure.ts';
import type { CgroupPlan, ControlWrite } from '../../plan/plan.ts';
import { unifiedDirectory } from '../directory.ts';
import { escaped } from './setting.ts';

type Directories = CgroupPlan['directories'];

/** What is wrong with a key of linux.resources.unified, which becomes the name of a file: it must stay in the cgroup (GHSA-5g49-rx9x-qfc6). */
export function wrongUnifiedKey(key: string): string | undefined {
  if (key.includes('/')) return `unified resource "${key}" must be a file name (no slashes)`;
  if (!/^[^.\s]+\.[^\s]+$/.test(key) || key.includes('..'))
    return `unified resource "${key}" must be in the form CONTROLLER.PARAMETER`;
  return undefined;
}

/** Files such as io.max take one line a write(2). A value without any still is one: '' resets cpuset.cpus. */
function lines(value: string): readonly string[] {
  const filled = value.split('\n').filter((line) => line !== '');
  return filled.length === 0 ? ['\n'] : filled;
}

/** What v1 calls a controller of v2. */
function version1Name(controller: string): string {
  return controller === 'io' ? 'blkio' : controller;
}

/** Why the host cannot have it; runc's texts begin the same. A controller is in one hierarchy only. */
function refusal(directories: Directories, key: string): string | undefined {
  if (directories.length === 0) return 'unified resources need cgroup v2, and this host has no cgroups mounted';
  const prefix = 'invalid configuration: cannot use unified on cgroup v1';
  const cure = 'use the properties of memory, cpu and so on, or a host with cgroup v2';
  if (!directories.some(({ version }) => version === 2)) return `${prefix}; ${cure}`;
  const controller = key.slice(0, key.indexOf('.'));
  const taken = directories.some(
    ({ version, controllers }) => version === 1 && controllers.includes(version1Name(controller)),
  );
  return taken ? `${prefix}, where controller "${controller}" of this host is; ${cure}` : undefined;
}

/**
 * The writes of config-linux.md § Unified: files of the v2 cgroup by their own names, in the order of the config. That a controller is
 * enabled shows when they are written, since some files need none.
 *
 * @throws Failure for a controller that is not on v2, and for a key that is no file name
 */
export function unifiedWrites(
  directories: Directories,
  unified: Readonly<Record<string, string>> = {},
): ControlWrite[] {
  const directory = unifiedDirectory(directories);
  return Object.entries(unified).flatMap(([key, value]) => {
    const pointer = `/linux/resources/unified/${escaped(key)}`;
    const wrong = wrongUnifiedKey(key) ?? refusal(directories, key);
    if (wrong !== undefined || directory === undefined) throw new Failure(wrong ?? '', pointer);
    return lines(value).map((line) => ({ file: `${directory.path}/${key}`, value: line, pointer }));
  });
}
