import type { Bundle } from '../bundle/bundle.ts';
import { loadBundle } from '../bundle/load.ts';
import { configWarnings } from '../bundle/warnings.ts';
import { planCgroups } from '../cgroup/driver.ts';
import { type HostFacts, probeHost } from '../host/facts.ts';
import type { Native } from '../native/contract.ts';
import { planContainer } from '../plan/container-plan.ts';
import { explain } from '../plan/explain.ts';
import { hasNotifyMount } from '../plan/notify.ts';
import type { ContainerPlan, PlanOptions } from '../plan/plan.ts';
import { planResctrl, type ResctrlPlan } from '../resctrl/group.ts';
import { type MadeFilter, makeFilter } from '../seccomp/filter.ts';
import { checkId } from '../state/id.ts';
import { openRoot } from '../state/root.ts';
import { type Console, type ConsoleRequest, checkConsole, openConsole } from './console.ts';
import { isNotifying } from './notify.ts';
import type { Phase } from './phases.ts';
import { type PreservedFds, preservedFds } from './preserved-fds.ts';
import type { Report } from './report.ts';

/** What create and run are asked for. */
export interface CreateRequest {
  readonly id: string;
  /** the state root */
  readonly root: string;
  /** when it has to be made: it is in $XDG_RUNTIME_DIR */
  readonly rootSticky: boolean;
  /** as on the command line, '' for the working directory */
  readonly bundle: string;
  /** '' for none */
  readonly pidFile: string;
  readonly consoleSocket: string;
  readonly pidfdSocket: string;
  readonly noPivot: boolean;
  readonly noNewKeyring: boolean;
  readonly preserveFds: number;
  readonly systemdCgroup: boolean;
  readonly rootless: boolean | 'auto';
  /** the runtime returns while the container lives */
  readonly detach: boolean;
  /** 'fifo': waits for `start`; 'reply': goes on at once */
  readonly start: 'fifo' | 'reply';
  /** in place of what linux.seccomp asks for; who asks for it takes its listener too */
  readonly filter?: MadeFilter;
}

/** Everything that is known before anything is made. */
export interface Prepared {
  readonly bundle: Bundle;
  readonly facts: HostFacts;
  readonly plan: ContainerPlan;
  readonly preserved: PreservedFds;
  /** the container gets a socket for sd_notify(3) */
  readonly notify: boolean;
  /** absent: the process gets no terminal */
  readonly console: Console | undefined;
  /** absent without linux.intelRdt */
  readonly resctrl: ResctrlPlan | undefined;
  /** the filter of system calls */
  readonly seccomp: MadeFilter | undefined;
}

/** What is known when nothing has been asked of anybody but the kernel. */
export type Planned = Omit<Prepared, 'console'>;

/**
 * Reads and checks everything, and changes nothing but the working directory: it becomes the bundle, as it is for hooks.
 */
export function prepare(native: Native, request: CreateRequest, report: Report, phase: Phase): Prepared {
  const planned = planBundle(native, request, report, phase);
  const asked = consoleRequest(request, planned.bundle);
  // last of all: whoever listens hears of a container that has nothing wrong
  return { ...planned, console: openConsole(native, asked) };
}

/** All of that but for the terminal: nobody else hears of it. */
export function planBundle(native: Native, request: CreateRequest, report: Report, phase: Phase): Planned {
  checkId(request.id);
  const preserved = preservedFds(native, request.preserveFds);
  const notify = isNotifying(native);
  const facts = phase('probe host', () => probeHost(native));
  const bundle = phase('load and validate', () => loadBundle(native, request.bundle, facts));
  checkConsole(consoleRequest(request, bundle));
  const cgroup = phase('plan cgroup', () => planCgroups(native, bundle.config, facts, request.id, request));
  const { intelRdt } = bundle.config.linux ?? {};
  const resctrl = intelRdt && phase('plan resctrl', () => planResctrl(native, intelRdt, facts.resctrl, request.id));
  const seccomp = filterOf(native, request, bundle, report, phase);
  report.tracer?.hooks(bundle.config.hooks ?? {});
  const plan = phase('plan', () =>
    planContainer(bundle, facts, planOptions(request, preserved, notify, report), cgroup, seccomp),
  );
  if (report.debugging) for (const line of explain(plan).trimEnd().split('\n')) report.debug(line);
  for (const warning of [...configWarnings(bundle.config, facts), ...plan.warnings]) report.warning(warning);
  return { bundle, facts, plan, preserved, notify: notify && hasNotifyMount(plan), resctrl, seccomp };
}

function consoleRequest(request: CreateRequest, { config }: Bundle): ConsoleRequest {
  return { ...request, terminal: config.process?.terminal === true };
}

function filterOf(
  native: Native,
  { root, filter }: CreateRequest,
  { config }: Bundle,
  report: Report,
  phase: Phase,
): MadeFilter | undefined {
  if (filter !== undefined) return filter;
  const profile = config.linux?.seccomp;
  if (profile === undefined) return undefined;
  return phase('seccomp', () => {
    const fd = openRoot(native, root);
    const made = makeFilter(native, profile, fd);
    if (fd !== undefined) native.close(fd);
    for (const name of made?.unknown ?? []) report.debug(`unknown seccomp syscall ${JSON.stringify(name)} ignored`);
    return made;
  });
}

function planOptions(
  { id, noPivot, noNewKeyring, start }: CreateRequest,
  { listen, names }: PreservedFds,
  notify: boolean,
  { debugging, tracer }: Report,
): PlanOptions {
  return {
    id,
    noPivot,
    noNewKeyring,
    start,
    trace: debugging || tracer !== undefined,
    listenFds: listen,
    listenFdNames: names,
    notify,
  };
}
