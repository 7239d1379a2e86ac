import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `process.oomScoreAdj`, only when it is set. proc_pid_oom_score_adj(5) */
export const oomScoreAdj: Planner = ({ process: { oomScoreAdj: value } }) =>
  value === undefined ? [] : [planned({ step: 'oom_score_adj', value: Number(value) }, '/process/oomScoreAdj')];
