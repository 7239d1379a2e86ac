import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `--debug` and `--trace`: init tells how long each step took. */
export const trace: Planner = ({ options }) => (options.trace ? [planned({ step: 'trace' }, '')] : []);
