import { filesystemTypes } from '../host/filesystem-types.ts';
import type { Fd, Native } from '../native/contract.ts';
import { Failure, isNativeError } from '../native/failure.ts';
import { AT_FDCWD, O_CLOEXEC, O_PATH } from '../native/open-flags.ts';
import { parent } from '../plan/path.ts';
import { openRoot } from '../state/root.ts';
import { type Answer, type Check, neededBy, neededByAll, type Patient, placeIf } from './check.ts';

/** f_flags of statfs(2) */
const ST_RDONLY = 1;
const ST_NOEXEC = 8;

function withPath<T>(native: Native, path: string, use: (fd: Fd) => T): T {
  const fd = native.open(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
  try {
    return use(fd);
  } finally {
    native.close(fd);
  }
}

/** The directory itself, or the nearest above that is there, in which it would be made. */
function existing({ native, root }: Patient): string {
  let path = root;
  while (path !== '/' && native.stat(AT_FDCWD, path, 0) === undefined) path = parent(path);
  return path;
}

/** Nothing in it is executed and no device is in it, so that noexec, nodev and nosuid are of no account. */
function askRoot(patient: Patient): Answer {
  const { native, root } = patient;
  const path = existing(patient);
  try {
    // as create opens it: not one that others own or may write to
    const fd = openRoot(native, root);
    if (fd !== undefined) native.close(fd);
    const types = withPath(native, path, (fd) => filesystemTypes(native, fd, false)).join(', ');
    const flags = withPath(native, path, (fd) => native.mountFlags(fd));
    if (flags & ST_RDONLY) return { found: 'absent', detail: `${path} is on a read-only mount (${types})` };
    const code = native.tryFeature('write_access', path);
    if (code !== '') return { found: 'absent', detail: `${code}: nothing can be made in ${path}` };
    const kept = types === 'tmpfs' ? '' : ', which survives a reboot; a tmpfs would not';
    return { found: 'there', detail: `${root}, ${path === root ? '' : 'to be made '}on ${types}${kept}` };
  } catch (error) {
    if (error instanceof Failure) return { found: 'absent', detail: error.message };
    if (!isNativeError(error)) throw error;
    return { found: 'absent', detail: `${error.code}: ${path}` };
  }
}

const stateRoot: Check = {
  area: 'files',
  name: 'state directory',
  question: 'statfs(2) and faccessat2(2) of the directory, or of what it would be made in',
  ask: askRoot,
  consequence: 'no container can be made: what is known of it has nowhere to be kept',
  cure: 'name another one by --root DIR; an ordinary user needs XDG_RUNTIME_DIR',
  need: neededByAll,
};

function askRootfs({ native, bundle }: Patient): Answer {
  const path = bundle?.rootfs ?? '/';
  try {
    const flags = withPath(native, path, (fd) => native.mountFlags(fd));
    const types = withPath(native, path, (fd) => filesystemTypes(native, fd, false)).join(', ');
    return { found: flags & ST_NOEXEC ? 'absent' : 'there', detail: `${path} on ${types}` };
  } catch (error) {
    if (!isNativeError(error)) throw error;
    return { found: 'absent', detail: `${error.code}: ${path}` };
  }
}

const rootfsChecks: readonly Check[] = [
  {
    area: 'files',
    name: 'root without noexec',
    question: 'statfs(2) of the root filesystem',
    ask: askRootfs,
    consequence: 'no program of the image can be executed: exec: "…": permission denied',
    cure: 'mount -o remount,exec what it is on, or put the bundle elsewhere',
    need: neededBy('some', ({ config }) => placeIf(config.root !== undefined, '/root/path')),
  },
];

export function fileChecks({ bundle }: Patient): readonly Check[] {
  return bundle === undefined ? [stateRoot] : [stateRoot, ...rootfsChecks];
}
