import type { Native } from '../native/contract.ts';
import type { Phase } from './phases.ts';
import type { CreateRequest, Prepared } from './prepare.ts';
import type { Report } from './report.ts';
import type { Undo } from './undo.ts';

/** What every part of making a container is given. */
export interface Creation {
  readonly native: Native;
  readonly request: CreateRequest;
  readonly prepared: Prepared;
  readonly report: Report;
  readonly phase: Phase;
  readonly undo: Undo;
}
