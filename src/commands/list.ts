import type { Command } from '../cli/command.ts';
import type { ContainerDescription } from '../container/describe.ts';
import { listContainers } from '../container/list.ts';
import { layOut } from '../container/table.ts';
import { Failure } from '../native/failure.ts';
import { writeJson } from '../oci/json.ts';

/** `list`: every container of the root, as a table, as JSON on one line, or the ids alone. */
export const command: Command<'list'> = (native, { options, global }) => {
  const { format, quiet } = options;
  if (!quiet && format !== 'table' && format !== 'json') throw new Failure('invalid format option');
  const skip = (id: string, reason: string) => native.write(2, `load container ${id}: ${reason}\n`);
  const containers = listContainers(native, global.root, skip);
  if (containers === undefined && global.rootGiven) {
    throw new Failure(`open ${global.root}: no such file or directory`);
  }
  native.write(1, print(containers ?? [], quiet ? 'quiet' : format));
  return 0;
};

function print(containers: readonly ContainerDescription[], format: string): string {
  if (format === 'quiet') return containers.map(({ id }) => `${id}\n`).join('');
  // Go writes a list without entries as null, and callers know it so
  if (format === 'json') return `${containers.length === 0 ? 'null' : writeJson(containers)}\n`;
  const lines = containers.map(({ id, pid, status, bundle, created, owner }) => [
    id,
    `${pid}`,
    status,
    bundle,
    created,
    owner,
  ]);
  return layOut([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...lines]);
}
