import { deviceNumber } from '../host/device-number.ts';
import type { Fd, InitStep, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { describeNativeError, Failure, isNativeError } from '../native/failure.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from '../native/open-flags.ts';
import type { Idmap } from '../plan/idmap.ts';
import type { FdRecipe, PlannedStep } from '../plan/plan.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import { openReadEnd } from '../state/exec-fifo.ts';
import { openNotifyTree } from '../state/notify.ts';
import { idmapTree } from './idmap.ts';

/** NSFS_MAGIC of linux/magic.h: only files of nsfs are namespaces */
const nsfs = 0x6e736673;

/** stat(2) */
const S_IFMT = 0o170000;

/** The steps as init gets them, and every fd that was opened for them. */
export interface OpenedSteps {
  readonly steps: readonly InitStep[];
  readonly fds: readonly Fd[];
}

/** Where the user namespace comes from that an id-mapped mount is mapped by. */
export type IdmapNamespace = (idmap: Idmap) => Fd;

type RecipeField<S> = { [F in keyof S]: S[F] extends FdRecipe | readonly FdRecipe[] ? F : never }[keyof S];

/** The field that holds recipes, for each step that has one. The others are already what init gets. */
const recipeFields: {
  readonly [S in InitStep<FdRecipe> as RecipeField<S> extends never ? never : S['step']]: RecipeField<S>;
} = {
  cgroup_join: 'tasks',
  setns: 'namespace',
  root_attach: 'tree',
  root_open: 'directory',
  bind: 'tree',
  wait_start: 'fifo',
};

/**
 * Follows the recipes of a plan. The fds are the caller's also when this throws: they are pushed to `fds` one by one.
 * Sources are resolved here, in the host's mount namespace and before the container's root exists, as config.md wants it.
 *
 * @param idmapNamespace the user namespace for an id-mapped mount, still the callee's own
 */
export function openSteps(
  native: Native,
  planned: readonly PlannedStep[],
  directory: ContainerDirectory,
  fds: Fd[],
  idmapNamespace?: IdmapNamespace,
): InitStep[] {
  return planned.map(({ pointer, run }) => {
    const field = (recipeFields as Readonly<Record<string, string | undefined>>)[run.step];
    if (field === undefined) return run as InitStep;
    const open = (recipe: FdRecipe): Fd => {
      const fd = openRecipe(native, recipe, directory, pointer, idmapNamespace);
      fds.push(fd);
      return fd;
    };
    const held = run[field as keyof typeof run] as unknown as FdRecipe | FdRecipe[];
    return { ...run, [field]: Array.isArray(held) ? held.map(open) : open(held) } as unknown as InitStep;
  });
}

/** Opens one recipe. `pointer` names the property in the error. */
export function openRecipe(
  native: Native,
  recipe: FdRecipe,
  directory: ContainerDirectory,
  pointer: string,
  idmapNamespace?: IdmapNamespace,
): Fd {
  try {
    return follow(native, recipe, directory, pointer, idmapNamespace);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    if (recipe.open === 'namespace') throw new Failure(`namespace path: ${describeNativeError(error)}`, pointer);
    const subject = 'path' in recipe ? `${nouns[recipe.open]} ${recipe.path}` : nouns[recipe.open];
    const unprivileged = error.syscall === 'open_tree' && error.code === 'EPERM' ? withoutPrivileges : '';
    throw new Failure(`${subject}: ${error.syscall}: ${setupWords(error.code)}${unprivileged}`, pointer, {
      cause: error,
    });
  }
}

/** The mounts of a container are cloned by the runtime, which has to be root of its own mount namespace for that. */
const withoutPrivileges =
  '; a user without privileges has to run the container as root of a user namespace, e.g. by unshare --map-root-user --mount';

const nouns: { readonly [kind in FdRecipe['open']]: string } = {
  tree: 'bind source',
  rootfs: 'invalid rootfs',
  directory: 'invalid rootfs',
  namespace: 'namespace',
  device: 'device',
  control: 'cgroup file',
  fifo: 'exec fifo',
  notify: 'notify directory',
  held: 'file descriptor',
};

function follow(
  native: Native,
  recipe: FdRecipe,
  directory: ContainerDirectory,
  pointer: string,
  idmapNamespace?: IdmapNamespace,
): Fd {
  switch (recipe.open) {
    case 'tree':
      return openSource(native, recipe, pointer, idmapNamespace);
    case 'rootfs':
      return openRootfs(native, recipe.path);
    case 'directory':
      return openPlainDirectory(native, recipe.path);
    case 'namespace':
      return openNamespace(native, recipe.path);
    case 'device':
      return openDevice(native, recipe, pointer);
    case 'control':
      return native.open(AT_FDCWD, recipe.path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    case 'fifo':
      return openReadEnd(native, directory);
    case 'notify':
      return openNotifyTree(native, directory);
    case 'held':
      return recipe.fd;
  }
}

/** The mount at a bind's source; its ids are mapped here, since who mounts it may have no power over its filesystem. */
function openSource(
  native: Native,
  { path, recursive, idmap }: Extract<FdRecipe, { open: 'tree' }>,
  pointer: string,
  idmapNamespace?: IdmapNamespace,
): Fd {
  const tree = native.openTree(AT_FDCWD, path, recursive);
  if (idmap === undefined || idmapNamespace === undefined) return tree;
  try {
    idmapTree(native, tree, { path, idmap }, idmapNamespace, pointer);
    return tree;
  } catch (error) {
    native.close(tree);
    throw error;
  }
}

/** No symlink anywhere: what was checked is what is mounted, whoever may write to a folder above (CVE-2019-19921 class). */
function openPlainDirectory(native: Native, path: string): Fd {
  const resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return native.openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, resolve);
}

/** The inode in hand is looked at, whatever its name leads to a moment later, and never opened: that can do things. */
function openDevice(
  native: Native,
  { path, type, major, minor }: Extract<FdRecipe, { open: 'device' }>,
  pointer: string,
): Fd {
  const node = native.open(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
  try {
    const stat = native.stat(node, '', AT_EMPTY_PATH);
    if (((stat?.mode ?? 0) & S_IFMT) !== type || stat?.rdev !== deviceNumber(major, minor)) {
      const text = `device ${path}: the host's is not ${major}:${minor}, and a user namespace cannot have another`;
      throw new Failure(text, pointer);
    }
    return native.openTree(node, '', false);
  } finally {
    native.close(node);
  }
}

function openRootfs(native: Native, path: string): Fd {
  const directory = openPlainDirectory(native, path);
  try {
    return native.openTree(directory, '', true);
  } finally {
    native.close(directory);
  }
}

/** Looked at before it is opened for good: opening a device or a fifo by mistake does things. */
function openNamespace(native: Native, path: string): Fd {
  const handle = native.open(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
  try {
    const link = `/proc/self/fd/${handle}`;
    if (native.statfs(link) !== nsfs) throw new Failure(`namespace path: ${path} is not a namespace`);
    return native.open(AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
  } finally {
    native.close(handle);
  }
}
