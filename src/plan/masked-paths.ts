import type { Planner } from './planner.ts';
import { planned } from './planner.ts';
import { hasMountNamespace } from './rootfs.ts';

/** `linux.readonlyPaths`; what does not exist is ignored. */
export const readonlyPaths: Planner = (input) =>
  hasMountNamespace(input)
    ? (input.linux.readonlyPaths ?? []).map((path, index) =>
        planned({ step: 'readonly_path', path }, `/linux/readonlyPaths/${index}`),
      )
    : [];

/** `linux.maskedPaths`; what does not exist is ignored. */
export const maskedPaths: Planner = (input) =>
  hasMountNamespace(input)
    ? (input.linux.maskedPaths ?? []).map((path, index) =>
        planned({ step: 'masked_path', path }, `/linux/maskedPaths/${index}`),
      )
    : [];
