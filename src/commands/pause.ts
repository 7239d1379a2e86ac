import type { Command } from '../cli/command.ts';
import { pauseContainer } from '../container/pause.ts';

/** `pause`: stops all processes of a container where they are. */
export const command: Command<'pause'> = (native, { positionals, global }) => {
  pauseContainer(native, global.root, positionals[0] ?? '');
  return 0;
};
