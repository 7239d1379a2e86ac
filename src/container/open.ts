import { deviceNumber } from '../host/device-number.ts';
import type { Fd, InitStep, Native } from '../native/contract.ts';
import { setupWords } from '../native/errno-words.ts';
import { describeNativeError, Failure, isErrno, isNativeError } from '../native/failure.ts';
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
import { weakened } from '../native/weakened.ts';
import type { Idmap } from '../plan/idmap.ts';
import type { FdRecipe, PlannedStep } from '../plan/plan.ts';
import type { ContainerDirectory } from '../state/directory.ts';
import { openInitEnd } from '../state/exec-fifo.ts';
import { openNotifyDirectory } from '../state/notify.ts';
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
  root_detached: 'tree',
  root_open: 'directory',
  bind: 'tree',
  wait_start: 'fifo',
};

/** What a recipe leads to. */
interface Source {
  readonly fd: Fd;
  /** of what is to be cloned, and could not be here: the kernel's name for it. Else absent */
  readonly origin?: string;
}

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
    const open = (recipe: FdRecipe): Source => {
      const source = openSource(native, recipe, directory, pointer, idmapNamespace);
      fds.push(source.fd);
      return source;
    };
    const held = run[field as keyof typeof run] as unknown as FdRecipe | FdRecipe[];
    if (Array.isArray(held)) return { ...run, [field]: held.map((recipe) => open(recipe).fd) } as unknown as InitStep;
    const { fd, origin } = open(held);
    return { ...run, [field]: fd, ...(origin === undefined ? {} : { origin }) } as unknown as InitStep;
  });
}

/** Opens a recipe of something that is not mounted. `pointer` names the property in the error. */
export function openRecipe(native: Native, recipe: FdRecipe, directory: ContainerDirectory, pointer: string): Fd {
  return openSource(native, recipe, directory, pointer).fd;
}

function openSource(
  native: Native,
  recipe: FdRecipe,
  directory: ContainerDirectory,
  pointer: string,
  idmapNamespace?: IdmapNamespace,
): Source {
  try {
    return follow(native, recipe, directory, pointer, idmapNamespace);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    if (recipe.open === 'namespace') throw new Failure(`namespace path: ${describeNativeError(error)}`, pointer);
    const subject = 'path' in recipe ? `${nouns[recipe.open]} ${recipe.path}` : nouns[recipe.open];
    throw new Failure(`${subject}: ${error.syscall}: ${setupWords(error.code)}`, pointer, { cause: error });
  }
}

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
): Source {
  switch (recipe.open) {
    case 'tree':
      return openMapped(native, recipe, pointer, idmapNamespace);
    case 'rootfs':
      return cloned(native, openPlainDirectory(native, recipe.path), true);
    case 'directory':
      return { fd: openPlainDirectory(native, recipe.path) };
    case 'namespace':
      return { fd: openNamespace(native, recipe.path) };
    case 'device':
      return cloned(native, openDevice(native, recipe, pointer), false);
    case 'control':
      return { fd: native.open(AT_FDCWD, recipe.path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0) };
    case 'fifo':
      return { fd: openInitEnd(native, directory) };
    case 'notify':
      return cloned(native, openNotifyDirectory(native, directory), false);
    case 'held':
      return { fd: recipe.fd };
  }
}

/** The mount at a bind's source; its ids are mapped here, since who mounts it may have no power over its filesystem. */
function openMapped(
  native: Native,
  { path, recursive, idmap }: Extract<FdRecipe, { open: 'tree' }>,
  pointer: string,
  idmapNamespace?: IdmapNamespace,
): Source {
  if (idmap === undefined || idmapNamespace === undefined) return openTree(native, path, recursive);
  const tree = native.openTree(AT_FDCWD, path, recursive);
  try {
    idmapTree(native, tree, { path, idmap }, idmapNamespace, pointer);
    return { fd: tree };
  } catch (error) {
    native.close(tree);
    throw error;
  }
}

/** A clone of the mounts at a path, in one call where that may be. */
function openTree(native: Native, path: string, recursive: boolean): Source {
  try {
    return { fd: native.openTree(AT_FDCWD, path, recursive) };
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error;
    return cloned(native, native.open(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0), recursive);
  }
}

/**
 * A clone of the mounts at an O_PATH fd, or that fd and its name: only root of the mount namespace may clone, which init will be of its
 * own. Whoever may not is told so before the path is looked at. open_tree(2)
 */
function cloned(native: Native, handle: Fd, recursive: boolean): Source {
  let tree: Fd;
  try {
    tree = native.openTree(handle, '', recursive);
  } catch (error) {
    if (isErrno(error, 'EPERM')) return { fd: handle, origin: native.readlink(AT_FDCWD, `/proc/self/fd/${handle}`) };
    native.close(handle);
    throw error;
  }
  native.close(handle);
  return { fd: tree };
}

/** No symlink anywhere: what was checked is what is mounted, whoever may write to a folder above (CVE-2019-19921 class). */
function openPlainDirectory(native: Native, path: string): Fd {
  const resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  WEAKENED: if (weakened('S25')) return native.open(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
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
    return node;
  } catch (error) {
    native.close(node);
    throw error;
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
