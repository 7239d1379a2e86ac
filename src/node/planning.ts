import { join } from 'node:path';
import { readConfig } from '../bundle/load.ts';
import type { Problem } from '../bundle/problem.ts';
import { validateConfig, validateOnHost } from '../bundle/validate.ts';
import { stateRoot } from '../cli/root.ts';
import { explainBundle, type PreviewRequest, previewBundle } from '../container/preview.ts';
import { openBundle } from '../doctor/bundle.ts';
import { type Examination, examine } from '../doctor/examine.ts';
import { probeHost } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../native/open-flags.ts';
import type { Config } from '../oci/types.ts';
import type { Explanation } from '../plan/explanation.ts';
import { explanationText } from '../plan/explanation-text.ts';
import { clean, resolve } from '../plan/path.ts';
import type { ContainerPlan } from '../plan/plan.ts';

/** How the runtime would be called. */
export interface ExamineRequest {
  /** absolute */
  readonly bundle: string | undefined;
  readonly root: string | undefined;
  readonly systemdCgroup: boolean;
  readonly rootless: boolean | 'auto';
}

/** How `create` would be called. */
export interface PlanRequest extends ExamineRequest {
  readonly bundle: string;
  readonly id: string;
}

/** What can be asked of a config or the host without making anything. */
export interface Planning {
  validateConfig(config: unknown): Problem[];
  validateBundle(bundle: string): Problem[];
  plan(request: PlanRequest): ContainerPlan;
  explain(request: PlanRequest): string;
  explanation(request: PlanRequest): Explanation;
  doctor(request: ExamineRequest): Examination;
}

export function createPlanning(native: Native): Planning {
  return {
    validateConfig,
    validateBundle: (bundle) => validateBundle(elsewhere(native), bundle),
    plan: (request) => planFor(elsewhere(native), request),
    explain: (request) => explanationText(explainFor(elsewhere(native), request)),
    explanation: (request) => explainFor(elsewhere(native), request),
    doctor: (request) => examineFor(elsewhere(native), request),
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

/** Warnings are a part of the answer, and nobody asks for more. */
const silent = { debugging: false, debug: () => {}, warning: () => {} };

function asPreview(native: Native, { root, ...request }: PlanRequest): PreviewRequest {
  return { ...request, root: stateRoot(native, root).path, rootSticky: false };
}

function planFor(native: Native, request: PlanRequest): ContainerPlan {
  return previewBundle(native, asPreview(native, request), silent).plan;
}

function explainFor(native: Native, request: PlanRequest): Explanation {
  return explainBundle(native, asPreview(native, request), silent);
}

function examineFor(native: Native, { bundle, root, systemdCgroup, rootless }: ExamineRequest): Examination {
  const opened = bundle === undefined ? undefined : openBundle(native, bundle);
  const path = stateRoot(native, root).path;
  return examine({ native, facts: probeHost(native), root: path, systemdCgroup, rootless, bundle: opened });
}
