import type { Process } from '../../oci/types.ts';
import { isAbsolute } from '../path-text.ts';
import { type Check, type Problem, problem, problemIf } from '../problem.ts';

function checkCwd({ cwd }: Process): Problem[] {
  if (!cwd) return [problem('/process/cwd', 'Cwd property must not be empty')];
  return problemIf(!isAbsolute(cwd), '/process/cwd', 'Cwd must be an absolute path');
}

function checkArgs({ args }: Process): Problem[] {
  return problemIf(args === undefined || args.length === 0, '/process/args', 'args must not be empty');
}

/** What is wrong with an entry of an environment, in runc's words; undefined: nothing. environ(7) */
export function environmentFault(entry: string): string | undefined {
  const equals = entry.indexOf('=');
  if (equals < 0) return "invalid environment variable: missing '='";
  return equals === 0 ? 'invalid environment variable: name cannot be empty' : undefined;
}

function checkEnv({ env = [] }: Process): Problem[] {
  return env.flatMap((entry, index) => {
    const fault = environmentFault(entry);
    return fault === undefined ? [] : [problem(`/process/env/${index}`, fault)];
  });
}

/** proc_pid_oom_score_adj(5) */
function checkOomScoreAdj({ oomScoreAdj }: Process): Problem[] {
  const wrong = oomScoreAdj !== undefined && (oomScoreAdj < -1000 || oomScoreAdj > 1000);
  return problemIf(wrong, '/process/oomScoreAdj', `must be between -1000 and 1000, is ${oomScoreAdj}`);
}

/** struct winsize of ioctl_tty(2) has 16 bits for each side. Without a terminal the size is ignored. */
function checkConsoleSize({ terminal, consoleSize }: Process): Problem[] {
  if (!terminal || consoleSize === undefined) return [];
  return (['height', 'width'] as const).flatMap((side) =>
    problemIf(
      consoleSize[side] > 65535,
      ['process', 'consoleSize', side],
      `must be at most 65535, is ${consoleSize[side]}`,
    ),
  );
}

const rules = [checkCwd, checkArgs, checkEnv, checkOomScoreAdj, checkConsoleSize];

/** config.md § Process. `create` needs a process as `start` does: what is to run is fixed at create. */
export const checkProcessProperty: Check = ({ process }) => {
  if (process === undefined) return [problem('/process', 'process property must not be empty')];
  return rules.flatMap((rule) => rule(process));
};
