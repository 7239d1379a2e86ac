import type { Command } from '../cli/command.ts';
import { visible } from '../cli/record.ts';
import { endingText, exitStatus } from '../container/ending.ts';
import { waitForContainer } from '../container/wait.ts';
import { Failure } from '../native/failure.ts';
import { writeJson } from '../oci/json.ts';
import { inRoot } from './in-root.ts';

/**
 * `wait`: blocks until a container ends. Its exit status is printed, as docker wait does; why it ended too, on stderr, when it did not
 * do so by itself.
 */
export const command: Command<'wait'> = (native, { options, positionals, global }) => {
  const [id = ''] = positionals;
  const ending = inRoot(global.root, () => waitForContainer(native, global.root, id));
  const status = exitStatus(ending);
  if (options.json)
    native.write(1, `${writeJson({ id, ...(status === undefined ? {} : { status }), reason: ending })}\n`);
  else if (status !== undefined) native.write(1, `${status}\n`);
  const text = `container ${id} ${endingText(ending)}`;
  if (status === undefined) throw new Failure(text);
  if (!options.json && ending.type !== 'exited') native.write(2, `${visible(text)}\n`);
  return 0;
};
