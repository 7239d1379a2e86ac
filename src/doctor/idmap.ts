import type { Bundle } from '../bundle/bundle.ts';
import { idmapNamespaces } from '../container/idmap.ts';
import { filesystemTypes } from '../host/filesystem-types.ts';
import { isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_PATH } from '../native/open-flags.ts';
import { idmapOf } from '../plan/idmap.ts';
import { decodeMountOptions } from '../plan/mount-options.ts';
import { resolve } from '../plan/path.ts';
import type { Answer, Patient } from './check.ts';

/** The first entry of mounts whose ids are mapped. */
export function idmappedMount({ config }: Bundle): number {
  return (config.mounts ?? []).findIndex(
    (mount) => idmapOf(mount, decodeMountOptions(mount.options ?? [])) !== undefined,
  );
}

/** What it is tried with: the source of the bundle's first such mount, else the host's root. */
function sourceOf({ bundle }: Patient): string {
  const index = bundle === undefined ? -1 : idmappedMount(bundle);
  return bundle === undefined || index < 0 ? '/' : resolve(bundle.path, bundle.config.mounts?.[index]?.source ?? '');
}

/** By the very calls that create makes; the tree is attached nowhere and gone with its fd, the namespace with its process. */
export function tryIdmap(patient: Patient): Answer {
  const { native, facts } = patient;
  if (facts.euid !== 0)
    return {
      found: 'absent',
      detail: 'for root only',
      cure: 'run as root: the kernel wants CAP_SYS_ADMIN over the filesystem',
    };
  const source = sourceOf(patient);
  const namespaces = idmapNamespaces(native, 0);
  try {
    const tree = native.openTree(AT_FDCWD, source, false);
    try {
      native.idmapTree(tree, namespaces.open({ recursive: false, uids: '0 100000 1\n', gids: '0 100000 1\n' }), false);
      return { found: 'there', detail: `works on ${typesOf(patient, source)}, the filesystem of ${source}` };
    } finally {
      native.close(tree);
    }
  } catch (error) {
    if (!isNativeError(error)) throw error;
    return { found: 'absent', detail: `${error.code} on ${typesOf(patient, source)}, the filesystem of ${source}` };
  } finally {
    namespaces.close();
  }
}

function typesOf({ native }: Patient, path: string): string {
  try {
    const fd = native.open(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
    try {
      return filesystemTypes(native, fd, false).join(', ');
    } finally {
      native.close(fd);
    }
  } catch (error) {
    if (isNativeError(error)) return 'an unknown type';
    throw error;
  }
}
