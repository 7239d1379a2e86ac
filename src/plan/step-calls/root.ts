import { MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_SLAVE } from '../mount-attributes.ts';
import { type CallsOfSteps, call, none, only, repeated } from './call.ts';
import { chroot, cloneOrigin, fchdir, mountSetattr, moveMount } from './mount-api.ts';

const partFromHost = [
  mountSetattr('root', { propagation: MS_SLAVE, recursive: true }),
  mountSetattr('root', { propagation: MS_PRIVATE }),
];

/** Steps about the root directory. */
export const rootSteps = {
  root_attach: ({ path, origin }, before) => [
    ...cloneOrigin(before, origin, true),
    ...partFromHost,
    moveMount('root', path),
  ],
  root_detached: ({ origin }, before) => [...cloneOrigin(before, origin, true), ...partFromHost],
  root_open: () => none,
  root_enter: (_run, before) => {
    before.entered = true;
    return [fchdir('root'), chroot];
  },
  root_leave: (_run, before) => {
    before.entered = false;
    return [fchdir("the host's /"), chroot];
  },
  pivot_root: () => [
    fchdir('root'),
    call('pivot_root', ['new_root', '"."'], ['put_old', '"."']),
    fchdir('the old root'),
    mountSetattr('the old root', { propagation: MS_SLAVE, recursive: true }),
    call('umount2', ['target', '"."'], ['flags', 'MNT_DETACH']),
    repeated('something is left of it', call('umount2', ['target', '"."'], ['flags', 'MNT_DETACH'])),
    call('chdir', ['path', '"/"']),
  ],
  move_root: () => [
    ...only(
      'for each procfs and sysfs outside of the root filesystem',
      repeated('', mountSetattr('it', { propagation: MS_SLAVE, recursive: true })),
    ),
    {
      name: 'uncover',
      args: [['what', '<fchdir, umount2, or a tmpfs on top>']],
      when: 'for each of them',
      repeated: true,
    },
    moveMount('root', '/'),
    fchdir('root'),
    chroot,
    call('chdir', ['path', '"/"']),
  ],
  chroot: () => [fchdir('root'), chroot, call('chdir', ['path', '"/"'])],
  root_propagation: ({ flags, recursive }) => [mountSetattr('/', { propagation: flags, recursive: recursive === 1 })],
  root_readonly: () => [mountSetattr('/', { set: MOUNT_ATTR_RDONLY })],
} satisfies CallsOfSteps;
