import type { HostFacts } from '../host/facts.ts';
import type { LinuxNamespaceType, Process } from '../oci/types.ts';
import { capabilityWarnings } from './capabilities.ts';
import { EXEC_STEPS } from './exec-steps.ts';
import type { ExecInput, JoinTarget } from './join.ts';
import { NAMESPACES } from './namespaces.ts';
import type { PlannedStep, SeccompFilter } from './plan.ts';
import type { Warner } from './planner.ts';
import type { ProcessDefaults } from './process-defaults.ts';

/** What `exec` is told beside the process itself. */
export interface ExecOptions {
  readonly id: string;
  readonly noNewKeyring: boolean;
  /** init tells how long each step took */
  readonly trace: boolean;
  /** that of the container */
  readonly seccomp?: SeccompFilter | undefined;
}

/** Everything that init does for a process of `exec`, as data. */
export interface ExecPlan {
  readonly steps: readonly PlannedStep[];
  readonly warnings: readonly string[];
}

const WARNINGS: readonly Warner[] = [capabilityWarnings];

/** The entries of `linux.namespaces` that a mask stands for. */
function namespacesOf(mask: number): { readonly type: LinuxNamespaceType }[] {
  const types = Object.keys(NAMESPACES) as LinuxNamespaceType[];
  return types.filter((type) => (NAMESPACES[type] & mask) !== 0).map((type) => ({ type }));
}

/**
 * The plan for one more process in a running container. Pure, as planContainer is. `process` has passed the checks and is
 * complete: what it does not say itself is what `defaults` of the container gave it.
 */
export function planExec(
  process: Process,
  { personality, memoryPolicy }: Pick<ProcessDefaults, 'personality' | 'memoryPolicy'>,
  join: JoinTarget,
  facts: HostFacts,
  { id, noNewKeyring, trace, seccomp }: ExecOptions,
): ExecPlan {
  const linux = {
    namespaces: namespacesOf(join.namespaces),
    ...(personality === undefined ? {} : { personality }),
    ...(memoryPolicy === undefined ? {} : { memoryPolicy }),
  };
  const config = { ociVersion: '1.3.0', process, linux };
  const input: ExecInput = {
    bundle: { path: '', rootfs: '', config },
    config,
    process,
    linux,
    mounts: [],
    facts: join.setgroups ? facts : { ...facts, setgroups: false },
    options: {
      id,
      noPivot: false,
      noNewKeyring,
      start: 'reply',
      trace,
      listenFds: 0,
      listenFdNames: '',
      notify: false,
    },
    cgroup: { mode: 'none', directories: [], limits: [] },
    seccomp,
    join,
  };
  return {
    steps: EXEC_STEPS.flatMap((planner) => planner(input)),
    warnings: WARNINGS.flatMap((warner) => warner(input)),
  };
}
