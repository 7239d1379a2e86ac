import { sortedMap, writeJson } from './json.ts';
import { ociVersion } from './version.ts';

/** runtime.md § State: what hooks get on their stdin. */
export interface StateDocument {
  readonly id: string;
  readonly status: 'creating' | 'created' | 'running' | 'stopped';
  /** absent: there is no process; text: a placeholder that init replaces */
  readonly pid?: number | string;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The document as compact JSON, keys in the order of the specification; `pid` and `annotations` only when there are any. */
export function writeStateDocument(state: StateDocument): string {
  return writeJson(stateDocument(state));
}

/** The same as a value, for documents that hold it. */
export function stateDocument({ id, status, pid, bundle, annotations }: StateDocument): object {
  const sorted = sortedMap(annotations ?? {});
  return {
    ociVersion,
    id,
    status,
    pid,
    bundle,
    annotations: Object.keys(sorted).length === 0 ? undefined : sorted,
  };
}
