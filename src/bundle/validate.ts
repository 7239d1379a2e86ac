import type { HostFacts } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { checkConfig, checkProcess } from '../oci/schema.ts';
import type { Config, Process } from '../oci/types.ts';
import { ociVersion } from '../oci/version.ts';
import { isEmptyProfile } from '../seccomp/filter.ts';
import type { Bundle } from './bundle.ts';
import { checkCgroupsPath } from './checks/cgroup.ts';
import { checkDeviceRules, checkDevices } from './checks/devices.ts';
import { checkExecCpuAffinity } from './checks/exec-cpu-affinity.ts';
import { checkHooks } from './checks/hooks.ts';
import { checkHostname } from './checks/hostname.ts';
import { checkIdMappings, checkMappedMountOptions, checkMappedUser } from './checks/id-mappings.ts';
import { checkIdmaps } from './checks/idmap.ts';
import { checkIntelRdt } from './checks/intel-rdt.ts';
import { checkIoPriority } from './checks/io-priority.ts';
import { checkMaskedPaths } from './checks/masked-paths.ts';
import { checkMemoryPolicy } from './checks/memory-policy.ts';
import { checkMountNamespace } from './checks/mount-namespace.ts';
import { checkMounts } from './checks/mounts.ts';
import { checkNamespaces, checkUserNamespace } from './checks/namespaces.ts';
import { checkNetDevices } from './checks/net-devices.ts';
import { checkOciVersion } from './checks/oci-version.ts';
import { checkProcessProperty } from './checks/process.ts';
import { checkResources } from './checks/resources.ts';
import { checkRlimits } from './checks/rlimits.ts';
import { checkRoot } from './checks/root.ts';
import { checkRootfsPropagation, isRootfsPropagation } from './checks/rootfs-propagation.ts';
import { checkScheduler } from './checks/scheduler.ts';
import { checkSeccomp } from './checks/seccomp.ts';
import { checkSysctl } from './checks/sysctl.ts';
import { checkTimeOffsets } from './checks/time-offsets.ts';
import { checkUser } from './checks/user.ts';
import { checkDeviceController } from './host-checks/devices.ts';
import { checkAdditionalGroups } from './host-checks/groups.ts';
import type { HostCheck } from './host-checks/host-check.ts';
import { checkHugepageSizes } from './host-checks/hugepages.ts';
import { checkIdmapPrivileges } from './host-checks/idmap.ts';
import { checkLabels } from './host-checks/labels.ts';
import { checkDetachedMounts } from './host-checks/mount-namespace.ts';
import { checkMountSources } from './host-checks/mounts.ts';
import { checkNamespacePaths, checkNetworkSysctl, checkTimeNamespace } from './host-checks/namespaces.ts';
import { checkNetDevicesOnHost } from './host-checks/net-devices.ts';
import { checkRootfs } from './host-checks/rootfs.ts';
import { checkRootless } from './host-checks/rootless.ts';
import type { Check, Problem } from './problem.ts';

/** All that a schema cannot say of a process. */
const processChecks: readonly Check[] = [
  checkProcessProperty,
  checkUser,
  checkRlimits,
  checkScheduler,
  checkIoPriority,
  checkExecCpuAffinity,
];

/** All that a schema cannot say of a config, in the order in which problems are told. */
const checks: readonly Check[] = [
  checkOciVersion,
  ...processChecks,
  checkRoot,
  checkHostname,
  checkMountNamespace,
  checkMounts,
  checkIdmaps,
  checkHooks,
  checkNamespaces,
  checkUserNamespace,
  checkIdMappings,
  checkMappedUser,
  checkMappedMountOptions,
  checkTimeOffsets,
  checkNetDevices,
  checkDevices,
  checkCgroupsPath,
  checkDeviceRules,
  checkResources,
  checkRootfsPropagation,
  checkSysctl,
  checkMaskedPaths,
  checkMemoryPolicy,
  checkIntelRdt,
  checkSeccomp,
];

/** What needs a look at the host. */
const hostChecks: readonly HostCheck[] = [
  checkRootfs,
  checkMountSources,
  checkNamespacePaths,
  checkTimeNamespace,
  checkNetworkSysctl,
  checkNetDevicesOnHost,
  checkHugepageSizes,
];

/** Where the schema of the specification is narrower than what runc takes and engines write. */
const wider: Readonly<Record<string, (config: Config) => boolean>> = {
  '/linux/rootfsPropagation': ({ linux }) => isRootfsPropagation(linux?.rootfsPropagation),
  '/linux/seccomp/defaultAction': ({ linux }) => isEmptyProfile(linux?.seccomp ?? {}),
};

function shapeProblems(value: unknown): Problem[] {
  return checkConfig(value).filter(({ pointer }) => wider[pointer]?.(value as Config) !== true);
}

/** A check may stumble over a value of the wrong type: that value is among the problems of the shape already. */
function runOnMisshapen(check: Check, config: Config): Problem[] {
  try {
    return check(config);
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}

/** Of two problems at one place the check's stands: its text is the one that callers know. */
function merge(found: readonly Problem[], shape: readonly Problem[]): Problem[] {
  const places = new Set(found.map(({ pointer }) => pointer));
  return [...found, ...shape.filter(({ pointer }) => !places.has(pointer))];
}

/**
 * Everything that is wrong with a parsed config.json by itself: its shape (schemas/) and what a schema cannot say (bundle/checks).
 * A config without problems is a {@link Config}. Properties that nobody knows are ignored (config.md § Extensibility).
 */
export function validateConfig(value: unknown): Problem[] {
  const shape = shapeProblems(value);
  const config = value as Config;
  // No object at all: there is nothing that the checks could say.
  if (shape.some(({ pointer }) => pointer === '')) return shape;
  if (shape.length === 0) return checks.flatMap((check) => check(config));
  return merge(
    checks.flatMap((check) => runOnMisshapen(check, config)),
    shape,
  );
}

/**
 * The same for a process alone, as `exec` takes it (config.md § Process). Pointers are those of a config, /process/… Nothing else
 * of a config is looked at: what it asks for was looked at when the container was made.
 */
export function validateProcess(value: unknown): Problem[] {
  const shape = checkProcess(value).map(({ pointer, message }) => ({ pointer: `/process${pointer}`, message }));
  if (shape.some(({ pointer }) => pointer === '/process')) return shape;
  const config = { ociVersion, process: value } as Config;
  if (shape.length === 0) return validateProcessRules(config.process as Process);
  return merge(
    processChecks.flatMap((check) => runOnMisshapen(check, config)),
    shape,
  );
}

/** Only what a schema cannot say, of a process that has the right shape. */
export function validateProcessRules(process: Process): Problem[] {
  return processChecks.flatMap((check) => check({ ociVersion, process }));
}

/** Everything about a bundle that this host cannot give it. Nothing is changed. Throws what the kernel refuses to answer. */
export function validateOnHost(native: Native, facts: HostFacts, bundle: Bundle): Problem[] {
  return [
    ...checkRootless(bundle.config, facts),
    ...hostChecks.flatMap((check) => check(native, bundle)),
    ...checkAdditionalGroups(bundle.config, facts),
    ...checkDeviceController(bundle.config, facts),
    ...checkLabels(bundle.config, facts),
    ...checkIdmapPrivileges(bundle.config, facts),
    ...checkDetachedMounts(bundle.config, facts),
  ];
}
