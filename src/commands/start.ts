import type { Command } from '../cli/command.ts';
import { startContainer } from '../container/start.ts';

/** `start`: lets a created container run its command. */
export const command: Command<'start'> = (native, { positionals, global, log }) => {
  startContainer(native, global.root, positionals[0] ?? '', log);
  return 0;
};
