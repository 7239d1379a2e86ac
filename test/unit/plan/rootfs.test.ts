import t from 'tap';
import type { ROOTFS_PROPAGATION } from '../../../src/plan/rootfs.ts';
import { order, steps } from '../../fakes/plan.ts';

const PRIVATE = 0x40000;
const SLAVE = 0x80000;
const names = ['propagation', 'root_propagation', 'bind'];
const mounts = [{ destination: '/x', source: '/x', options: ['bind'] }];

/** rootfsPropagation → of the namespace, of a bind's source, of "/" (flags, recursive) */
const expected: Record<keyof typeof ROOTFS_PROPAGATION, [number, number, [number, number]?]> = {
  private: [PRIVATE, PRIVATE],
  rprivate: [PRIVATE, PRIVATE],
  shared: [SLAVE, 0, [0x100000, 0]],
  rshared: [SLAVE, 0, [0x100000, 1]],
  slave: [SLAVE, SLAVE, [SLAVE, 0]],
  rslave: [SLAVE, SLAVE, [SLAVE, 1]],
  unbindable: [PRIVATE, PRIVATE, [0x20000, 0]],
  runbindable: [PRIVATE, PRIVATE, [0x20000, 1]],
};

t.test('rootfsPropagation', async (t) => {
  for (const [name, [flags, sourcePropagation, root]] of Object.entries(expected)) {
    const rootfsPropagation = name as keyof typeof ROOTFS_PROPAGATION;
    const pointer = '/linux/rootfsPropagation';
    t.match(
      steps(names, { mounts, linux: { rootfsPropagation } }),
      [
        { step: 'propagation', flags, recursive: 1, pointer },
        { step: 'bind', sourcePropagation },
        ...(root ? [{ step: 'root_propagation', flags: root[0], recursive: root[1], pointer }] : []),
      ],
      name,
    );
    t.equal(order({ mounts, linux: { rootfsPropagation } }).includes('root_propagation'), root !== undefined, name);
  }
});

t.test('by default nothing of the container appears on the host', async (t) => {
  t.match(steps(names, { mounts }), [
    { step: 'propagation', flags: SLAVE, recursive: 1, pointer: '' },
    { step: 'bind', sourcePropagation: SLAVE },
  ]);
  t.notOk(order({ mounts }).includes('root_propagation'));
});

t.test('the root is attached to a private parent, and cut off before anything is mounted on it', async (t) => {
  t.strictSame(steps(['parent_private', 'root_attach', 'propagation']), [
    { step: 'parent_private', path: '/bundle/rootfs', pointer: '/root/path' },
    {
      step: 'root_attach',
      tree: { open: 'rootfs', path: '/bundle/rootfs' },
      path: '/bundle/rootfs',
      origin: '',
      pointer: '/root/path',
    },
    { step: 'propagation', flags: SLAVE, recursive: 1, pointer: '' },
  ]);
});

t.test('how the root becomes "/"', async (t) => {
  t.strictSame(steps(['pivot_root', 'move_root', 'chroot']), [{ step: 'pivot_root', pointer: '/root/path' }]);
  t.strictSame(steps(['pivot_root', 'move_root', 'chroot'], { options: { noPivot: true } }), [
    { step: 'move_root', path: '/bundle/rootfs', pointer: '/root/path' },
  ]);
  t.strictSame(steps(['root_open', 'pivot_root', 'chroot'], { linux: { namespaces: [] } }), [
    { step: 'root_open', directory: { open: 'directory', path: '/bundle/rootfs' }, pointer: '/root/path' },
    { step: 'chroot', pointer: '/root/path' },
  ]);
  const detached = ['parent_private', 'root_attach', 'root_open', 'root_detached', 'pivot_root', 'chroot'];
  t.strictSame(steps(detached, { mounts, linux: { namespaces: [] } }), [
    {
      step: 'root_detached',
      tree: { open: 'rootfs', path: '/bundle/rootfs' },
      origin: '',
      pointer: '/root/path',
    },
    { step: 'chroot', pointer: '/root/path' },
  ]);
});

t.test('root.readonly', async (t) => {
  t.strictSame(steps('root_readonly', { config: { root: { path: 'r', readonly: true } } }), [
    { step: 'root_readonly', pointer: '/root/readonly' },
  ]);
  t.strictSame(steps('root_readonly', { config: { root: { path: 'r', readonly: false } } }), []);
});
