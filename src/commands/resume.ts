import type { Command } from '../cli/command.ts';
import { resumeContainer } from '../container/resume.ts';

/** `resume`: lets the processes of a paused container run on. */
export const command: Command<'resume'> = (native, { positionals, global }) => {
  resumeContainer(native, global.root, positionals[0] ?? '');
  return 0;
};
