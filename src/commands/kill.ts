import type { Command } from '../cli/command.ts';
import { killContainer } from '../container/kill.ts';
import { signalNumber } from '../container/signals.ts';

/** `kill`: a signal for the container's init, SIGTERM when none is named. */
export const command: Command<'kill'> = (native, { options, positionals, global }) => {
  const [id = '', signal = 'SIGTERM'] = positionals;
  killContainer(native, global.root, id, signalNumber(signal === '' ? 'SIGTERM' : signal), options.all);
  return 0;
};
