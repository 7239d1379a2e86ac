import { hasNamespace } from './namespaces.ts';
import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `process.oomScoreAdj`, only when it is set. In a user namespace nobody may lower it, so the runtime does: see processWrites. proc_pid_oom_score_adj(5) */
export const oomScoreAdj: Planner = ({ process: { oomScoreAdj: value }, linux }) =>
  value === undefined || hasNamespace(linux, 'user')
    ? []
    : [planned({ step: 'oom_score_adj', value: Number(value) }, '/process/oomScoreAdj')];
