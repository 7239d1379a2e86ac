import type { Command } from '../cli/command.ts';
import { visible } from '../cli/record.ts';
import { inspectContainer } from '../inspect/inspect.ts';
import { inspectionText } from '../inspect/text.ts';
import { plainJson } from '../oci/json.ts';
import { inRoot } from './in-root.ts';

/** `inspect`: a container's config beside what the kernel says now; what has drifted is marked. */
export const command: Command<'inspect'> = (native, { options, positionals, global }) => {
  const found = inRoot(global.root, () => inspectContainer(native, global.root, positionals[0] ?? ''));
  native.write(1, options.json ? `${plainJson(found, '  ')}\n` : visible(inspectionText(found)));
  return 0;
};
