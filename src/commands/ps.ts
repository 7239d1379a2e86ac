import type { Command } from '../cli/command.ts';
import { processTable } from '../container/process-table.ts';
import { containerProcesses } from '../container/processes.ts';
import { Failure } from '../native/failure.ts';
import { writeJson } from '../oci/json.ts';

/** `ps`: the processes of a container as the host sees them, as JSON or as ps(1) shows them. */
export const command: Command<'ps'> = (native, { options, positionals, global }) => {
  const { format } = options;
  if (format !== 'table' && format !== 'json') throw new Failure('invalid format option');
  const [id = '', ...psOptions] = positionals;
  const pids = containerProcesses(native, global.root, id);
  // Go writes a list without entries as null, and callers know it so
  if (format === 'json') native.write(1, `${pids.length === 0 ? 'null' : writeJson(pids)}\n`);
  else native.write(1, processTable(native, pids, psOptions.length === 0 ? ['-ef'] : psOptions));
  return 0;
};
