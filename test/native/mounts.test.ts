// Mounts and binds, one by one, in namespaces of their own.
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { InitStep } from '../../src/native/contract.ts';
import { asRoot } from './host.ts';
import {
  bind,
  failure,
  inRoot,
  inspect,
  MS_REC,
  MS_SHARED,
  makeFolder,
  mount,
  mounted,
  NODEV,
  NOEXEC,
  NOSUID,
  RDONLY,
  readMounts,
  type Tree,
  untouched,
} from './init-run.ts';

t.test('mount', asRoot, async (t) => {
  t.test('sets parameters, attributes and propagation', async (t) => {
    const { rootfs } = makeFolder(t);
    const tmpfs = mount('tmpfs', '/a/b', {
      source: 'shm',
      parameters: ['mode=1777', 'size=64k'],
      attributes: NOSUID | NODEV | NOEXEC | RDONLY,
      propagation: [MS_SHARED],
    });
    inspect(inRoot(rootfs, [tmpfs]), (inside) => {
      t.match(mounted(inside, '/a/b'), {
        source: 'shm',
        type: 'tmpfs',
        options: ['ro', 'nosuid', 'nodev', 'noexec', 'relatime'],
        tags: [/^shared:/],
      });
      t.match(mounted(inside, '/a/b')?.superblock, ['rw', 'size=64k']);
      t.equal(statSync(join(inside.root, 'a/b')).mode & 0o7777, 0o1777);
      t.equal(statSync(join(inside.root, 'a')).mode & 0o7777, 0o755, 'a directory on the way');
    });
  });

  t.test('says what the kernel says', async (t) => {
    const { rootfs } = makeFolder(t);
    t.match(failure(inRoot(rootfs, [mount('nonsensefs', '/a')])), {
      step: 4,
      syscall: 'fsopen',
      code: 'ENODEV',
      path: '/a (unknown filesystem "nonsensefs")',
    });
    t.match(failure(inRoot(rootfs, [mount('tmpfs', '/a', { parameters: ['nonsense=1'] })])), {
      syscall: 'fsconfig',
      code: 'EINVAL',
      path: "/a (tmpfs: Unknown parameter 'nonsense')",
    });
    t.match(failure(inRoot(rootfs, [mount('tmpfs', '/a', { parameters: [`mpol=${'x'.repeat(300)}`] })])), {
      code: 'E2BIG',
      path: '/a (value of mpol)',
    });
  });

  t.test('finds a source on the host while the root is entered', async (t) => {
    const { rootfs, folder } = makeFolder(t);
    const layers: Tree = { lower: { deep: 'from below' }, upper: {}, work: {} };
    for (const name of Object.keys(layers)) mkdirSync(join(folder, name));
    // An upper directory on overlayfs, which the machine's own root may be, is not possible: a tmpfs for the layers.
    execFileSync('mount', ['-t', 'tmpfs', 'noci-test', join(folder, 'upper')]);
    t.teardown(() => execFileSync('umount', [join(folder, 'upper')]));
    for (const name of ['upper', 'work']) mkdirSync(join(folder, 'upper', name));
    writeFileSync(join(folder, 'lower', 'deep'), 'from below');
    const parameters = [`lowerdir=${folder}/lower`, `upperdir=${folder}/upper/upper`, `workdir=${folder}/upper/work`];
    inspect(inRoot(rootfs, [mount('overlay', '/merged', { parameters })]), (inside) => {
      t.equal(readFileSync(join(inside.root, 'merged/deep'), 'utf8'), 'from below');
    });
  });

  t.test('cuts off no option', async (t) => {
    const { rootfs } = makeFolder(t);
    // mount(2) takes a page of them
    const parameters = [`lowerdir=${'/layer:'.repeat(600)}/layer`, 'nfs_export=on'];
    t.match(failure(inRoot(rootfs, [mount('overlay', '/merged', { parameters })])), {
      syscall: 'mount',
      code: 'E2BIG',
      path: '/merged (options of more than 4095 bytes)',
    });
  });

  t.test('keeps the mode of what a tmpfs covers', async (t) => {
    const { rootfs } = makeFolder(t);
    mkdirSync(join(rootfs, 'kept'));
    execFileSync('chmod', ['1751', join(rootfs, 'kept')]);
    const steps = [
      mount('tmpfs', '/kept', { keepMode: 1 }),
      mount('tmpfs', '/given', { keepMode: 1, parameters: ['mode=700'] }),
      mount('tmpfs', '/made', { keepMode: 1 }),
    ];
    inspect(inRoot(rootfs, steps), (inside) => {
      t.equal(statSync(join(inside.root, 'kept')).mode & 0o7777, 0o1751);
      t.equal(statSync(join(inside.root, 'given')).mode & 0o7777, 0o700);
      t.equal(statSync(join(inside.root, 'made')).mode & 0o7777, 0o1777, 'not that of a directory made for it');
    });
  });

  t.test('copies up what it covers, and follows no link for it', async (t) => {
    const { rootfs, canary } = makeFolder(t, {
      data: {
        file: 'content',
        empty: {},
        sub: { deep: 'deep' },
        out: { link: '/canary' },
        escape: { link: '../../canary/file' },
      },
    });
    execFileSync('chown', ['12:34', join(rootfs, 'data/file')]);
    execFileSync('chmod', ['4750', join(rootfs, 'data/file')]);
    execFileSync('mkfifo', [join(rootfs, 'data/fifo')]);
    inspect(inRoot(rootfs, [mount('tmpfs', '/data', { copyUp: 1 })]), (inside) => {
      const data = join(inside.root, 'data');
      t.strictSame(readdirSync(data).sort(), ['empty', 'escape', 'fifo', 'file', 'out', 'sub']);
      t.equal(readFileSync(join(data, 'file'), 'utf8'), 'content');
      const { mode, uid, gid, dev: device } = statSync(join(data, 'file'));
      t.strictSame({ mode: mode & 0o7777, uid, gid }, { mode: 0o4750, uid: 12, gid: 34 });
      t.not(device, statSync(join(rootfs, 'data')).dev, 'a copy on the tmpfs');
      t.equal(readFileSync(join(data, 'sub/deep'), 'utf8'), 'deep');
      t.equal(readlinkSync(join(data, 'escape')), '../../canary/file');
      t.ok(lstatSync(join(data, 'fifo')).isFIFO());
    });
    untouched(t, canary);
  });
});

t.test('bind', asRoot, async (t) => {
  t.test('of a directory and of a file, with attributes', async (t) => {
    const { rootfs, canary } = makeFolder(t);
    const steps = [
      bind(canary, '/a/b', { set: RDONLY | NOSUID }),
      bind(join(canary, 'file'), '/c/d', { recursiveSet: RDONLY | NOEXEC }),
    ];
    inspect(inRoot(rootfs, steps), (inside) => {
      t.match(mounted(inside, '/a/b')?.options, ['ro', 'nosuid']);
      t.match(mounted(inside, '/c/d')?.options, ['ro', 'noexec']);
      t.equal(readFileSync(join(inside.root, 'c/d'), 'utf8'), 'untouched');
    });
    t.equal(statSync(join(rootfs, 'c/d')).mode & 0o7777, 0o644);
    untouched(t, canary);
  });

  t.test('clears attributes of the source', async (t) => {
    const { rootfs, folder } = makeFolder(t);
    const source = join(folder, 'source');
    mkdirSync(source);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,nosuid,noatime', 'noci-test', source]);
    t.teardown(() => execFileSync('umount', [source]));
    inspect(
      inRoot(rootfs, [bind(source, '/kept'), bind(source, '/cleared', { clear: RDONLY | NOSUID | 0x70 })]),
      (inside) => {
        t.match(mounted(inside, '/kept')?.options, ['ro', 'nosuid', 'noatime']);
        t.strictSame(mounted(inside, '/cleared')?.options, ['rw', 'relatime']);
      },
    );
  });

  t.test('recursive attributes reach the mounts below', async (t) => {
    const { rootfs, folder } = makeFolder(t);
    const source = join(folder, 'source');
    mkdirSync(source);
    execFileSync('mount', ['-t', 'tmpfs', 'noci-test', source]);
    t.teardown(() => execFileSync('umount', ['-R', source]));
    mkdirSync(join(source, 'sub'));
    execFileSync('mount', ['-t', 'tmpfs', 'noci-test', join(source, 'sub')]);
    inspect(
      inRoot(rootfs, [bind(source, '/top', { set: RDONLY }), bind(source, '/all', { recursiveSet: RDONLY })]),
      (inside) => {
        t.match(mounted(inside, '/top')?.options, ['ro']);
        t.match(mounted(inside, '/top/sub')?.options, ['rw']);
        t.match(mounted(inside, '/all/sub')?.options, ['ro']);
      },
    );
  });

  t.test('with sharing that was asked for reaches the host', async (t) => {
    const { rootfs, folder } = makeFolder(t);
    const source = join(folder, 'source');
    mkdirSync(source);
    execFileSync('mount', ['-t', 'tmpfs', '--make-shared', 'noci-test', source]);
    t.teardown(() => execFileSync('umount', ['-R', source]));
    const steps = [
      bind(source, '/vol', { sourcePropagation: 0, propagation: [MS_SHARED | MS_REC] }),
      mount('tmpfs', '/vol/sub'),
    ];
    inspect(inRoot(rootfs, steps), () => {
      t.ok(readMounts('self').some(({ target }) => target === join(source, 'sub')));
    });
  });
});

t.test('remount and mount_setattr change what is mounted', asRoot, async (t) => {
  const { rootfs } = makeFolder(t);
  const steps: InitStep[] = [
    mount('tmpfs', '/a', { parameters: ['size=64k'] }),
    { step: 'remount', target: '/a', set: NOSUID, clear: 0, parameters: ['size=128k'] },
    mount('tmpfs', '/b'),
    { step: 'mount_setattr', target: '/b', set: RDONLY, clear: 0 },
  ];
  inspect(inRoot(rootfs, steps), (inside) => {
    t.match(mounted(inside, '/a'), { options: ['rw', 'nosuid', 'relatime'], superblock: ['rw', 'size=128k'] });
    t.match(mounted(inside, '/b')?.options, ['ro']);
  });
  const missing: InitStep = { step: 'remount', target: '/none', set: NOSUID, clear: 0, parameters: [] };
  t.match(failure(inRoot(rootfs, [missing])), { code: 'ENOENT', path: '/none' });
});
