import t from 'tap';
import type { Mount } from '../../../src/oci/types.ts';
import { type Changes, steps } from '../../fakes/plan.ts';

const names = ['mount', 'bind', 'remount', 'mount_setattr'];

function mounted(mount: Mount, changes: Changes = {}): object[] {
  return steps(names, { ...changes, mounts: [mount] });
}

const fresh = {
  step: 'mount',
  parameters: [],
  attributes: 0,
  recursiveSet: 0,
  recursiveClear: 0,
  propagation: [],
  strict: 0,
  copyUp: 0,
  keepMode: 0,
  pointer: '/mounts/0',
};

const bind = {
  step: 'bind',
  tree: { open: 'tree', path: '/src', recursive: false },
  origin: '',
  recursive: 0,
  source: '/src',
  target: '/dst',
  set: 0,
  clear: 0,
  recursiveSet: 0,
  recursiveClear: 0,
  sourcePropagation: 0x80000,
  propagation: [],
  pointer: '/mounts/0',
};

t.test('a new filesystem', async (t) => {
  const options = ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'sync'];
  t.strictSame(mounted({ destination: '/dev/pts', type: 'devpts', source: 'devpts', options }), [
    {
      ...fresh,
      type: 'devpts',
      source: 'devpts',
      target: '/dev/pts',
      parameters: ['sync', 'newinstance', 'ptmxmode=0666'],
      attributes: 10,
    },
  ]);
});

t.test('proc and sysfs are strict about their targets, and ro is for the filesystem too', async (t) => {
  t.strictSame(mounted({ destination: '/proc', type: 'proc', source: 'p' }), [
    { ...fresh, type: 'proc', source: 'p', target: '/proc', strict: 1 },
  ]);
  t.strictSame(mounted({ destination: '/sys', type: 'sysfs', source: 's', options: ['ro', 'nodev'] }), [
    { ...fresh, type: 'sysfs', source: 's', target: '/sys', strict: 1, parameters: ['ro'], attributes: 5 },
  ]);
});

t.test('tmpfs', async (t) => {
  const tmpfs = { ...fresh, type: 'tmpfs', source: 'tmpfs', target: '/tmp', keepMode: 1 };
  const mount = { destination: '/tmp', type: 'tmpfs', source: 'tmpfs' };
  t.strictSame(mounted(mount), [tmpfs], 'keeps the mode of its target');
  t.strictSame(mounted({ ...mount, options: ['size=1m,mode=1777'] }), [
    { ...tmpfs, keepMode: 0, parameters: ['size=1m', 'mode=1777'] },
  ]);
  t.strictSame(mounted({ ...mount, options: ['tmpcopyup'] }), [{ ...tmpfs, copyUp: 1 }]);
  t.strictSame(
    mounted({ ...mount, options: ['ro', 'nosuid', 'rslave'] }),
    [
      { ...tmpfs, attributes: 2, propagation: [0x84000] },
      { step: 'mount_setattr', target: '/tmp', set: 1, clear: 0, pointer: '/mounts/0' },
    ],
    'read-only at the end',
  );
});

t.test('whatever is at /dev is read-only at the end', async (t) => {
  const last = { step: 'mount_setattr', target: '/dev', set: 1, clear: 0, pointer: '/mounts/0' };
  t.strictSame(mounted({ destination: '/dev', type: 'devtmpfs', source: 'd', options: ['ro'] }), [
    { ...fresh, type: 'devtmpfs', source: 'd', target: '/dev' },
    last,
  ]);
  const tree = { open: 'tree', path: '/dev', recursive: true };
  t.strictSame(mounted({ destination: '/dev/', source: '/dev', options: ['rbind', 'ro'] }), [
    { ...bind, tree, recursive: 1, source: '/dev', target: '/dev', clear: 2 | 4 | 8 | 0x200000 },
    last,
  ]);
});

t.test('a bind without attributes keeps those of its source', async (t) => {
  const mount = { destination: '/dst', type: 'proc', source: '/src' };
  t.strictSame(mounted({ ...mount, options: ['bind', 'rprivate'] }), [{ ...bind, propagation: [0x44000] }]);
  t.strictSame(mounted({ ...mount, type: 'bind' }), [bind], 'type bind is enough');
  const tree = { ...bind.tree, recursive: true };
  t.strictSame(mounted({ ...mount, options: ['rbind', 'rro'] }), [{ ...bind, tree, recursive: 1, recursiveSet: 1 }]);
});

t.test('a bind with any attribute has just those', async (t) => {
  const mount = { destination: '/dst', source: '/src' };
  const all = 1 | 2 | 4 | 8 | 0x200000;
  t.strictSame(mounted({ ...mount, options: ['bind', 'ro', 'nodev'] }), [{ ...bind, set: 5, clear: all & ~5 }]);
  t.strictSame(mounted({ ...mount, options: ['bind', 'rw'] }), [{ ...bind, clear: all }]);
  t.strictSame(mounted({ ...mount, options: ['bind', 'noatime'] }), [{ ...bind, set: 0x10, clear: all | 0x70 }]);
  t.strictSame(
    mounted({ ...mount, options: ['bind', 'ro', 'suid'] }, { facts: { inUserNamespace: true } }).slice(0, 1),
    [{ ...bind, set: 1, clear: 2 }],
    'but in a user namespace, where the others may be locked, only what is named changes',
  );
});

t.test('relative sources are below the bundle, targets below the root', async (t) => {
  const [step] = mounted({ destination: 'a/../b//c/', source: './data/../etc', options: ['bind'] });
  t.match(step, { source: '/bundle/etc', tree: { path: '/bundle/etc' }, target: '/b/c' });
  const [up] = mounted({ destination: '/../../x', source: '/s/../t', options: ['bind'] });
  t.match(up, { source: '/s/../t', target: '/x' }, "an absolute source is the kernel's to resolve");
});

t.test('remount changes what is named, and the filesystem unless it is a bind', async (t) => {
  const remount = { step: 'remount', target: '/x', set: 1, clear: 0, pointer: '/mounts/0' };
  t.strictSame(mounted({ destination: '/x', options: ['remount', 'ro', 'sync', 'size=1m'] }), [
    { ...remount, parameters: ['ro', 'sync', 'size=1m'] },
  ]);
  t.strictSame(mounted({ destination: '/x', options: ['remount', 'rw'] }), [
    { ...remount, set: 0, clear: 1, parameters: ['rw'] },
  ]);
  t.strictSame(mounted({ destination: '/x', options: ['remount', 'bind', 'ro'] }), [{ ...remount, parameters: [] }]);
  t.strictSame(mounted({ destination: '/x', options: ['remount', 'nodev'] }), [{ ...remount, set: 4, parameters: [] }]);
});

t.test('in listed order, each with its pointer', async (t) => {
  const planned = steps(names, {
    mounts: [
      { destination: '/b', source: '/b', options: ['bind'] },
      { destination: '/a', type: 'tmpfs', source: 't' },
      { destination: '/a/c', type: 'mqueue', source: 'm' },
    ],
  });
  t.match(planned, [
    { target: '/b', pointer: '/mounts/0' },
    { target: '/a', pointer: '/mounts/1' },
    { target: '/a/c', pointer: '/mounts/2' },
  ]);
});
