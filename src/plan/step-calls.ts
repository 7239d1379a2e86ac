import { flagNames, NAMESPACE_FLAGS } from './flag-names.ts';
import type { PlannedStep } from './plan.ts';
import { type Before, type Call, type Calls, call, type Run, type RunOf } from './step-calls/call.ts';
import { fileSteps } from './step-calls/files.ts';
import { mountSteps } from './step-calls/mounts.ts';
import { namespaceSteps } from './step-calls/namespaces.ts';
import { privilegeSteps } from './step-calls/privileges.ts';
import { processSteps } from './step-calls/process.ts';
import { rootSteps } from './step-calls/root.ts';
import { stdioSteps } from './step-calls/stdio.ts';

/** Every step, by what it acts on. test/integration/explain.test.ts compares them with what the kernel is asked for. */
const CALLS: { readonly [S in Run['step']]: Calls<S> } = {
  ...namespaceSteps,
  ...rootSteps,
  ...mountSteps,
  ...fileSteps,
  ...stdioSteps,
  ...processSteps,
  ...privilegeSteps,
};

/** A network namespace takes the kernel the longest, so that init makes it and the runtime goes on. addon/parent/init_process.cc */
const madeByInit = NAMESPACE_FLAGS.CLONE_NEWNET ?? 0;

/** What clone3(2) makes of a plan's new namespaces. */
export function bornWith(cloneFlags: number): number {
  return cloneFlags & ~madeByInit;
}

/** Before init's first step. addon/init/main.cc, addon/init/reader/receive.cc */
export function startCalls(cloneFlags: number): readonly Call[] {
  return [
    call('prctl', ['op', 'PR_SET_PDEATHSIG'], ['signal', 'SIGKILL']),
    call('prctl', ['op', 'PR_SET_NAME'], ['name', '"noci:[init]"']),
    call('umask', ['mask', '000']),
    ...((cloneFlags & madeByInit) === 0 ? [] : [call('unshare', ['flags', flagNames(NAMESPACE_FLAGS, madeByInit)])]),
  ];
}

/** Steps while init may still write its own files in procfs. addon/init/main.cc */
const precedeContainer: ReadonlySet<Run['step']> = new Set<Run['step']>([
  'trace',
  'become_root',
  'cgroup_join',
  'affinity',
  'oom_score_adj',
  'time_namespace',
]);

function callsOf<S extends Run['step']>(run: RunOf<S>, before: Before): readonly Call[] {
  const step = run.step as S;
  const own = (CALLS[step] as Calls<S>)(run, before);
  if (before.undumpable || precedeContainer.has(step)) return own;
  before.undumpable = true;
  return [call('prctl', ['op', 'PR_SET_DUMPABLE'], ['value', '0']), ...own];
}

/** The system calls of each step of a plan, in their order. */
export function stepCalls(steps: readonly PlannedStep[]): (readonly Call[])[] {
  const before: Before = {
    undumpable: false,
    filter: undefined,
    umask: 0o022,
    entered: false,
    sysctls: false,
    ready: false,
    fifo: false,
  };
  return steps.map(({ run }) => callsOf(run, before));
}
