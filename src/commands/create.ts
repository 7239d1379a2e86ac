import type { Command } from '../cli/command.ts';
import { createContainer } from '../container/create.ts';
import { closeDirectory } from '../state/directory.ts';
import { createRequest } from './create-request.ts';

/** `create`: makes a container that waits for `start`. */
export const command: Command<'create'> = (native, invocation) => {
  const request = createRequest(native, invocation);
  const { directory } = createContainer(native, { ...request, detach: true, start: 'fifo' }, invocation.log);
  closeDirectory(native, directory);
  return 0;
};
