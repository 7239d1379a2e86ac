import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `process.noNewPrivileges`. PR_SET_NO_NEW_PRIVS(2const) */
export const noNewPrivileges: Planner = ({ process }) =>
  process.noNewPrivileges ? [planned({ step: 'no_new_privs' }, '/process/noNewPrivileges')] : [];
