import type { Command } from '../cli/command.ts';
import { parseDuration } from '../container/duration.ts';
import { type ContainerEvent, containerStats, watchContainer } from '../container/events.ts';
import type { Native } from '../native/contract.ts';
import { Failure, isErrno } from '../native/failure.ts';
import { writeJson } from '../oci/json.ts';

/** `events`: one line of JSON for each event, until the container ends or nobody reads. With --stats the statistics, once. */
export const command: Command<'events'> = (native, { options, positionals, global }) => {
  const interval = parseDuration(options.interval);
  if (interval === undefined)
    throw new Failure(`invalid value ${JSON.stringify(options.interval)} for flag -interval: parse error`);
  const [id = ''] = positionals;
  const tell = (event: ContainerEvent) => writeLine(native, event);
  if (options.stats) tell(containerStats(native, global.root, id, interval));
  else watchContainer(native, global.root, id, interval, tell);
  return 0;
};

/** False when whoever reads stdout has gone. */
function writeLine(native: Native, event: ContainerEvent): boolean {
  try {
    native.write(1, `${writeJson(event)}\n`);
    return true;
  } catch (error) {
    if (isErrno(error, 'EPIPE')) return false;
    throw error;
  }
}
