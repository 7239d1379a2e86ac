import type { Bundle } from '../bundle/bundle.ts';
import { readConfig } from '../bundle/load.ts';
import { type Problem, refuse } from '../bundle/problem.ts';
import { validateConfig, validateOnHost } from '../bundle/validate.ts';
import { planCgroups } from '../cgroup/driver.ts';
import type { HostFacts } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import type { Config } from '../oci/types.ts';
import { clean, resolve } from '../plan/path.ts';
import { type Check, neededBy, type Patient } from './check.ts';

/**
 * The bundle in `directory`, which becomes the working directory: what is wrong with its config is an error, what the host lacks for it
 * is not looked for yet.
 *
 * @throws Failure as loadBundle does, for config.json alone
 */
export function openBundle(native: Native, directory: string): Bundle {
  native.chdir(directory);
  const path = native.getcwd();
  const value = readConfig(native, 'config.json');
  refuse(validateConfig(value), 'invalid config: ');
  const config = value as Config;
  return { path, config, rootfs: clean(resolve(path, config.root?.path ?? '')) };
}

/** What puts a problem right, by where it is. */
const cures: readonly (readonly [pointer: RegExp, cure: string])[] = [
  [/^\/mounts\/\d+\/source$/, 'make what is missing on the host, or correct the source in config.json'],
  [/^\/mounts\/\d+$/, 'run as root, or take the mapping out of the mount'],
  [/^\/root\/path$/, 'unpack the image there, or correct root.path'],
  [
    /^\/linux\/namespaces$/,
    'noci spec --rootless writes a config for ordinary users; for what the kernel lacks take the entry out',
  ],
  [/^\/linux\/namespaces\/\d+\/path$/, 'make the namespace first, or take the path out to get a new one'],
  [/^\/linux\/resources\//, 'take the limit out, or give the host what it needs'],
  [/^\/linux\/netDevices/, 'run as root with a network namespace of its own, and make the device first'],
  [
    /^\/process\/(apparmorProfile|selinuxLabel)$|^\/linux\/mountLabel$/,
    'enable the security module, or take the label out',
  ],
  [/^\/process\/user\/additionalGids$/, 'take the groups out, or map them by newgidmap(1)'],
];

function cureFor(pointer: string): string {
  return cures.find(([pattern]) => pattern.test(pointer))?.[1] ?? 'see the place in config.json';
}

function checkOf({ pointer, message }: Problem): Check {
  return {
    area: 'bundle',
    name: pointer === '' ? 'config.json' : pointer,
    question: 'what create asks of the host for this bundle',
    ask: () => ({ found: 'absent', detail: message }),
    consequence: 'create refuses the bundle',
    cure: cureFor(pointer),
    need: neededBy('some', () => pointer),
  };
}

/** Limits whose controller is not there, a cgroupsPath that is none. */
function cgroupProblems({ native, facts, systemdCgroup, rootless }: Patient, { config }: Bundle): Problem[] {
  try {
    planCgroups(native, config, facts, 'noci-doctor', { systemdCgroup, rootless });
    return [];
  } catch (error) {
    if (error instanceof Failure) return [{ pointer: error.pointer, message: error.message }];
    throw error;
  }
}

function hostProblems({ native }: Patient, facts: HostFacts, bundle: Bundle): Problem[] {
  return validateOnHost(native, facts, bundle);
}

/** What create would refuse on this host, by the checks of create itself. */
export function bundleChecks(patient: Patient): readonly Check[] {
  const { bundle, facts } = patient;
  if (bundle === undefined) return [];
  return [...hostProblems(patient, facts, bundle), ...cgroupProblems(patient, bundle)].map(checkOf);
}
