import type { Command } from '../cli/command.ts';
import { type UpdateRequest, updateContainer } from '../container/update.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { optionOf, resourcesOfOptions } from './resource-options.ts';
import { readStandardInput } from './standard-input.ts';

/** More than any resources can need. */
const largest = 16 * 1024 * 1024;

/** `update`: changes limits of a container, from the options or from a JSON document. */
export const command: Command<'update'> = (native, { options, positionals, global, log }) => {
  for (const option of ['kernel-memory', 'kernel-memory-tcp'] as const)
    if (options[option] !== '') log.warning(`setting --${option} is ignored`);
  const schemata = { l3CacheSchema: options['l3-cache-schema'], memBwSchema: options['mem-bw-schema'] };
  const request: UpdateRequest =
    options.resources === ''
      ? { resources: resourcesOfOptions(options), schemata, placeOf: optionOf }
      : { resources: readDocument(native, options.resources), schemata, placeOf: (pointer) => pointer };
  updateContainer(native, global.root, positionals[0] ?? '', request);
  return 0;
};

function readDocument(native: Native, path: string): unknown {
  const text = path === '-' ? readStandardInput(native, largest) : native.readText(AT_FDCWD, path, largest);
  try {
    return native.parseJson(text);
  } catch (error) {
    // The message says "invalid json at line 3, column 14: …" itself.
    throw error instanceof Error && (error as { code?: unknown }).code === 'EJSON'
      ? new Failure(`resources: ${error.message}`)
      : error;
  }
}
