// Targets of mounts on root filesystems that were made to lead them astray.
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { InitStep } from '../../src/native/contract.ts';
import { asRoot } from './host.ts';
import {
  bind,
  device,
  failure,
  hostInReach,
  type Inside,
  inRoot,
  inspect,
  makeFolder,
  mount,
  mounted,
  proc,
  RDONLY,
  type Tree,
  untouched,
} from './init-run.ts';

t.test('targets that lead astray', asRoot, async (t) => {
  const links: Record<string, (canary: string) => string> = {
    'an absolute link': (canary) => canary,
    'a link with many ..': (canary) => `../../../../../../../..${canary}`,
  };
  for (const [name, link] of Object.entries(links)) {
    for (const [how, only] of Object.entries({
      entered: (steps: InitStep[]) => steps,
      'in reach of the host': hostInReach,
    })) {
      t.test(`${name} stays inside the root, ${how}`, async (t) => {
        const { rootfs, canary } = makeFolder(t);
        symlinkSync(link(canary), join(rootfs, 'way'));
        const steps: InitStep[] = [
          bind(canary, '/way/bound'),
          { step: 'mkdir', path: '/way/made', mode: 0o700 },
          { step: 'symlink', target: 'x', path: '/way/link', replace: 1 },
          device('/way/null', 1, 3),
          mount('tmpfs', '/way'),
        ];
        inspect(only(inRoot(rootfs, steps)), (inside) => {
          t.ok(mounted(inside, `${canary}/bound`), 'the same names, in the root');
          t.ok(mounted(inside, canary));
        });
        t.strictSame(readdirSync(join(rootfs, canary)).sort(), ['bound', 'link', 'made', 'null']);
        untouched(t, canary);
      });
    }
  }

  t.test('a dangling link is made what it points to', async (t) => {
    const { rootfs, canary } = makeFolder(t, { etc: { 'resolv.conf': { link: '../run/systemd/stub' } }, run: {} });
    inspect(inRoot(rootfs, [bind(join(canary, 'file'), '/etc/resolv.conf')]), (inside) => {
      t.equal(readFileSync(join(inside.root, 'run/systemd/stub'), 'utf8'), 'untouched');
    });
    t.equal(statSync(join(rootfs, 'run/systemd/stub')).size, 0);
  });

  t.test('".." after what does not exist', async (t) => {
    const { rootfs, canary } = makeFolder(t);
    t.match(failure(inRoot(rootfs, [mount('tmpfs', '/missing/../../../x')])), {
      code: 'ENOENT',
      path: '/missing/../../../x',
    });
    untouched(t, canary);
  });

  t.test('links in a circle', async (t) => {
    const { rootfs } = makeFolder(t, { a: { link: 'b' }, b: { link: 'a' } });
    t.match(failure(inRoot(rootfs, [mount('tmpfs', '/a/x')])), { code: 'ELOOP', path: '/a/x' });
  });

  t.test('a name or path that is too long', async (t) => {
    const { rootfs } = makeFolder(t);
    t.match(failure(inRoot(rootfs, [mount('tmpfs', `/${'n'.repeat(256)}`)])), { code: 'ENAMETOOLONG' });
    t.match(failure(inRoot(rootfs, [mount('tmpfs', '/long'.repeat(1000))])), { code: 'ENAMETOOLONG' });
  });

  for (const target of ['/', '/.', '//', '/../..', '/link', '']) {
    t.test(`the root itself, as ${JSON.stringify(target)}`, async (t) => {
      const { rootfs } = makeFolder(t, { link: { link: '/' } });
      t.equal(failure(inRoot(rootfs, [mount('tmpfs', target)])).text, `mountpoint "${target}" is on the top of rootfs`);
    });
  }

  t.test('what is not of the right type', async (t) => {
    const { rootfs, canary } = makeFolder(t, { file: '', directory: {} });
    t.match(failure(inRoot(rootfs, [mount('tmpfs', '/file')])), {
      syscall: 'move_mount',
      code: 'ENOTDIR',
      path: '/file',
    });
    t.match(failure(inRoot(rootfs, [mount('tmpfs', '/file/below')])), { code: 'ENOTDIR', path: '/file/below' });
    t.match(failure(inRoot(rootfs, [bind(join(canary, 'file'), '/directory')])), {
      syscall: 'move_mount',
      code: 'ENOTDIR',
    });
  });
});

t.test('one thing after another in one directory, which is resolved once', asRoot, async (t) => {
  const made = (path: string): InitStep => ({ step: 'mkdir', path, mode: 0o755 });
  const inDirectory = (inside: Inside) => readdirSync(join(inside.root, 'dir')).sort();

  t.test('what is there is taken, links are followed, the rest is made', async (t) => {
    const { rootfs, canary } = makeFolder(t, {
      dir: { old: { inner: '' }, way: { link: '../other' }, file: 'x' },
      other: {},
    });
    symlinkSync(join(canary, 'nowhere'), join(rootfs, 'dir/gone'));
    const steps = [made('/dir/new'), made('/dir/old'), made('/dir/way'), made('/dir/gone'), mount('tmpfs', '/dir/way')];
    inspect(inRoot(rootfs, steps), (inside) => {
      t.strictSame(inDirectory(inside), ['file', 'gone', 'new', 'old', 'way']);
      t.strictSame(readdirSync(join(inside.root, 'dir/old')), ['inner']);
      t.ok(mounted(inside, '/other'), 'not on the link');
      t.ok(statSync(join(inside.root, canary, 'nowhere')).isDirectory(), 'a dangling link is made what it points to');
    });
    t.match(failure(inRoot(rootfs, [made('/dir/other'), made('/dir/file')])), { code: 'ENOTDIR', path: '/dir/file' });
    untouched(t, canary);
  });

  for (const [name, target] of Object.entries({
    itself: '/dir',
    'a link in it to itself': '/dir/self',
    'its parent': '/up/dir/..',
  })) {
    t.test(`a mount over ${name} is seen`, async (t) => {
      const { rootfs } = makeFolder(t, { dir: { self: { link: '.' } }, up: { dir: {} } });
      const directory = target.startsWith('/up') ? '/up/dir' : '/dir';
      const steps = [made(`${directory}/before`), mount('tmpfs', target), made(`${directory}/after`)];
      inspect(inRoot(rootfs, steps), (inside) => {
        t.strictSame(readdirSync(join(inside.root, directory)), ['after']);
      });
      t.strictSame(
        readdirSync(join(rootfs, directory)).filter((entry) => entry !== 'self'),
        ['before'],
      );
    });
  }

  t.test('a strict target is not found by way of a directory that a link led to', async (t) => {
    const { rootfs } = makeFolder(t, { real: { proc: {} }, way: { link: 'real' } });
    const steps = [made('/way/other'), mount('proc', '/way/proc', { strict: 1 })];
    t.match(failure(inRoot(rootfs, steps)).text, 'must be mounted on ordinary directory');
  });

  t.test('modes are exact, whatever the umask of the caller', async (t) => {
    const { rootfs, canary } = makeFolder(t);
    const before = process.umask(0o077);
    t.teardown(() => process.umask(before));
    const file = bind(join(canary, 'file'), '/deep/file');
    inspect(inRoot(rootfs, [made('/deep/one'), made('/deep/two'), file, device('/deep/null', 1, 3)]), () => {});
    const modes = ['', 'one', 'two', 'file', 'null'].map((name) => statSync(join(rootfs, 'deep', name)).mode & 0o7777);
    t.strictSame(modes, [0o755, 0o755, 0o755, 0o644, 0o666]);
  });
});

t.test('proc and sysfs', asRoot, async (t) => {
  const places: readonly [string, Tree, string][] = [
    ['a link', { tmp: {}, proc: { link: 'tmp' } }, '/proc'],
    ['a dangling link', { proc: { link: 'nowhere' } }, '/proc'],
    ['a file', { proc: '' }, '/proc'],
    ['a link on the way', { real: { proc: {} }, way: { link: 'real' } }, '/way/proc'],
    ['a missing directory behind a link', { real: {}, way: { link: 'real' } }, '/way/proc'],
  ];
  for (const type of ['proc', 'sysfs']) {
    for (const [name, tree, target] of places) {
      t.test(`${type} not on ${name} (CVE-2019-19921, CVE-2023-27561)`, async (t) => {
        const { rootfs } = makeFolder(t, tree);
        t.equal(
          failure(inRoot(rootfs, [mount(type, target, { strict: 1 })])).text,
          `filesystem "${type}" must be mounted on ordinary directory`,
        );
      });
    }
  }

  t.test('are made a directory, and mounted', async (t) => {
    const { rootfs } = makeFolder(t);
    const sysfs = mount('sysfs', '/sys', { strict: 1, attributes: RDONLY });
    inspect(inRoot(rootfs, [proc, sysfs]), (inside) => {
      t.match(
        inside
          .mounts()
          .map(({ type }) => type)
          .slice(1),
        ['proc', 'sysfs'],
      );
    });
  });

  t.test('a bind of procfs is as strict', async (t) => {
    const { rootfs } = makeFolder(t, { tmp: {}, way: { link: 'tmp' } });
    inspect(inRoot(rootfs, [bind('/proc', '/proc')]), (inside) => t.equal(mounted(inside, '/proc')?.type, 'proc'));
    t.equal(
      failure(inRoot(rootfs, [bind('/proc', '/way')])).text,
      'filesystem "proc" must be mounted on ordinary directory',
    );
  });

  t.test('nothing is mounted inside a procfs (CVE-2019-16884)', async (t) => {
    const { rootfs, canary } = makeFolder(t, { way: { link: '/proc/self/attr' }, proc: {} });
    for (const target of ['/proc', '/proc/self/attr', '/proc/1', '/way', '/proc/sys']) {
      t.equal(
        failure(inRoot(rootfs, [proc, mount('tmpfs', target)])).text,
        `"${target}" cannot be mounted because it is inside /proc`,
      );
    }
    t.equal(
      failure(inRoot(rootfs, [proc, bind(join(canary, 'file'), '/proc/self/sched')])).text,
      '"/proc/self/sched" cannot be mounted because it is inside /proc',
    );
  });

  t.test('but for the files that lxcfs provides', async (t) => {
    const { rootfs, canary } = makeFolder(t);
    const steps = ['cpuinfo', 'meminfo', 'sys/kernel/ns_last_pid']
      .filter((name) => existsSync(`/proc/${name}`))
      .map((name) => bind(join(canary, 'file'), `/proc/${name}`));
    inspect(inRoot(rootfs, [proc, ...steps]), (inside) => {
      t.equal(readFileSync(join(inside.root, 'proc/cpuinfo'), 'utf8'), 'untouched');
    });
  });

  t.test('a second procfs is no way around', async (t) => {
    const { rootfs, canary } = makeFolder(t);
    const second = mount('proc', '/other', { strict: 1 });
    const text = '"/other/cpuinfo" cannot be mounted because it is inside /proc';
    t.equal(failure(inRoot(rootfs, [proc, second, bind(join(canary, 'file'), '/other/cpuinfo')])).text, text);
  });
});
