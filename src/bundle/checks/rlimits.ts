import { RLIMITS } from '../../plan/rlimits.ts';
import { type Check, problemIf } from '../problem.ts';

/** config.md § POSIX process, rlimits: a type that the kernel does not have and a type twice must be errors. */
export const checkRlimits: Check = ({ process }) => {
  const limits = process?.rlimits ?? [];
  return limits.flatMap(({ type, soft, hard }, index) => {
    const twice = limits.findIndex((other) => other.type === type) < index;
    return [
      ...problemIf(!Object.hasOwn(RLIMITS, type), ['process', 'rlimits', index, 'type'], `wrong rlimit value: ${type}`),
      ...problemIf(twice, ['process', 'rlimits', index, 'type'], `duplicate rlimit ${type}`),
      ...problemIf(
        soft > hard,
        ['process', 'rlimits', index, 'soft'],
        `soft limit ${soft} is above the hard limit ${hard}`,
      ),
    ];
  });
};
