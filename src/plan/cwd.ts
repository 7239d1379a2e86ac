import type { Planner } from './planner.ts';
import { planned } from './planner.ts';

/** `process.cwd` is made when it is missing: images name directories that a volume was to bring. */
export const cwd: Planner = ({ process }) => [planned({ step: 'cwd_create', path: process.cwd }, '/process/cwd')];
