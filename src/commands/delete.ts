import type { Command } from '../cli/command.ts';
import { deleteContainer } from '../container/delete.ts';

/** `delete`: removes a container and all that belongs to it. With --force whatever its status, and no error when there is none. */
export const command: Command<'delete'> = (native, { options, positionals, global, log }) => {
  deleteContainer(native, global.root, positionals[0] ?? '', options.force, log);
  return 0;
};
