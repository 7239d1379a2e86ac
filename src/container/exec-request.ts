import type { ProcessChanges } from '../bundle/process-changes.ts';

/** What exec is asked for. Paths are as on the command line, '' for none. */
export interface ExecRequest {
  readonly id: string;
  /** the state root */
  readonly root: string;
  /** with a file, `changes` are of no account */
  readonly processFile: string;
  readonly changes: ProcessChanges;
  readonly subCgroups: readonly string[];
  readonly ignorePaused: boolean;
  readonly preserveFds: number;
  readonly pidFile: string;
  readonly consoleSocket: string;
  readonly pidfdSocket: string;
  /** the runtime returns when the process was executed */
  readonly detach: boolean;
}
