import type { Native, Stat } from '../native/contract.ts';
import { isErrno } from '../native/failure.ts';
import { AT_EMPTY_PATH } from '../native/open-flags.ts';
import { listIds, openDirectory } from '../state/directory.ts';
import { openRoot } from '../state/root.ts';
import { loadRecord } from '../state/store.ts';
import { type ContainerDescription, describeContainer } from './describe.ts';
import { notFound } from './find.ts';
import { userNames } from './user-names.ts';

/** What is told of a directory that is no container: runc's line on stderr. */
export type Skip = (id: string, reason: string) => void;

/** All containers of a root, in the order of their ids; undefined when there is no such root. What vanishes meanwhile is left out. */
export function listContainers(native: Native, root: string, skip: Skip): ContainerDescription[] | undefined {
  const fd = openRoot(native, root);
  if (fd === undefined) return undefined;
  const owners = userNames(native);
  return listIds(native, root).flatMap((id) => {
    try {
      return describe(native, fd, id, owners);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // ENODEV: the cgroup went away while its file was read
      if (!isErrno(error, 'ENOENT', 'ENODEV')) skip(id, error.message);
      return [];
    }
  });
}

function describe(native: Native, root: number, id: string, owners: (uid: number) => string): ContainerDescription[] {
  const directory = openDirectory(native, root, id);
  if (directory === undefined) return [];
  try {
    const record = loadRecord(native, directory);
    if (record === undefined) throw notFound();
    const { uid } = native.stat(directory.fd, '', AT_EMPTY_PATH) as Stat;
    return [describeContainer(native, { directory, record }, owners(uid))];
  } finally {
    native.close(directory.fd);
  }
}
