import { checkUnsupported } from '../bundle/checks/unsupported.ts';
import type { Command } from '../cli/command.ts';
import { commit, version } from '../native/release.ts';
import { sortedMap, writeJson } from '../oci/json.ts';
import type { Config, Features, LinuxFeatures, LinuxNamespaceType } from '../oci/types.ts';
import { ociVersion } from '../oci/version.ts';
import { CAPABILITIES } from '../plan/capabilities.ts';
import { HOOKS } from '../plan/hooks.ts';
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from '../plan/memory-policy.ts';
import { MOUNT_OPTIONS } from '../plan/mount-options.ts';
import { NAMESPACES } from '../plan/namespaces.ts';

type Linux = NonNullable<Config['linux']>;

/** What asks for the property and nothing else is refused by the same check that a bundle meets: nothing is announced that would fail. */
function takes(asking: Omit<Config, 'ociVersion'>): boolean {
  return checkUnsupported({ ociVersion, ...asking }).length === 0;
}

function takesLinux(linux: Linux): boolean {
  return takes({ linux });
}

function sortedKeys(table: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(table).sort();
}

function linuxFeatures(): LinuxFeatures {
  const namespaces = sortedKeys(NAMESPACES) as LinuxNamespaceType[];
  const mapped = { destination: '/x', type: 'bind', source: '/x', options: ['bind', 'idmap'] };
  return {
    namespaces: namespaces.filter((type) => takesLinux({ namespaces: [{ type }] })),
    capabilities: CAPABILITIES,
    cgroup: {
      v1: true,
      v2: true,
      systemd: true,
      systemdUser: true,
      rdma: takesLinux({ resources: { rdma: { x: { hcaHandles: 1 } } } }),
    },
    seccomp: { enabled: takesLinux({ seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } }) },
    apparmor: { enabled: takes({ process: { cwd: '/', apparmorProfile: 'x' } }) },
    selinux: { enabled: takes({ process: { cwd: '/', selinuxLabel: 'x' } }) },
    intelRdt: {
      enabled: takesLinux({ intelRdt: {} }),
      schemata: takesLinux({ intelRdt: { schemata: ['x'] } }),
      monitoring: takesLinux({ intelRdt: { enableMonitoring: true } }),
    },
    memoryPolicy: { modes: sortedKeys(MEMORY_POLICY_MODES), flags: sortedKeys(MEMORY_POLICY_FLAGS) },
    mountExtensions: { idmap: { enabled: takes({ mounts: [mapped] }) } },
    netDevices: { enabled: takesLinux({ netDevices: { x: {} } }) },
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

/** What noci implements, computed from the tables that do the work. features.md, features-linux.md */
export function features(): Features {
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: ociVersion,
    hooks: HOOKS,
    mountOptions: sortedKeys(MOUNT_OPTIONS),
    linux: linuxFeatures(),
    annotations: annotations(),
    potentiallyUnsafeConfigAnnotations: ['bundle', 'org.systemd.property.', 'org.criu.config'],
  };
}

/** `features`: prints {@link features}. Asks nothing of the host, so that it is the same for everybody. */
export const command: Command<'features'> = (native) => {
  native.write(1, `${writeJson(features(), '    ')}\n`);
  return 0;
};
