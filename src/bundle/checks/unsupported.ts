import type { Config } from '../../oci/types.ts';
import { type Check, type Problem, problemIf } from '../problem.ts';

/** One thing that the specification has and this version does not: where a config asks for it, and its name. */
interface Feature {
  readonly pointer: string;
  readonly name: string;
  readonly asked: (config: Config) => boolean;
}

const features: readonly Feature[] = [
  { pointer: '/linux/seccomp', name: 'seccomp', asked: ({ linux }) => linux?.seccomp !== undefined },
];

function refusal(pointer: string, name: string): Problem[] {
  return problemIf(true, pointer, `${name} is not supported by this version`);
}

/**
 * What this version does not build: refused with its place, since nothing that a config asks for may be ignored silently
 * (runtime.md § Errors). A config can be valid and unsupported, so this check stands apart from the others.
 */
export const checkUnsupported: Check = (config) => {
  return features.filter(({ asked }) => asked(config)).flatMap(({ pointer, name }) => refusal(pointer, name));
};
