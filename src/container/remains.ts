import { isRootless } from '../cgroup/rootless.ts';
import type { Native } from '../native/contract.ts';
import type { Config } from '../oci/types.ts';
import { namespaceMask } from '../plan/namespaces.ts';
import type { CgroupPlan, SeccompFilter } from '../plan/plan.ts';
import { processDefaults } from '../plan/process-defaults.ts';
import {
  type CgroupRecord,
  type ContainerRecord,
  type ProcessIdentity,
  type Remains,
  recordVersion,
  type SeccompRecord,
} from '../state/record.ts';
import { pairedLimits } from './paired-limits.ts';
import type { CreateRequest, Prepared } from './prepare.ts';
import { timestampNano } from './timestamp.ts';

/** What is on disk when the container is there. */
export function recordOf(
  native: Native,
  request: CreateRequest,
  prepared: Prepared,
  init: ProcessIdentity,
): ContainerRecord {
  const { bundle, facts, seccomp } = prepared;
  const limits = pairedLimits(bundle.config.linux?.resources ?? {});
  return {
    ...remainsOf(request, prepared),
    rootfs: bundle.rootfs,
    created: timestampNano(native.realtime()),
    init,
    namespaces: namespaceMask(bundle.config.linux ?? {}),
    noNewKeyring: request.noNewKeyring,
    process: processDefaults(bundle.config, () => facts.boundingSet),
    poststart: bundle.config.hooks?.poststart ?? [],
    systemdCgroup: request.systemdCgroup,
    rootless: isRootless(facts, request.rootless),
    ...(limits === undefined ? {} : { limits }),
    ...(seccomp === undefined ? {} : { seccomp: savedFilter(seccomp) }),
  };
}

/** What is on disk before anything is made. */
export function remainsOf({ id }: CreateRequest, { bundle, plan, resctrl }: Prepared): Remains {
  const { config } = bundle;
  return {
    version: recordVersion,
    id,
    bundle: bundle.path,
    annotations: config.annotations ?? {},
    cgroup: savedCgroup(plan.cgroup),
    privatePidNamespace: hasPrivatePidNamespace(config),
    poststop: config.hooks?.poststop ?? [],
    ...(resctrl === undefined ? {} : { resctrl: resctrl.group }),
  };
}

function savedFilter({ flags, agent }: SeccompFilter): SeccompRecord {
  return { flags, ...(agent === undefined ? {} : { agent }) };
}

function savedCgroup({ mode, directories, systemd }: CgroupPlan): CgroupRecord {
  return { mode, directories, ...(systemd === undefined ? {} : { systemd }) };
}

/** A new pid namespace, not one that is joined. */
function hasPrivatePidNamespace({ linux }: Config): boolean {
  return linux?.namespaces?.some(({ type, path }) => type === 'pid' && (path ?? '') === '') === true;
}
