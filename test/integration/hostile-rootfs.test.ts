// Root filesystems that aim at the host: whatever an image holds, what is outside of it stays as it is.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { type Container, makeContainer } from './container.ts';
import { type HostWatch, watchHost } from './host-watch.ts';
import type { Outcome } from './report.ts';

const skip = missing();
const timeout = 300_000;

/** The probe's document, or undefined when the container was refused. */
function reportOf(outcome: Outcome): Draft | undefined {
  return outcome.status === 0 ? JSON.parse(outcome.stdout) : undefined;
}

/** Without a mount at /dev, /proc or /sys as named: what the image has there is what the runtime meets. */
function without(config: Draft, ...destinations: string[]): void {
  const inside = (path: string): boolean => destinations.some((top) => path === top || path.startsWith(`${top}/`));
  config.mounts = config.mounts.filter((mount: Draft) => !inside(mount.destination));
}

/** `path` relative to a folder `depth` levels below "/", as a hostile image writes it. */
const climbing = (path: string): string => `../../../../../../../..${path}`;

/** Calls with fds 3..40 on folders of the host, as a careless caller leaks them. */
function leaky(container: Container, canary: string): Outcome {
  const fds = Array.from({ length: 38 }, () => openSync(canary, 'r'));
  try {
    return container.call(['run', '--bundle', container.bundle, container.id], {}, { fds });
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

t.test('the working directory is never an fd of the host (CVE-2024-21626)', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const places = [0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 40, 64].map((fd) => `/proc/self/fd/${fd}`);
  places.push('/proc/thread-self/fd/7', '/proc/1/fd/7', '/proc/self/fd/7/../..', '/link', '/proc/self/cwd/../../..');
  for (const cwd of places) {
    const container = makeContainer(t, (config, folder) => {
      config.process.cwd = cwd;
      config.process.args = ['/bin/sh', '-c', 'pwd; ls -a . .. ../..'];
      symlinkSync('/proc/self/fd/7', join(folder, 'rootfs/link'));
    });
    const outcome = leaky(container, host.canary);
    t.notMatch(outcome.stdout, 'canary', `${cwd}: ${outcome.stderr.trim() || 'harmless'}`);
    if (outcome.status === 0) t.match(outcome.stdout, /^\//, `${cwd}: the directory has a name inside`);
    else t.equal(outcome.status, 1, `${cwd}: refused with status 1`);
    host.assertUntouched(container);
  }
});

t.test('the command is never found through an fd of the host', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  writeFileSync(join(host.canary, 'tool'), '#!/bin/sh\necho canary\n', { mode: 0o755 });
  const watched = watchHost(t);
  for (const fd of [3, 7, 10, 20]) {
    for (const command of [`/proc/self/fd/${fd}/tool`, `/proc/self/fd/${fd}/../../bin/busybox`]) {
      const container = makeContainer(t, (config) => {
        config.process.args = [command, 'true'];
      });
      const outcome = leaky(container, host.canary);
      t.not(outcome.status, 0, `${command}: ${outcome.stderr.trim()}`);
      watched.assertUntouched(container);
    }
  }
});

/** Each puts something hostile in the place of rootfs/dev or below it. */
const devices: readonly (readonly [name: string, plant: (rootfs: string, canary: string) => void])[] = [
  ['/dev absolute', (rootfs, canary) => symlinkSync(join(canary, 'dev'), join(rootfs, 'dev'))],
  ['/dev climbing', (rootfs, canary) => symlinkSync(climbing(`${canary}/dev`), join(rootfs, 'dev'))],
  [
    '/dev chained',
    (rootfs, canary) => {
      symlinkSync('b', join(rootfs, 'dev'));
      symlinkSync('/c', join(rootfs, 'b'));
      symlinkSync(climbing(`${canary}/dev`), join(rootfs, 'c'));
    },
  ],
  ['/dev a file', (rootfs) => writeFileSync(join(rootfs, 'dev'), '')],
  [
    '/dev/pts and /dev/shm',
    (rootfs, canary) => {
      mkdirSync(join(rootfs, 'dev'));
      symlinkSync(climbing(`${canary}/dev/pts`), join(rootfs, 'dev/pts'));
      symlinkSync(join(canary, 'folder'), join(rootfs, 'dev/shm'));
    },
  ],
  [
    'nodes of /dev',
    (rootfs, canary) => {
      mkdirSync(join(rootfs, 'dev'));
      for (const name of ['null', 'zero', 'full', 'tty', 'random', 'urandom', 'fuse', 'ptmx', 'console'])
        symlinkSync(climbing(`${canary}/${name === 'null' ? 'file' : `dev/${name}`}`), join(rootfs, 'dev', name));
    },
  ],
];

for (const mounted of [false, true]) {
  const where = mounted ? 'with a mount at /dev' : 'without a mount at /dev';
  t.test(`/dev of the image leads to the host, ${where} (CVE-2026-41579)`, { skip, timeout }, async (t) => {
    for (const [name, plant] of devices) {
      await t.test(name, async (t) => {
        const host = watchHost(t);
        const container = makeContainer(t, (config, folder) => {
          const rootfs = join(folder, 'rootfs');
          config.root.readonly = false;
          if (!mounted) without(config, '/dev');
          config.linux.devices = [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229 }];
          rmdirSync(join(rootfs, 'dev'));
          plant(rootfs, host.canary);
        });
        const outcome = container.run();
        const report = reportOf(outcome);
        if (report === undefined)
          t.match(outcome.stderr, /^.*container init.*\/dev/, 'refused, and the text names the path');
        else t.ok(report.dev, 'made inside the root');
        host.assertUntouched(container);
      });
    }
  });
}

/** What an image can have at /dev/null; `true` where the container may run only when the node is right afterwards. */
const nulls: readonly (readonly [name: string, plant: (path: string, canary: string) => void])[] = [
  ['a symlink to a file of the host', (path, canary) => symlinkSync(climbing(join(canary, 'file')), path)],
  ['a symlink to a file of the image', (path) => symlinkSync('/etc/passwd', path)],
  ['a dangling symlink', (path, canary) => symlinkSync(join(canary, 'new'), path)],
  ['a regular file', (path) => writeFileSync(path, 'content')],
  ['a block device 1:3', (path) => execFileSync('mknod', [path, 'b', '1', '3'])],
  ['the zero device', (path) => execFileSync('mknod', [path, 'c', '1', '5'])],
  ['the memory device', (path) => execFileSync('mknod', [path, 'c', '1', '1'])],
  ['a FIFO', (path) => execFileSync('mkfifo', [path])],
  ['a directory', (path) => mkdirSync(path)],
];

t.test('a false /dev/null never becomes stdio and never survives (CVE-2026-88265)', { skip, timeout }, async (t) => {
  for (const [name, plant] of nulls) {
    await t.test(name, async (t) => {
      const host = watchHost(t);
      const container = makeContainer(t, (config, folder) => {
        config.root.readonly = false;
        config.process.user = { uid: 1000, gid: 1000 };
        config.process.args = ['/bin/sh', '-c', 'stat -c "%F %t:%T" -L /dev/null > /dev/shm/node; sleep 1000'];
        without(config, '/dev');
        config.mounts.push({
          destination: '/dev/shm',
          type: 'tmpfs',
          source: 'shm',
          options: ['mode=1777'],
        });
        plant(join(folder, 'rootfs/dev/null'), host.canary);
      });
      // `call` gives /dev/null as stdin, the console of a detached container is the same on all three
      const null3 = openSync('/dev/null', 'r+');
      const outcome = container.call(['run', '-d', '--bundle', container.bundle, container.id], {}, { fds: [null3] });
      closeSync(null3);
      if (outcome.status !== 0) t.match(outcome.stderr, '/dev/null', 'refused, and the text names the path');
      else {
        const { pid } = container.state();
        const stdin = execFileSync('stat', ['-L', '-c', '%F %t:%T %u', `/proc/${pid}/fd/0`], { encoding: 'utf8' });
        t.match(stdin, /^character special file 1:3/, 'stdin is a null device');
        const node = execFileSync('stat', ['-c', '%F %t:%T', `/proc/${pid}/root/dev/null`], { encoding: 'utf8' });
        t.equal(node.trim(), 'character special file 1:3', 'what is at /dev/null is the null device');
      }
      host.assertUntouched(container);
    });
  }
});

t.test('other nodes of the image are right or refused', { skip, timeout }, async (t) => {
  const right: Record<string, string> = { zero: '1:5', full: '1:7', random: '1:8', urandom: '1:9', tty: '5:0' };
  for (const [name, plant] of nulls.filter(([, plant]) => plant.length < 2)) {
    await t.test(name, async (t) => {
      const host = watchHost(t);
      const container = makeContainer(t, (config, folder) => {
        config.root.readonly = false;
        without(config, '/dev');
        for (const node of Object.keys(right)) {
          // the zero device is right in one place
          if (node !== 'zero' || name !== 'the zero device') plant(join(folder, 'rootfs/dev', node), host.canary);
        }
      });
      const outcome = container.run();
      const report = reportOf(outcome);
      if (report === undefined) t.match(outcome.stderr, /\/dev\/\w+/, 'refused, and the text names the path');
      else {
        for (const { path, mode, major, minor } of report.dev) {
          const expected = right[path.slice(5)];
          if (expected === undefined) continue;
          t.equal(mode & 0o170000, 0o020000, `${path} is a character device`);
          t.equal(`${major}:${minor}`, expected, `${path} is the right one`);
        }
      }
      host.assertUntouched(container);
    });
  }
});

/** What an image can have instead of the directories /proc and /sys. */
const places: readonly (readonly [name: string, plant: (path: string, canary: string) => void])[] = [
  ['a symlink to /tmp', (path) => symlinkSync('/tmp', path)],
  ['a relative symlink', (path) => symlinkSync('tmp', path)],
  ['a symlink to the host', (path, canary) => symlinkSync(climbing(join(canary, 'proc')), path)],
  ['a dangling symlink', (path) => symlinkSync('/not/there', path)],
  ['a file', (path) => writeFileSync(path, '')],
  ['a FIFO', (path) => execFileSync('mkfifo', [path])],
];

t.test('/proc and /sys must be directories (CVE-2019-19921, CVE-2023-27561)', { skip, timeout }, async (t) => {
  for (const [type, folder] of [
    ['proc', '/proc'],
    ['sysfs', '/sys'],
  ] as const) {
    for (const [name, plant] of places) {
      await t.test(`${folder} is ${name}`, async (t) => {
        const host = watchHost(t);
        const container = makeContainer(t, (_config, bundle) => {
          rmdirSync(join(bundle, 'rootfs', folder));
          plant(join(bundle, 'rootfs', folder), host.canary);
        });
        const outcome = container.run();
        t.equal(outcome.status, 1, 'refused');
        t.match(outcome.stderr, `filesystem \\"${type}\\" must be mounted on ordinary directory`, "runc's text");
        host.assertUntouched(container);
      });
    }
  }
});

const user = 'user:x:1000:1000:user:/home/user:/bin/sh';

/** What an image can have at /etc/passwd, and the HOME that comes of it for uid 1000. */
const passwords: readonly (readonly [name: string, plant: (path: string) => void, home: string | RegExp])[] = [
  ['as usual', (path) => writeFileSync(path, `root:x:0:0::/root:\n${user}\n`), '/home/user'],
  ['without a newline at the end', (path) => writeFileSync(path, user), '/home/user'],
  ['with lines that are none', (path) => writeFileSync(path, `\n:::\nx\n\n#\n${user}x\n${user}\n`), '/home/user'],
  ['with a uid that only begins so', (path) => writeFileSync(path, 'a:x:1000x:0::/a:\nb:x:01000x:0::/b:\n'), '/'],
  ['with NULs', (path) => writeFileSync(path, `a\0b:x:5:5::/\0:\n${user}\n`), /^\/(home\/user)?$/],
  ['with an empty home', (path) => writeFileSync(path, 'user:x:1000:1000:::\n'), '/'],
  ['with CRLF', (path) => writeFileSync(path, `${user}\r\n`), '/home/user'],
  ['missing', () => {}, '/'],
  ['empty', (path) => writeFileSync(path, ''), '/'],
  ['a FIFO', (path) => execFileSync('mkfifo', [path]), '/'],
  ['a directory', (path) => mkdirSync(path), '/'],
  ['a device', (path) => execFileSync('mknod', [path, 'c', '1', '5']), '/'],
  ['a symlink to a file that never ends', (path) => symlinkSync('/dev/zero', path), '/'],
  ['a symlink to the kernel log', (path) => symlinkSync('/proc/kmsg', path), '/'],
  ['a symlink loop', (path) => symlinkSync('passwd', path), '/'],
  [
    '2 GB of holes',
    (path) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 31);
    },
    '/',
  ],
  [
    'of a million lines',
    (path) => writeFileSync(path, `${'a:x:5:5::/a:/bin/sh\n'.repeat(1_000_000)}${user}\n`),
    /^\/(home\/user)?$/,
  ],
  ['one endless line', (path) => writeFileSync(path, `${'a'.repeat(3_000_000)}\n${user}\n`), /^\/(home\/user)?$/],
];

t.test('whatever /etc/passwd is, HOME is found or "/" (CVE-2026-47262)', { skip, timeout }, async (t) => {
  for (const [name, plant, home] of passwords) {
    await t.test(name, async (t) => {
      const host = watchHost(t);
      const container = makeContainer(t, (config, folder) => {
        config.process.user = { uid: 1000, gid: 1000 };
        config.process.env = ['PATH=/bin'];
        rmSync(join(folder, 'rootfs/etc/passwd'));
        plant(join(folder, 'rootfs/etc/passwd'));
      });
      const outcome = container.run();
      t.equal(outcome.status, 0, outcome.stderr);
      const env: string[] = reportOf(outcome)?.env ?? [];
      t.match(env.find((entry) => entry.startsWith('HOME='))?.slice(5), home, 'HOME');
      t.equal(env.filter((entry) => entry.startsWith('HOME=')).length, 1, 'one HOME');
      host.assertUntouched(container);
    });
  }
});

/** For tests that are about what is not there. */
function hostsFolders(t: Test, outcome: Outcome, { canary }: HostWatch): void {
  t.notMatch(outcome.stdout, readFileSync(join(canary, 'canary-marker'), 'utf8'), 'nothing of the host is seen');
}

t.test('symlinks of the image in every other place stay inside', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config, folder) => {
    const rootfs = join(folder, 'rootfs');
    config.root.readonly = false;
    for (const name of ['cwd', 'mask', 'read']) symlinkSync(climbing(host.canary), join(rootfs, name));
    config.process.cwd = '/cwd/new/folder';
    config.process.args = ['/bin/sh', '-c', 'pwd; cat /cwd/canary-marker; ls -R /cwd'];
    config.linux.maskedPaths.push('/mask/file', '/mask/folder');
    config.linux.readonlyPaths.push('/read/folder');
  });
  const outcome = container.run();
  hostsFolders(t, outcome, host);
  host.assertUntouched(container);
});
