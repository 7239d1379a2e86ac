// The root filesystem: attached, switched to, and cut off from the host.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { InitStep } from '../../src/native/contract.ts';
import { asRoot, native } from './host.ts';
import { bind, failure, inRoot, inspect, MS_SHARED, makeFolder, mount, mounted, proc } from './init-run.ts';

t.test('the root', asRoot, async (t) => {
  t.test('becomes "/" and nothing of the host stays', async (t) => {
    const { rootfs } = makeFolder(t, { marker: 'x' });
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    inspect(inRoot(rootfs, [mount('tmpfs', '/tmp')]), (inside) => {
      t.strictSame(
        inside.mounts().map(({ target }) => target),
        ['/', '/tmp'],
      );
      t.equal(readFileSync(join(inside.root, 'marker'), 'utf8'), 'x');
      t.equal(readFileSync('/proc/self/mountinfo', 'utf8'), before, 'the host has the mounts it had');
    });
  });

  t.test('is not below the host where something covers "/" of the host', async (t) => {
    const { rootfs } = makeFolder(t, { marker: 'x' });
    const covered: InitStep = { step: 'root_attach', tree: native.openTree(-100, '/', true), path: '/', origin: '' };
    const [first, ...rest] = inRoot(rootfs, [mount('tmpfs', '/tmp')]);
    inspect([first as InitStep, covered, ...rest], (inside) => {
      t.strictSame(
        inside.mounts().map(({ target }) => target),
        ['/', '/tmp'],
      );
    });
  });

  t.test('is set up by fds of which none outlives an execve', async (t) => {
    const { rootfs } = makeFolder(t);
    inspect(inRoot(rootfs, [mount('tmpfs', '/tmp'), proc], [{ step: 'masked_path', path: '/proc/keys' }]), (inside) => {
      const held = readdirSync(`/proc/${inside.init.pid}/fd`).filter((fd) => Number(fd) > 2);
      t.ok(held.length > 0);
      for (const fd of held) {
        const [, flags = ''] =
          /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${inside.init.pid}/fdinfo/${fd}`, 'utf8')) ?? [];
        t.ok(Number.parseInt(flags, 8) & 0x80000, `O_CLOEXEC of ${fd}`);
      }
    });
  });

  t.test('is read-only without what is mounted in it', async (t) => {
    const { rootfs } = makeFolder(t);
    inspect(inRoot(rootfs, [mount('tmpfs', '/tmp')], [{ step: 'root_readonly' }]), (inside) => {
      t.match(mounted(inside, '/')?.options, ['ro']);
      t.match(mounted(inside, '/tmp')?.options, ['rw']);
    });
  });

  t.test('shares nothing unless it is asked to', async (t) => {
    const { rootfs } = makeFolder(t);
    inspect(inRoot(rootfs, [mount('tmpfs', '/tmp')]), (inside) => {
      t.strictSame(
        inside.mounts().flatMap(({ tags }) => tags),
        [],
      );
    });
    const shared: InitStep = { step: 'root_propagation', flags: MS_SHARED, recursive: 1 };
    inspect(inRoot(rootfs, [mount('tmpfs', '/tmp')], [shared]), (inside) => {
      t.equal(inside.mounts().filter(({ tags }) => tags.some((tag) => tag.startsWith('shared:'))).length, 2);
    });
  });

  t.test('on a shared mount of the host leaves the host alone', async (t) => {
    const { folder } = makeFolder(t);
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    execFileSync('mount', ['-t', 'tmpfs', '--make-shared', 'noci-test', shared]);
    t.teardown(() => execFileSync('umount', ['-R', shared]));
    const rootfs = join(shared, 'rootfs');
    mkdirSync(join(rootfs, 'sub'), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '--make-shared', 'noci-test', join(rootfs, 'sub')]);
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    inspect(
      inRoot(rootfs, [mount('tmpfs', '/a'), mount('tmpfs', '/sub/b'), bind(shared, '/c'), mount('tmpfs', '/c/d')]),
      (inside) => {
        t.equal(readFileSync('/proc/self/mountinfo', 'utf8'), before);
        t.equal(inside.mounts().filter(({ tags }) => tags.some((tag) => tag.startsWith('shared:'))).length, 0);
      },
    );
    t.equal(readFileSync('/proc/self/mountinfo', 'utf8'), before);
  });

  t.test('moves on top of "/" where pivot_root is not wanted', async (t) => {
    const { rootfs } = makeFolder(t, { marker: 'x' });
    const steps = inRoot(rootfs, [proc]).map(
      (step): InitStep => (step.step === 'pivot_root' ? { step: 'move_root', path: rootfs } : step),
    );
    inspect(steps, (inside) => {
      t.equal(readFileSync(join(inside.root, 'marker'), 'utf8'), 'x');
      const exposed = readFileSync(`/proc/${inside.init.pid}/mountinfo`, 'utf8')
        .split('\n')
        .filter((line) => / - (proc|sysfs) /.test(line));
      t.equal(exposed.length, 1, 'the one procfs is its own');
    });
  });

  t.test('is entered by chroot without a mount namespace', async (t) => {
    const { rootfs } = makeFolder(t, { marker: 'x' });
    const directory = native.open(-100, rootfs, 0x210000, 0);
    inspect([{ step: 'root_open', directory }, { step: 'chroot' }, { step: 'ready' }], (inside) => {
      t.equal(readFileSync(join(inside.root, 'marker'), 'utf8'), 'x');
    });
  });

  t.test('must be a directory and no link', async (t) => {
    const { rootfs, folder } = makeFolder(t);
    symlinkSync('rootfs', join(folder, 'link'));
    const steps = inRoot(rootfs, []).map(
      (step): InitStep => (step.step === 'root_attach' ? { ...step, path: join(folder, 'link') } : step),
    );
    t.match(failure(steps), { step: 2, syscall: 'open', code: 'ENOTDIR' });
  });
});
