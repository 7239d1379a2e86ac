import { libraryNative } from './library-addon.ts';
import { RuntimeError } from './runtime-error.ts';

/** One line of `--log` in JSON; src/cli/failure-text.ts has the fields beside level and msg. */
export interface CallRecord {
  readonly level: string;
  readonly msg: string;
  readonly code?: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  readonly step?: string;
  readonly pointer?: string;
  readonly document?: string;
}

/** The records of a call; what is no record was not written by noci and is left out. */
export function parseRecords(log: string): CallRecord[] {
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  return lines.flatMap((line) => {
    try {
      return [libraryNative().parseJson(line) as CallRecord];
    } catch {
      return [];
    }
  });
}

/** The error of a call that has failed: its last record of one, or `otherwise` when it has left none (it was killed). */
export function errorOf(verb: string, records: readonly CallRecord[], otherwise: string): RuntimeError {
  const record = records.findLast(({ level }) => level === 'error');
  if (record === undefined) return new RuntimeError(otherwise, { verb });
  const { msg, code, errno, syscall, path, step, pointer, document } = record;
  return new RuntimeError(msg, { verb, code, errno, syscall, path, step, pointer, document });
}
