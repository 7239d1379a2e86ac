import type { Native } from '../native/contract.ts';
import { sortedMap } from '../oci/json.ts';
import { ociVersion } from '../oci/version.ts';
import type { Found } from './find.ts';
import { currentStatus, type Status } from './status.ts';

/** What `state` and `list` say of a container: the keys and their order are runc's. */
export interface ContainerDescription {
  readonly ociVersion: string;
  readonly id: string;
  /** 0 when it has stopped */
  readonly pid: number;
  readonly status: Status;
  readonly bundle: string;
  readonly rootfs: string;
  readonly created: string;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly owner: string;
}

export function describeContainer(native: Native, { directory, record }: Found, owner: string): ContainerDescription {
  const status = currentStatus(native, directory, record);
  const annotations = Object.keys(record.annotations).length === 0 ? undefined : sortedMap(record.annotations);
  const { id, bundle, rootfs, created } = record;
  const pid = status === 'stopped' ? 0 : record.init.pid;
  return { ociVersion, id, pid, status, bundle, rootfs, created, annotations, owner };
}
