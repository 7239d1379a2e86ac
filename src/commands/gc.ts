import type { Command } from '../cli/command.ts';
import { visible } from '../cli/record.ts';
import { parseDuration } from '../container/duration.ts';
import { type Collected, collectGarbage } from '../container/gc.ts';
import { layOut } from '../container/table.ts';
import { Failure } from '../native/failure.ts';
import { writeJson } from '../oci/json.ts';

/** `gc`: what was found in the root and what became of it, a line each. 1 when something could not be removed. */
export const command: Command<'gc'> = (native, { options, global, log }) => {
  const { 'dry-run': dryRun, 'older-than': text, json } = options;
  const olderThan = text === '' ? undefined : parseDuration(text);
  if (text !== '' && (olderThan === undefined || olderThan < 0n))
    throw new Failure(`invalid value ${JSON.stringify(text)} for flag -older-than: a duration such as 24h is wanted`);
  const found = collectGarbage(native, { root: global.root, dryRun, olderThan }, log);
  if (found === undefined && global.rootGiven) throw new Failure(`there is no state root ${global.root}`);
  native.write(1, json ? `${writeJson({ root: global.root, dryRun, found: found ?? [] })}\n` : table(found ?? []));
  return (found ?? []).some(({ action }) => action === 'failed') ? 1 : 0;
};

function table(found: readonly Collected[]): string {
  if (found.length === 0) return 'nothing is left of any container\n';
  return visible(layOut([['ID', 'ACTION', 'REASON'], ...found.map(({ id, action, why }) => [id, action, why])]));
}
