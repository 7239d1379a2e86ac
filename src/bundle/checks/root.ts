import { type Check, problem, problemIf } from '../problem.ts';

/** config.md § Root. Whether the directory is there is a check of the host: host-checks/rootfs.ts. */
export const checkRoot: Check = ({ root }) => {
  if (root === undefined) return [problem('/root', 'root must be specified')];
  return problemIf(!root.path, '/root/path', 'root path must not be empty');
};
