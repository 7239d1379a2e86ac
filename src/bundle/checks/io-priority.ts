import { type Check, problemIf } from '../problem.ts';

/** config.md § Linux Process, ioPriority: eight levels in a class. ioprio_set(2) */
export const checkIoPriority: Check = ({ process }) => {
  const priority = process?.ioPriority?.priority ?? 0;
  return problemIf(
    priority < 0 || priority > 7,
    '/process/ioPriority/priority',
    `must be between 0 and 7, is ${priority}`,
  );
};
