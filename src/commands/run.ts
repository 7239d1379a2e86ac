import type { Command } from '../cli/command.ts';
import { runContainer } from '../container/run.ts';
import { createRequest } from './create-request.ts';

/** `run`: create and start in one; in the foreground also wait and delete. */
export const command: Command<'run'> = (native, invocation) => {
  const { detach, keep, 'no-subreaper': noSubreaper } = invocation.options;
  const request = createRequest(native, invocation);
  return runContainer(native, { ...request, detach, start: 'reply', keep, subreaper: !noSubreaper }, invocation.log);
};
