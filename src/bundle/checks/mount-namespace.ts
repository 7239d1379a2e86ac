import type { Mount } from '../../oci/types.ts';
import { MOUNT_ATTR_RDONLY } from '../../plan/mount-attributes.ts';
import { type MountEntry, mountEntries, readonlyAtTheEnd } from '../../plan/mount-entry.ts';
import { hasNamespace } from '../../plan/namespaces.ts';
import { type Check, type Problem, problemIf } from '../problem.ts';

/** That of cgroups of version 1 is filled with a mount for each hierarchy first. */
function becomesReadonly(entry: MountEntry): boolean {
  const readonly = (entry.options.attributes.set & MOUNT_ATTR_RDONLY) !== 0;
  return readonlyAtTheEnd(entry) || (readonly && entry.kind === 'cgroup');
}

/** In a tree that is in no namespace a mount can be attached, and changed no more. mount_setattr(2) § ERRORS */
function changesAfterwards(mounts: readonly Mount[]): Problem[] {
  return mountEntries(mounts, '/').flatMap((entry) => [
    ...problemIf(entry.kind === 'remount', entry.pointer, 'unable to remount without a private MNT namespace'),
    ...problemIf(
      entry.options.propagation.length > 0,
      `${entry.pointer}/options`,
      'unable to set propagation without a private MNT namespace',
    ),
    ...problemIf(
      becomesReadonly(entry),
      `${entry.pointer}/options`,
      `unable to make ${entry.target} readonly without a private MNT namespace`,
    ),
  ]);
}

/**
 * Without a mount namespace a mount must not be made in the host's, where everybody would see it and it would stay after the
 * container: what is mounted then is attached to a tree that nobody else has, and a config that wants more of it is refused.
 */
export const checkMountNamespace: Check = (config) => {
  if (hasNamespace(config.linux ?? {}, 'mount')) return [];
  const { mounts = [], root, linux } = config;
  return [
    ...changesAfterwards(mounts),
    ...problemIf(
      root?.readonly === true,
      '/root/readonly',
      'unable to make root readonly without a private MNT namespace',
    ),
    ...problemIf(
      !!linux?.rootfsPropagation,
      '/linux/rootfsPropagation',
      'unable to set rootfsPropagation without a private MNT namespace',
    ),
  ];
};
