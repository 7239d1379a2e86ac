import { type Check, problemIf } from '../problem.ts';

/** config-linux.md § Rootfs Mount Propagation; engines also write the recursive forms. mount_namespaces(7) */
const propagations: readonly string[] = ['shared', 'slave', 'private', 'unbindable'].flatMap((name) => [
  name,
  `r${name}`,
]);

/** True for what runc takes, which is more than the schema of the specification lists. */
export function isRootfsPropagation(value: unknown): boolean {
  return value === '' || (typeof value === 'string' && propagations.includes(value));
}

export const checkRootfsPropagation: Check = ({ linux }) => {
  const propagation = linux?.rootfsPropagation;
  const unknown = propagation !== undefined && !isRootfsPropagation(propagation);
  return problemIf(unknown, '/linux/rootfsPropagation', `rootfsPropagation=${propagation} is not supported`);
};
