// Cgroups that cannot be had: one clear error with its place, and nothing is left behind. Where it can be known before, nothing is made.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { withoutCgroupfs } from './cgroup-driver.ts';
import { makeContainer } from './container.ts';
import { watchHost } from './host-watch.ts';
import { refused } from './refusal.ts';
import { onUnified, unifiedMount } from './unified.ts';

const skip = missing() || withoutCgroupfs;
const timeout = 120_000;
const unified = unifiedMount();
const onVersion2 = unified === '/sys/fs/cgroup';
const pointer = '/linux/cgroupsPath';

type Runtime = (t: Test) => string;

const views: readonly (readonly [view: string, runtime: Runtime])[] = [
  ['as the host has cgroups', () => noci],
  ['with cgroup v2 alone', (t) => onUnified(t, noci)],
];

/** A container that must be refused, and leave nothing. */
function refuses(
  t: Test,
  runtime: Runtime,
  change: (config: Draft) => void,
  text: string | RegExp,
  place: string,
): void {
  const watch = watchHost(t);
  const container = makeContainer(t, change, runtime(t));
  const message = refused(t, container, text, place);
  t.notMatch(
    message,
    /no such file or directory|permission denied|operation not permitted|not a directory|does not exist/,
  );
  watch.assertUntouched(container);
}

const at = (cgroupsPath: string) => (config: Draft) => {
  config.linux.cgroupsPath = cgroupsPath;
};

const paths: readonly (readonly [path: string, text: string])[] = [
  ['../x', 'must not contain ".."'],
  ['/../x', 'must not contain ".."'],
  ['a/../../b', 'must not contain ".."'],
  ['a/..', 'must not contain ".."'],
  ['cgroup.procs/../../x', 'must not contain ".."'],
  ['/', 'names no cgroup'],
  ['.', 'names no cgroup'],
  ['a\nb', 'must not contain a newline'],
  ['x'.repeat(256), 'is too long'],
  [`${'x/'.repeat(2500)}x`, 'is too long'],
];

t.test('paths that are no cgroup', { skip, timeout }, async (t) => {
  for (const [, runtime] of views) for (const [path, text] of paths) refuses(t, runtime, at(path), text, pointer);
});

let count = 0;

/** A cgroup of the test's own in the v2 hierarchy, which both views have; the name as cgroupsPath has it, and the folder. */
function ownCgroup(t: Test): { readonly path: string; readonly folder: string } {
  const path = `/noci-bad-cgroup-${process.pid}-${count++}`;
  const folder = join(unified, path);
  mkdirSync(folder);
  t.teardown(() => {
    // parents stay where a container could not be made, as runc leaves them
    for (const mount of readdirSync('/sys/fs/cgroup'))
      if (existsSync(join('/sys/fs/cgroup', mount, path))) rmdirSync(join('/sys/fs/cgroup', mount, path));
    if (existsSync(folder)) rmdirSync(folder);
  });
  return { path, folder };
}

/** A cgroup below `folder`, made as `type` says. */
function below(t: Test, folder: string, name: string, type = 'domain'): string {
  const path = join(folder, name);
  mkdirSync(path);
  t.teardown(() => existsSync(path) && rmdirSync(path));
  if (type !== 'domain') writeFileSync(join(path, 'cgroup.type'), type);
  return path;
}

/** A process in a cgroup, which leaves it before the cgroup goes. */
function occupy(t: Test, folder: string): void {
  const child = spawn('/bin/sleep', ['600'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  writeFileSync(join(folder, 'cgroup.procs'), String(child.pid));
}

for (const [view, runtime] of views) {
  t.test(
    `states of a cgroup, ${view}`,
    { skip: skip || (unified === '' && 'needs cgroup v2 mounted'), timeout },
    async (t) => {
      await t.test('a file on the way', async (t) => {
        const { path } = ownCgroup(t);
        refuses(t, runtime, at(`${path}/cgroup.procs/x`), 'a name on the way is that of a file', pointer);
      });

      await t.test('with a process in it', async (t) => {
        const { path, folder } = ownCgroup(t);
        occupy(t, folder);
        refuses(t, runtime, at(path), "container's cgroup is not empty: 1 process(es) found", pointer);
        t.not(readFileSync(join(folder, 'cgroup.procs'), 'utf8'), '', 'the process is still there');
      });

      await t.test('beside one whose name goes on', async (t) => {
        const { folder, path } = ownCgroup(t);
        const sibling = below(t, folder, 'foobar');
        occupy(t, sibling);
        refuses(t, runtime, at(`${path}/foobar`), 'is not empty', pointer);
        refuses(t, runtime, at(`${path}/foo/../foobar`), 'must not contain ".."', pointer);
        t.notOk(existsSync(join(folder, 'foo')));
      });

      await t.test('below a threaded one', async (t) => {
        const { folder, path } = ownCgroup(t);
        below(t, folder, 'threaded', 'threaded');
        below(t, folder, 'invalid');
        refuses(t, runtime, at(`${path}/invalid`), 'it is in an invalid state', pointer);
        refuses(t, runtime, at(`${path}/threaded`), 'it is in threaded mode', pointer);
      });
    },
  );
}

t.test('a frozen one of v2', { skip: skip || (unified === '' && 'needs cgroup v2 mounted'), timeout }, async (t) => {
  const { path, folder } = ownCgroup(t);
  writeFileSync(join(folder, 'cgroup.freeze'), '1');
  t.teardown(() => existsSync(folder) && writeFileSync(join(folder, 'cgroup.freeze'), '0'));
  refuses(t, (t) => onUnified(t, noci), at(path), "container's cgroup unexpectedly frozen", pointer);
});

const freezer = '/sys/fs/cgroup/freezer';

t.test(
  'a frozen one of v1',
  { skip: skip || (!existsSync(freezer) && 'needs the freezer of cgroup v1'), timeout },
  async (t) => {
    const path = `/noci-bad-cgroup-${process.pid}-frozen`;
    mkdirSync(freezer + path);
    t.teardown(() => rmdirSync(freezer + path));
    writeFileSync(`${freezer}${path}/freezer.state`, 'FROZEN');
    refuses(t, () => noci, at(path), "container's cgroup unexpectedly frozen", pointer);
  },
);

/** The runtime in a mount namespace of its own that was changed before. */
const after =
  (script: string): Runtime =>
  (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'noci-mounts-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const program = join(folder, 'noci');
    writeFileSync(program, `#!/bin/sh\nexec /usr/bin/unshare -m /bin/sh -c '${script}; exec "$0" "$@"' ${noci} "$@"\n`);
    chmodSync(program, 0o755);
    return program;
  };

const cover = onVersion2 ? ':' : '/bin/mount -t cgroup2 cgroup2 /sys/fs/cgroup';

t.test('read-only', { skip, timeout }, async (t) => {
  const all =
    'for m in $(/bin/busybox sed -n "s/^cgroup2* \\([^ ]*\\) .*/\\1/p" /proc/mounts); do /bin/mount -o remount,bind,ro $m; done';
  refuses(t, after(all), () => {}, 'the cgroup filesystem is mounted read-only here', pointer);
  refuses(t, after(`${cover}; /bin/mount -o remount,bind,ro /sys/fs/cgroup`), () => {}, 'read-only here', pointer);
});

t.test('none mounted', { skip, timeout }, async (t) => {
  const limited = (config: Draft) => {
    config.linux.resources.memory = { limit: 1 << 26 };
    delete config.linux.resources.devices;
  };
  const none = after('/bin/umount -R /sys/fs/cgroup');
  refuses(t, none, limited, 'controller "memory" is not available', '/linux/resources/memory/limit');
  refuses(
    t,
    none,
    () => {},
    'device rules need cgroup v2 or the devices controller of cgroup v1',
    '/linux/resources/devices',
  );
});

const controllers = unified === '' ? [] : readFileSync(join(unified, 'cgroup.controllers'), 'utf8').trim().split(' ');

t.test('a controller that is not there', { skip, timeout }, async (t) => {
  const place = '/linux/resources/pids/limit';
  const limited = (config: Draft) => {
    config.linux.resources.pids = { limit: 5 };
  };
  if (!controllers.includes('pids')) {
    refuses(t, (t) => onUnified(t, noci), limited, 'controller "pids" is not available', place);
    return;
  }
  const { path, folder } = ownCgroup(t);
  occupy(t, folder);
  const change = (config: Draft) => {
    limited(config);
    at(`${path}/x`)(config);
  };
  refuses(t, () => noci, change, 'cgroup file pids.max is not available', place);
});

t.test('a memory limit below what init needs', { skip, timeout }, async (t) => {
  const change = (config: Draft) => {
    config.linux.resources.memory = { limit: 4096 };
  };
  refuses(t, () => noci, change, /container init was OOM-killed|memory/, '');
});
