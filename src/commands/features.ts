import type { Command } from '../cli/command.ts';
import { commit, version } from '../native/release.ts';
import { sortedMap, writeJson } from '../oci/json.ts';
import type {
  Arch,
  Features,
  LinuxFeatures,
  LinuxNamespaceType,
  LinuxSeccompAction,
  LinuxSeccompFlag,
  LinuxSeccompOperator,
  SeccompFeatures,
} from '../oci/types.ts';
import { ociVersion } from '../oci/version.ts';
import { CAPABILITIES } from '../plan/capabilities.ts';
import { HOOKS } from '../plan/hooks.ts';
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from '../plan/memory-policy.ts';
import { MOUNT_OPTIONS } from '../plan/mount-options.ts';
import { NAMESPACES } from '../plan/namespaces.ts';
import { ACTIONS } from '../seccomp/actions.ts';
import { ARCHITECTURES } from '../seccomp/architectures.ts';
import { FLAGS } from '../seccomp/flags.ts';
import { OPERATORS } from '../seccomp/operators.ts';

function sortedKeys(table: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(table).sort();
}

/** Linux 5.19; every other flag is older than what noci needs. */
function waitsKillably(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.', 2).map(Number);
  return major > 5 || (major === 5 && minor >= 19);
}

function seccompFeatures(release: string): SeccompFeatures {
  const knownFlags = Object.keys(FLAGS) as LinuxSeccompFlag[];
  return {
    enabled: true,
    actions: sortedKeys(ACTIONS) as LinuxSeccompAction[],
    operators: sortedKeys(OPERATORS) as LinuxSeccompOperator[],
    archs: sortedKeys(ARCHITECTURES) as Arch[],
    knownFlags,
    supportedFlags: knownFlags.filter(
      (flag) => flag !== 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV' || waitsKillably(release),
    ),
  };
}

function linuxFeatures(release: string): LinuxFeatures {
  return {
    namespaces: sortedKeys(NAMESPACES) as LinuxNamespaceType[],
    capabilities: CAPABILITIES,
    cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
    seccomp: seccompFeatures(release),
    apparmor: { enabled: true },
    selinux: { enabled: true },
    intelRdt: { enabled: true, schemata: true, monitoring: true },
    memoryPolicy: { modes: sortedKeys(MEMORY_POLICY_MODES), flags: sortedKeys(MEMORY_POLICY_FLAGS) },
    mountExtensions: { idmap: { enabled: true } },
    netDevices: { enabled: true },
  };
}

/** Named as runc names them: it is by these names that callers look for them. */
function annotations(): Record<string, string> {
  return sortedMap({
    'org.opencontainers.runc.version': version,
    ...(commit === '' ? {} : { 'org.opencontainers.runc.commit': commit }),
    'org.opencontainers.runc.checkpoint.enabled': 'false',
  });
}

/** What noci implements on a kernel of this release (uname(2)), computed from the tables that do the work. features.md, features-linux.md */
export function features(release: string): Features {
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: ociVersion,
    hooks: HOOKS,
    mountOptions: sortedKeys(MOUNT_OPTIONS),
    linux: linuxFeatures(release),
    annotations: annotations(),
    potentiallyUnsafeConfigAnnotations: ['bundle', 'org.systemd.property.', 'org.criu.config'],
  };
}

/** `features`: prints {@link features}. Only the kernel's release is asked for, so that it is the same for everybody on a host. */
export const command: Command<'features'> = (native) => {
  native.write(1, `${writeJson(features(native.uname().release), '    ')}\n`);
  return 0;
};
