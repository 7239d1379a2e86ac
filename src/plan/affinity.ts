import { always } from './planner.ts';

/**
 * The runtime may have been started on one CPU; the container is bound by its cpuset only, so its mask is every CPU (an
 * empty list). `process.execCPUAffinity` is for processes of `exec` only. sched_setaffinity(2)
 */
export const everyCpu = always({ step: 'affinity', cpus: [] });
