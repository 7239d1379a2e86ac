import { parseNumberList } from './number-list.ts';
import type { PlannedStep } from './plan.ts';
import type { Planner } from './planner.ts';
import { always, planned } from './planner.ts';

/** NR_CPUS is at most 8192 on any architecture. */
export const MAX_CPU = 8191;

/**
 * The runtime may have been started on one CPU; the container is bound by its cpuset only, so its mask is every CPU (an
 * empty list). `process.execCPUAffinity` is for processes of `exec` only. sched_setaffinity(2)
 */
export const everyCpu = always({ step: 'affinity', cpus: [] });

/** One list of `process.execCPUAffinity`; [] when it is absent or empty. */
function affinityStep(list: string | undefined, property: 'initial' | 'final'): readonly PlannedStep[] {
  const cpus = parseNumberList(list ?? '', MAX_CPU);
  if (cpus === undefined) throw new Error(`invalid execCPUAffinity.${property}: ${list}`);
  return cpus.length === 0 ? [] : [planned({ step: 'affinity', cpus }, `/process/execCPUAffinity/${property}`)];
}

/** `process.execCPUAffinity.initial`: where a process of `exec` runs until it is in the container's cgroup. config.md § Linux Process */
export const initialAffinity: Planner = ({ process }) => affinityStep(process.execCPUAffinity?.initial, 'initial');

/** `process.execCPUAffinity.final`, for afterwards. Without it the initial one stays, and without both it is every CPU, as in runc. */
export const finalAffinity: Planner = (input) => {
  const final = affinityStep(input.process.execCPUAffinity?.final, 'final');
  if (final.length > 0) return final;
  return initialAffinity(input).length > 0 ? [] : everyCpu(input);
};
