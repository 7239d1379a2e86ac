import { join } from 'node:path';
import { loadBundle, readConfig } from '../bundle/load.ts';
import type { Problem } from '../bundle/problem.ts';
import { validateConfig, validateOnHost } from '../bundle/validate.ts';
import { planCgroups } from '../cgroup/driver.ts';
import { probeHost } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../native/open-flags.ts';
import type { Config } from '../oci/types.ts';
import { planContainer } from '../plan/container-plan.ts';
import { explain } from '../plan/explain.ts';
import { clean, resolve } from '../plan/path.ts';
import type { ContainerPlan } from '../plan/plan.ts';
import { makeFilter } from '../seccomp/filter.ts';

/** How `create` would be called. */
export interface PlanRequest {
  /** absolute */
  readonly bundle: string;
  readonly id: string;
  readonly systemdCgroup: boolean;
  readonly rootless: boolean | 'auto';
}

/** What can be asked of a config without making anything. */
export interface Planning {
  validateConfig(config: unknown): Problem[];
  validateBundle(bundle: string): Problem[];
  plan(request: PlanRequest): ContainerPlan;
  explain(request: PlanRequest): string;
}

export function createPlanning(native: Native): Planning {
  const plan = (request: PlanRequest) => planBundle(elsewhere(native), request);
  return {
    validateConfig,
    validateBundle: (bundle) => validateBundle(elsewhere(native), bundle),
    plan,
    explain: (request) => explain(plan(request)),
  };
}

/**
 * The core makes the bundle its working directory, but that is one for all threads of a program. So this host has a working directory of
 * its own, which paths are resolved against by text.
 */
function elsewhere(native: Native): Native {
  let current = '/';
  const at = (path: string) => (path.startsWith('/') ? path : join(current, path));
  const from = <T>(directory: number, path: string, act: (path: string) => T): T =>
    act(directory === AT_FDCWD ? at(path) : path);
  return {
    ...native,
    getcwd: () => current,
    chdir: (path) => {
      const fd = native.open(AT_FDCWD, at(path), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
      current = native.readlink(AT_FDCWD, `/proc/self/fd/${fd}`);
      native.close(fd);
    },
    open: (directory, path, flags, mode) => from(directory, path, (name) => native.open(directory, name, flags, mode)),
    openat2: (directory, path, flags, mode, how) =>
      from(directory, path, (name) => native.openat2(directory, name, flags, mode, how)),
    readText: (directory, path, maximum) => from(directory, path, (name) => native.readText(directory, name, maximum)),
    readlink: (directory, path) => from(directory, path, (name) => native.readlink(directory, name)),
    stat: (directory, path, flags) => from(directory, path, (name) => native.stat(directory, name, flags)),
    statfs: (path) => native.statfs(at(path)),
  };
}

function validateBundle(native: Native, directory: string): Problem[] {
  native.chdir(directory);
  const path = native.getcwd();
  const value = readConfig(native, 'config.json');
  const problems = validateConfig(value);
  if (problems.length > 0) return problems;
  const config = value as Config;
  const rootfs = clean(resolve(path, config.root?.path ?? ''));
  return validateOnHost(native, probeHost(native), { path, config, rootfs });
}

function planBundle(native: Native, request: PlanRequest): ContainerPlan {
  const facts = probeHost(native);
  const bundle = loadBundle(native, request.bundle, facts);
  const { config } = bundle;
  const cgroup = planCgroups(native, config, facts, request.id, request);
  const profile = config.linux?.seccomp;
  const seccomp = profile && makeFilter(native, profile, undefined);
  const options = {
    id: request.id,
    noPivot: false,
    noNewKeyring: false,
    start: 'fifo',
    trace: false,
    listenFds: 0,
    listenFdNames: '',
    notify: false,
  } as const;
  return planContainer(bundle, facts, options, cgroup, seccomp);
}
