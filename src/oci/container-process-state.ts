import { writeJson } from './json.ts';
import { type StateDocument, stateDocument } from './state.ts';
import { ociVersion } from './version.ts';

/** config-linux.md § The Container Process State: what comes with the descriptors that a seccomp agent gets. */
export interface ContainerProcess {
  /** names of the descriptors */
  readonly fds: readonly string[];
  /** as the runtime sees it */
  readonly pid: number;
  /** '' for none */
  readonly metadata: string;
  readonly state: StateDocument;
}

/** The document as compact JSON, keys in the order of the specification; `metadata` only when there is any. */
export function writeContainerProcessState({ fds, pid, metadata, state }: ContainerProcess): string {
  return writeJson({
    ociVersion,
    fds,
    pid,
    metadata: metadata === '' ? undefined : metadata,
    state: stateDocument(state),
  });
}
