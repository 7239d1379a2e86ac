// The library: what `import { … } from 'noci'` gives. Everything here looks and decides; nothing makes a container.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '../bundle/load.ts';
import type { Problem } from '../bundle/problem.ts';
import { validateConfig } from '../bundle/validate.ts';
import { planCgroup } from '../cgroup/plan.ts';
import { stateRoot } from '../cli/root.ts';
import { openBundle } from '../doctor/bundle.ts';
import { type Examination, examine } from '../doctor/examine.ts';
import { probeHost } from '../host/facts.ts';
import { planContainer } from '../plan/container-plan.ts';
import type { ContainerPlan } from '../plan/plan.ts';
import { createHost } from './host.ts';

export type { Bundle } from '../bundle/bundle.ts';
export type { Examination, Finding } from '../doctor/examine.ts';
export type { HostFacts } from '../host/facts.ts';
export { Failure } from '../native/failure.ts';
export type * from '../oci/types.ts';
export { explain } from '../plan/explain.ts';
export type { ContainerPlan, FdRecipe, PlannedStep } from '../plan/plan.ts';
export type { Problem };

/**
 * What is wrong with a config.json that was parsed already, by the schemas and by the rules that a schema cannot say.
 * Each problem names its place by a JSON pointer (RFC 6901). An empty list: nothing. Nothing of the host is looked at.
 */
export function validate(config: unknown): Problem[] {
  return validateConfig(config);
}

/**
 * What noci would do to create a container from the bundle in `directory`: every step, as data, without doing any.
 * `explain` prints it. The working directory becomes the bundle, as it does for `noci create`.
 * @throws Failure when the bundle is invalid, naming each problem's place
 */
export function plan(directory: string, id: string): ContainerPlan {
  const native = createHost(dirname(fileURLToPath(import.meta.url)));
  const facts = probeHost(native);
  const bundle = loadBundle(native, directory, facts);
  const options = {
    id,
    noPivot: false,
    noNewKeyring: false,
    start: 'fifo',
    trace: false,
    listenFds: 0,
    listenFdNames: '',
    notify: false,
  } as const;
  return planContainer(bundle, facts, options, planCgroup(bundle.config, facts, id));
}

/**
 * What this host offers and lacks for containers, as `noci doctor --json` says it. The working directory becomes the bundle when
 * one is named.
 *
 * @param directory of a bundle: then only what that needs is asked
 * @throws Failure when its config.json is invalid
 */
export function doctor(directory?: string): Examination {
  const native = createHost(dirname(fileURLToPath(import.meta.url)));
  const bundle = directory === undefined ? undefined : openBundle(native, directory);
  const root = stateRoot(native, undefined).path;
  return examine({ native, facts: probeHost(native), root, systemdCgroup: false, rootless: 'auto', bundle });
}
