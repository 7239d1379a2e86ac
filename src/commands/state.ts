import type { Command } from '../cli/command.ts';
import { describeContainer } from '../container/describe.ts';
import { findContainer } from '../container/find.ts';
import { writeJson } from '../oci/json.ts';

/** `state`: one JSON object, without a newline at its end; callers compare it byte for byte. */
export const command: Command<'state'> = (native, { positionals, global }) => {
  const found = findContainer(native, global.root, positionals[0] ?? '');
  native.write(1, writeJson(describeContainer(native, found, ''), '  '));
  return 0;
};
