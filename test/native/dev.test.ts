// What is put into /dev: symlinks and devices, also where the image has something of its own there.
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { InitStep } from '../../src/native/contract.ts';
import { asRoot } from './host.ts';
import { dev, device, failure, inRoot, inspect, makeFolder, mount, untouched } from './init-run.ts';

t.test('symlinks', asRoot, async (t) => {
  const fd = (replace: number): InitStep => ({ step: 'symlink', target: '/proc/self/fd', path: '/dev/fd', replace });

  t.test('are made, kept or replaced', async (t) => {
    const { rootfs } = makeFolder(t, { dev: { fd: 'the image has a file here' } });
    inspect(inRoot(rootfs, [fd(0)]), (inside) => t.ok(lstatSync(join(inside.root, 'dev/fd')).isFile()));
    inspect(inRoot(rootfs, [fd(1)]), (inside) => t.equal(readlinkSync(join(inside.root, 'dev/fd')), '/proc/self/fd'));
  });

  t.test('with /dev as a link into the host stay inside the root (CVE-2026-41579)', async (t) => {
    for (const link of ['../canary', '/../../../../../../canary']) {
      const { rootfs, canary } = makeFolder(t);
      symlinkSync(link === '../canary' ? `${'../'.repeat(12)}${canary.slice(1)}` : canary, join(rootfs, 'dev'));
      writeFileSync(join(canary, 'fd'), 'of the host');
      inspect(inRoot(rootfs, [fd(1)]), (inside) =>
        t.equal(readlinkSync(join(inside.root, canary, 'fd')), '/proc/self/fd'),
      );
      t.equal(readFileSync(join(canary, 'fd'), 'utf8'), 'of the host');
    }
  });

  t.test('need a name', async (t) => {
    const { rootfs } = makeFolder(t);
    for (const path of ['/', '/dev/..', '/dev/.', '']) {
      t.match(failure(inRoot(rootfs, [{ step: 'symlink', target: 'x', path, replace: 0 }])), { code: 'EINVAL', path });
    }
  });
});

t.test('devices', asRoot, async (t) => {
  const number = (path: string) => {
    const { rdev, mode, uid, gid } = lstatSync(path);
    return { rdev, mode, uid, gid };
  };
  const null_ = { rdev: 0x103, mode: 0o20666, uid: 0, gid: 0 };

  t.test('are made with their owner and mode', async (t) => {
    const { rootfs } = makeFolder(t);
    const steps = [
      dev,
      device('/dev/null', 1, 3),
      device('/dev/net/tun', 10, 200, { mode: 0o640, uid: 5, gid: 6 }),
      device('/dev/pipe', 0, 0, { type: 0x1000 }),
    ];
    inspect(inRoot(rootfs, steps), (inside) => {
      t.strictSame(number(join(inside.root, 'dev/null')), null_);
      t.match(number(join(inside.root, 'dev/net/tun')), { rdev: 0xac8, mode: 0o20640, uid: 5, gid: 6 });
      t.ok(lstatSync(join(inside.root, 'dev/pipe')).isFIFO());
    });
  });

  t.test('that are there are kept, with the right mode', async (t) => {
    const { rootfs } = makeFolder(t, { dev: {} });
    execFileSync('mknod', ['-m', '600', join(rootfs, 'dev/null'), 'c', '1', '3']);
    execFileSync('chown', ['7:8', join(rootfs, 'dev/null')]);
    inspect(inRoot(rootfs, [device('/dev/null', 1, 3)]), (inside) =>
      t.strictSame(number(join(inside.root, 'dev/null')), null_),
    );
  });

  t.test('of another kind under the name are replaced only on a mount of our own', async (t) => {
    const { rootfs, canary } = makeFolder(t, { dev: {} });
    execFileSync('mknod', [join(rootfs, 'dev/null'), 'c', '1', '1']);
    t.match(failure(inRoot(rootfs, [device('/dev/null', 1, 3)])), {
      syscall: 'mknodat',
      code: 'EEXIST',
      path: '/dev/null',
    });
    symlinkSync(join(canary, 'file'), join(rootfs, 'dev/zero'));
    t.match(failure(inRoot(rootfs, [device('/dev/zero', 1, 5)])), { code: 'EEXIST' });
    const copied = mount('tmpfs', '/dev', { copyUp: 1 });
    inspect(inRoot(rootfs, [copied, device('/dev/null', 1, 3), device('/dev/zero', 1, 5)]), (inside) => {
      t.strictSame(number(join(inside.root, 'dev/null')), null_);
      t.strictSame(number(join(inside.root, 'dev/zero')), { ...null_, rdev: 0x105 });
    });
    untouched(t, canary);
  });
});
