import type { Mount } from '../oci/types.ts';

/** Any bind option makes a mount a bind mount, whatever its type says; engines also write the type alone. config.md § Mounts */
export function isBind({ type, options = [] }: Mount): boolean {
  return type === 'bind' || options.includes('bind') || options.includes('rbind');
}
