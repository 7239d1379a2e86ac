import type { HostFacts } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import type { Config, LinuxResources } from '../oci/types.ts';
import type { CgroupPlan } from '../plan/plan.ts';
import { configureCgroups, createCgroup, makeCgroups } from './create.ts';
import { type Cgroups, readControl, unifiedDirectory, withCgroup } from './directory.ts';
import { planCgroup } from './plan.ts';
import { removeCgroup } from './remove.ts';
import { asksNothing, isRootless, ownedPart } from './rootless.ts';
import type { ScopeChange } from './systemd/scope.ts';

type Systemd = typeof import('./systemd/driver.ts');

function systemd(native: Native): Systemd {
  return native.cold('systemd') as Systemd;
}

/** How the cgroups of a container are asked for. */
export interface DriverChoice {
  readonly systemdCgroup: boolean;
  readonly rootless: boolean | 'auto';
}

/**
 * The cgroups of a container, by the driver that the command line chooses; from here on the plan says which one it is. Nothing is changed.
 *
 * @throws Failure as planCgroup and planScope do, and when systemd is needed for an answer and does not give one
 */
export function planCgroups(
  native: Native,
  config: Config,
  facts: HostFacts,
  id: string,
  { systemdCgroup, rootless }: DriverChoice,
): CgroupPlan {
  if (!systemdCgroup) {
    const plan = planCgroup(config, facts, id);
    return isRootless(facts, rootless) && asksNothing(config) ? ownedPart(native, facts, plan) : plan;
  }
  const { planScope, probeSystemd } = systemd(native);
  return planScope(config, facts, id, probeSystemd(native, facts, rootless));
}

/**
 * Makes what has to be there before the process: the v2 cgroup that it is born in, in a hierarchy of controllers with all its limits.
 * systemd makes no scope without a process.
 */
export function prepareCgroups(native: Native, plan: CgroupPlan): void {
  if (plan.systemd !== undefined) return;
  if (plan.mode === 'v2') createCgroup(native, plan);
  else makeCgroups(native, plan, 2);
}

/**
 * Whether systemd has made all that is wanted of the only cgroup. It hands on the controllers that it knows, which are not all of them,
 * but nearly always the others have been handed on before. A threaded cgroup has not all of them either.
 */
function isComplete(native: Native, { mode, directories }: Cgroups): boolean {
  const unified = unifiedDirectory(directories);
  if (mode !== 'v2' || unified === undefined) return false;
  const text = withCgroup(native, unified.path, (directory) => readControl(native, directory, 'cgroup.controllers'));
  const enabled = (text ?? '').trim().split(' ');
  return unified.controllers.every((name) => enabled.includes(name));
}

/** systemd moves a process in the hierarchies that it uses; on a hybrid host v2 may be none of them. Those of v1 init joins itself. */
function joinUnified(native: Native, { directories }: Cgroups, pid: number): void {
  const unified = unifiedDirectory(directories);
  if (unified === undefined) return;
  const pids = withCgroup(native, unified.path, (directory) => readControl(native, directory, 'cgroup.procs')) ?? '';
  if (pids.split('\n').includes(String(pid))) return;
  native.writeControl(AT_FDCWD, `${unified.path}/cgroup.procs`, String(pid));
}

/**
 * Puts a container's first process, which waits for its plan, where its limits are, when it was not born there. When this returns it is in
 * its cgroups, as far as it does not join them itself, and limits and device rules are in force.
 */
export function enterCgroups(native: Native, plan: CgroupPlan, pid: number): void {
  if (plan.systemd !== undefined) {
    systemd(native).startScope(native, plan, plan.systemd, pid);
    if (!isComplete(native, plan)) makeCgroups(native, plan);
    configureCgroups(native, plan);
    // in v2 alone it is known to be there
    if (plan.mode !== 'v2') joinUnified(native, plan, pid);
  } else if (plan.mode !== 'v2') {
    // v1 is joined by the process itself: these are made on this CPU while it starts on another
    makeCgroups(native, plan, 1);
    configureCgroups(native, plan);
  }
}

/**
 * Removes the cgroups of a container without processes, and its unit. Works from what was saved, can be repeated, and leaves alone what is
 * not the container's.
 *
 * @throws Failure when something of it is still in use after 10 seconds
 */
export function destroyCgroups(native: Native, cgroups: Cgroups): void {
  if (cgroups.systemd !== undefined) systemd(native).stopScope(native, cgroups, cgroups.systemd);
  removeCgroup(native, cgroups);
}

/** What the files of cgroups are to get for `resources`: systemd rounds some values, and theirs must equal its own. */
export function effectiveResources(native: Native, cgroups: Cgroups, resources: LinuxResources): LinuxResources {
  return cgroups.systemd === undefined ? resources : systemd(native).roundedResources(resources);
}

/**
 * New resources as systemd is told of them, which writes its own values again at every daemon-reload; undefined without the systemd driver.
 *
 * @throws Failure with the pointer of a value that is none, relative to a config.json; or what systemd says
 */
export function planUnitChange(native: Native, cgroups: Cgroups, resources: LinuxResources): ScopeChange | undefined {
  if (cgroups.systemd === undefined) return undefined;
  return systemd(native).planScopeChange(native, cgroups, cgroups.systemd, resources);
}
