import { hasNamespace } from '../../plan/namespaces.ts';
import { type Check, problemIf } from '../problem.ts';

/**
 * Without a mount namespace every mount would be made on the host and stay there after the container. mount_namespaces(7)
 * Such a container gets chroot(2) only, and a config that wants more of it is refused.
 */
export const checkMountNamespace: Check = (config) => {
  if (hasNamespace(config.linux ?? {}, 'mount')) return [];
  const { mounts = [], root, linux } = config;
  return [
    ...problemIf(mounts.length > 0, '/mounts', 'unable to mount without a private MNT namespace'),
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
