import type { Config } from '../../oci/types.ts';
import { type Check, type Problem, problemIf } from '../problem.ts';

/** One thing that the specification has and this version does not: where a config asks for it, and its name. */
interface Feature {
  readonly pointer: string;
  readonly name: string;
  readonly asked: (config: Config) => boolean;
}

function filled(list: readonly unknown[] | Readonly<Record<string, unknown>> | undefined): boolean {
  return list !== undefined && Object.keys(list).length > 0;
}

/** Go's zero value means "not set" to runc, and engines write it out. */
function given(value: number | bigint | string | boolean | undefined): boolean {
  return value !== undefined && value !== '' && value !== false && value !== 0;
}

const features: readonly Feature[] = [
  {
    pointer: '/process/apparmorProfile',
    name: 'AppArmor',
    // where AppArmor is on, engines write this for "none"; that it is so already, host-checks/apparmor.ts sees to
    asked: ({ process }) => given(process?.apparmorProfile) && process?.apparmorProfile !== 'unconfined',
  },
  { pointer: '/process/selinuxLabel', name: 'SELinux', asked: ({ process }) => given(process?.selinuxLabel) },
  { pointer: '/linux/mountLabel', name: 'SELinux', asked: ({ linux }) => given(linux?.mountLabel) },
  { pointer: '/linux/seccomp', name: 'seccomp', asked: ({ linux }) => linux?.seccomp !== undefined },
  { pointer: '/linux/netDevices', name: 'moving network devices', asked: ({ linux }) => filled(linux?.netDevices) },
  { pointer: '/linux/intelRdt', name: 'Intel RDT', asked: ({ linux }) => linux?.intelRdt !== undefined },
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
