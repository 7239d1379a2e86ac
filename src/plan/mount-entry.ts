import type { Mount } from '../oci/types.ts';
import { type Idmap, idmapOf } from './idmap.ts';
import { MOUNT_ATTR_RDONLY } from './mount-attributes.ts';
import type { MountOptions } from './mount-options.ts';
import { decodeMountOptions } from './mount-options.ts';
import { clean, resolve } from './path.ts';

/** One entry of `mounts`, decoded. (bundle/ warns of a relative destination.) */
export interface MountEntry {
  readonly pointer: string;
  readonly kind: 'bind' | 'remount' | 'cgroup' | 'new';
  /** absolute and clean, inside the root */
  readonly target: string;
  /** bind: absolute path on the host; else what the filesystem takes */
  readonly source: string;
  /** the filesystem's type; of no meaning for a bind */
  readonly type: string;
  readonly options: MountOptions;
  /** of a bind only */
  readonly idmap: Idmap | undefined;
}

function kindOf(mount: Mount, options: MountOptions): MountEntry['kind'] {
  if (options.remount) return 'remount';
  // with bind or rbind the type is a dummy (config.md § Mounts); a type `bind` without them can mean nothing else
  if (options.bind || mount.type === 'bind') return 'bind';
  return mount.type === 'cgroup' ? 'cgroup' : 'new';
}

/** Decodes the entry at `index`. A relative destination is below "/", a relative source of a bind below the bundle. */
function mountEntry(mount: Mount, index: number, bundlePath: string): MountEntry {
  const options = decodeMountOptions(mount.options ?? []);
  const kind = kindOf(mount, options);
  const source = mount.source ?? '';
  return {
    pointer: `/mounts/${index}`,
    kind,
    target: clean(`/${mount.destination}`),
    source: kind === 'bind' ? resolve(bundlePath, source) : source,
    type: mount.type ?? '',
    options,
    idmap: idmapOf(mount, options),
  };
}

/** The entries of `mounts` in their order. */
export function mountEntries(mounts: readonly Mount[], bundlePath: string): MountEntry[] {
  return mounts.map((mount, index) => mountEntry(mount, index, bundlePath));
}

/**
 * A read-only tmpfs, and whatever is at /dev, stays writable until the end: mount points, devices and the working directory
 * may still have to be made in it. Everything else is read-only before it is attached.
 */
export function readonlyAtTheEnd({ kind, type, target, options }: MountEntry): boolean {
  const filledLater =
    (kind === 'new' && (type === 'tmpfs' || target === '/dev')) || (kind === 'bind' && target === '/dev');
  return filledLater && (options.attributes.set & MOUNT_ATTR_RDONLY) !== 0;
}
