// linux.maskedPaths and linux.readonlyPaths.
import {
  chmodSync,
  chownSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { InitStep } from '../../src/native/contract.ts';
import { asRoot } from './host.ts';
import { failure, inRoot, inspect, makeFolder, mount, mounted, proc, untouched } from './init-run.ts';

t.test('masked and read-only paths', asRoot, async (t) => {
  const mask = (path: string): InitStep => ({ step: 'masked_path', path });
  const readonly = (path: string): InitStep => ({ step: 'readonly_path', path });

  t.test('cover files with a null device and directories with nothing', async (t) => {
    const { rootfs, canary } = makeFolder(t, {
      secret: 'secret',
      folder: { inner: 'x' },
      second: { inner: 'y' },
      way: { link: 'secret' },
    });
    inspect(
      inRoot(rootfs, [proc], ['/secret', '/folder', '/second', '/proc/keys', '/missing', '/missing/deep'].map(mask)),
      (inside) => {
        for (const name of ['secret', 'proc/keys']) t.match(statSync(join(inside.root, name)), { rdev: 0x103 });
        for (const name of ['folder', 'second']) {
          t.strictSame(readdirSync(join(inside.root, name)), []);
          t.throws(() => writeFileSync(join(inside.root, name, 'new'), ''), { code: 'EROFS' });
        }
        const [first, second] = ['/folder', '/second'].map((target) => mounted(inside, target));
        t.match(first, { type: 'tmpfs', options: ['ro'], superblock: ['ro'] });
        t.equal(
          statSync(join(inside.root, 'folder')).dev,
          statSync(join(inside.root, 'second')).dev,
          'one tmpfs for all',
        );
        t.ok(second);
      },
    );
    t.equal(readFileSync(join(rootfs, 'secret'), 'utf8'), 'secret');
    untouched(t, canary);
  });

  t.test('do not believe the /dev/null of the container (CVE-2025-31133)', async (t) => {
    const { rootfs } = makeFolder(t, { dev: { null: { link: '/proc/sys/kernel/core_pattern' } }, secret: 'secret' });
    inspect(inRoot(rootfs, [proc], [mask('/secret')]), (inside) => {
      t.match(statSync(join(inside.root, 'secret')), { rdev: 0x103 });
    });
  });

  t.test('cover files with a device that works but cannot be changed', async (t) => {
    const { rootfs } = makeFolder(t, { secret: 'secret', other: 'secret' });
    inspect(inRoot(rootfs, [proc], [mask('/secret'), mask('/other')]), (inside) => {
      for (const name of ['secret', 'other']) {
        const path = join(inside.root, name);
        t.match(mounted(inside, `/${name}`)?.options.slice(0, 3), ['ro', 'nosuid', 'noexec']);
        t.throws(() => chmodSync(path, 0o777), { code: 'EROFS' });
        t.throws(() => chownSync(path, 1, 1), { code: 'EROFS' });
        const file = openSync(path, 'r+');
        t.equal(writeSync(file, 'x'), 1);
        t.equal(readSync(file, Buffer.alloc(1)), 0);
        closeSync(file);
      }
    });
  });

  t.test('are found through links of the container only', async (t) => {
    const { rootfs, canary } = makeFolder(t, { secret: 'secret', way: { link: '/secret' } });
    symlinkSync(join(canary, 'file'), join(rootfs, 'out'));
    inspect(inRoot(rootfs, [], [mask('/way'), mask('/out')]), (inside) => {
      t.match(statSync(join(inside.root, 'secret')), { rdev: 0x103 });
    });
    untouched(t, canary);
  });

  t.test('ignore nothing but what does not exist', async (t) => {
    const { rootfs } = makeFolder(t, { file: '' });
    t.match(failure(inRoot(rootfs, [], [mask('/file/below')])), { code: 'ENOTDIR', path: '/file/below' });
    t.match(failure(inRoot(rootfs, [], [readonly('/file/below')])), { code: 'ENOTDIR', path: '/file/below' });
  });

  t.test('become read-only, keeping what they had', async (t) => {
    const { rootfs } = makeFolder(t, { folder: {} });
    inspect(
      inRoot(
        rootfs,
        [proc, mount('tmpfs', '/folder/below')],
        [readonly('/proc/sys'), readonly('/folder'), readonly('/missing')],
      ),
      (inside) => {
        t.strictSame(mounted(inside, '/proc/sys')?.options, ['ro', 'nosuid', 'nodev', 'noexec', 'relatime']);
        t.match(mounted(inside, '/folder')?.options, ['ro']);
        t.match(mounted(inside, '/folder/below')?.options, ['rw']);
        t.throws(() => writeFileSync(join(inside.root, 'folder/new'), ''), { code: 'EROFS' });
      },
    );
  });

  t.test('make "/" itself read-only, by whatever name', async (t) => {
    const { rootfs } = makeFolder(t, { up: { link: '/..' } });
    for (const path of ['/', '/up', '/up/.']) {
      inspect(inRoot(rootfs, [], [readonly(path)]), (inside) => {
        t.strictSame(
          inside.mounts().map(({ target, options }) => [target, options[0]]),
          [['/', 'ro']],
        );
      });
    }
  });
});
