import type { HostFacts } from '../host/facts.ts';
import { sharedIdmap } from './idmap.ts';
import type { AttributeChange } from './mount-attributes.ts';
import {
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
} from './mount-attributes.ts';
import type { MountEntry } from './mount-entry.ts';
import { readonlyAtTheEnd } from './mount-entry.ts';
import type { PlannedStep } from './plan.ts';
import type { PlanInput } from './planner.ts';
import { planned } from './planner.ts';
import { sourcePropagation } from './rootfs.ts';

/** What a bind does not keep of its source once an option names any attribute: as mount(8) with `--bind -o`, and as runc. */
const replacedByBind =
  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;

function bindAttributes(entry: MountEntry, { inUserNamespace, euid }: HostFacts): AttributeChange {
  const { set, clear } = entry.options.attributes;
  if (set === 0 && clear === 0) return { set, clear };
  // what was mounted for more privileged ones has locked attributes (mount_namespaces(7)): only what is named is cleared then
  const cleared = inUserNamespace || euid !== 0 ? clear : clear | (replacedByBind & ~set);
  return { set: readonlyAtTheEnd(entry) ? set & ~MOUNT_ATTR_RDONLY : set, clear: cleared };
}

/** A bind of a host path, which init could not name: the runtime clones the mount and passes it as an fd. open_tree(2) */
export function bindStep(entry: MountEntry, input: PlanInput): PlannedStep {
  const { source, target, options, idmap } = entry;
  const recursive = options.bind?.recursive ?? false;
  return planned(
    {
      step: 'bind',
      tree: {
        open: 'tree',
        path: source,
        recursive,
        ...(idmap === undefined ? {} : { idmap: sharedIdmap(idmap, input.linux) }),
      },
      origin: '',
      recursive: recursive ? 1 : 0,
      source,
      target,
      ...bindAttributes(entry, input.facts),
      recursiveSet: options.treeAttributes.set,
      recursiveClear: options.treeAttributes.clear,
      sourcePropagation: sourcePropagation(input),
      propagation: options.propagation,
    },
    entry.pointer,
  );
}

/** A mount of a new filesystem. fsopen(2), fsconfig(2), fsmount(2) */
export function mountStep(entry: MountEntry): PlannedStep {
  const { type, source, target, options } = entry;
  const attributes = options.attributes.set & ~(readonlyAtTheEnd(entry) ? MOUNT_ATTR_RDONLY : 0);
  // mount(2) makes the filesystem read-only, not only the mount: ext4 does not open a read-only device otherwise
  const readonly = attributes & MOUNT_ATTR_RDONLY ? ['ro'] : [];
  return planned(
    {
      step: 'mount',
      type,
      source,
      target,
      parameters: [...readonly, ...options.superblock, ...options.data],
      attributes,
      recursiveSet: options.treeAttributes.set,
      recursiveClear: options.treeAttributes.clear,
      propagation: options.propagation,
      // an image whose /proc or /sys is a symlink could have them mounted elsewhere: CVE-2019-19921, CVE-2023-27561
      strict: type === 'proc' || type === 'sysfs' ? 1 : 0,
      copyUp: type === 'tmpfs' && options.copyUp ? 1 : 0,
      keepMode: type === 'tmpfs' && !options.data.some((parameter) => parameter.startsWith('mode=')) ? 1 : 0,
    },
    entry.pointer,
  );
}

/** New attributes for what an earlier entry mounted; only what is named changes. mount(2) § MS_REMOUNT */
export function remountStep({ target, options, pointer }: MountEntry): PlannedStep {
  const { set, clear } = options.attributes;
  const readonly = set & MOUNT_ATTR_RDONLY ? ['ro'] : clear & MOUNT_ATTR_RDONLY ? ['rw'] : [];
  // with bind it is about the mount alone; without, the filesystem itself is reconfigured too
  const parameters = options.bind ? [] : [...readonly, ...options.superblock, ...options.data];
  return planned({ step: 'remount', target, set, clear, parameters }, pointer);
}

/** Read-only, from here on, for what is mounted at the entry's target. */
export function readonlyStep({ target, pointer }: MountEntry): PlannedStep {
  return planned({ step: 'mount_setattr', target, set: MOUNT_ATTR_RDONLY, clear: 0 }, pointer);
}
