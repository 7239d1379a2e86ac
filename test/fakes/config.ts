// A config without problems, and what is changed in it.
import type { Config } from '../../src/oci/types.ts';

type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json | undefined };

const base: Json = {
  ociVersion: '1.3.0',
  process: { cwd: '/', args: ['sh'], user: { uid: 0, gid: 0 }, env: ['PATH=/bin'] },
  root: { path: 'rootfs' },
  mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
  linux: { namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
};

function isObject(value: Json | undefined): value is { readonly [name: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON Merge Patch (RFC 7396), with undefined to remove a property. */
function merge(target: Json | undefined, patch: Json | undefined): Json | undefined {
  if (!isObject(patch)) return patch;
  const merged: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    const next = merge(merged[name], value);
    if (next === undefined) delete merged[name];
    else merged[name] = next;
  }
  return merged;
}

/** The valid config with `patch` merged into it; arrays are replaced, undefined removes. */
export function config(patch: Json = {}): Config {
  return merge(base, patch) as unknown as Config;
}
