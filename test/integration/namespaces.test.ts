// Namespaces that are joined by path, offsets of clocks, and paths that are none.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { isAlive, makeContainer, must, until } from './container.ts';
import { watchHost } from './host-watch.ts';

const skip = missing();
const timeout = 300_000;

/** Type in config.json, name in /proc/PID/ns, option of unshare(1). */
const types = [
  ['pid', 'pid', '--pid'],
  ['network', 'net', '--net'],
  ['ipc', 'ipc', '--ipc'],
  ['uts', 'uts', '--uts'],
  ['cgroup', 'cgroup', '--cgroup'],
  ['time', 'time', '--time'],
] as const;

/** A process in new namespaces; resolves to its pid once it is there. */
async function holder(t: Test, options: readonly string[], command = 'sleep 1000'): Promise<number> {
  const child: ChildProcess = spawn(
    '/usr/bin/unshare',
    [...options, '--fork', '--kill-child', '/bin/sh', '-c', `echo ready; exec ${command}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  t.teardown(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return Number(children.trim());
}

const joining =
  (type: string, path: string) =>
  (config: Draft): void => {
    config.linux.namespaces = config.linux.namespaces.filter((namespace: Draft) => namespace.type !== type);
    config.linux.namespaces.push({ type, path });
    config.process.args = ['/bin/sleep', '1000'];
  };

t.test('joined by path', { skip, timeout }, async (t) => {
  for (const [type, name, option] of types) {
    await t.test(type, async (t) => {
      const host = watchHost(t);
      const pid = await holder(t, [option]);
      const path = `/proc/${pid}/ns/${name}`;
      const container = makeContainer(t, joining(type, path));
      must(container.create());
      const init = container.state().pid;
      t.equal(readlinkSync(`/proc/${init}/ns/${name}`), readlinkSync(path), 'before start');
      t.not(readlinkSync(path), readlinkSync(`/proc/self/ns/${name}`), 'and it is not the host’s');
      must(container.start());
      await until(() => !readlinkSync(`/proc/${init}/exe`).includes('memfd'));
      t.equal(readlinkSync(`/proc/${init}/ns/${name}`), readlinkSync(path), 'after start');
      for (const [, other] of types.filter(([, other]) => other !== name && other !== 'cgroup' && other !== 'time'))
        t.not(
          readlinkSync(`/proc/${init}/ns/${other}`),
          readlinkSync(`/proc/self/ns/${other}`),
          `${other} is the container’s own`,
        );
      must(container.delete('--force'));
      await until(() => !isAlive(init));
      t.ok(isAlive(pid), 'the holder lives');
      host.assertUntouched(container);
    });
  }
});

t.test('all six at once', { skip, timeout }, async (t) => {
  const pid = await holder(
    t,
    types.map(([, , option]) => option),
  );
  const container = makeContainer(t, (config) => {
    for (const [type, name] of types) joining(type, `/proc/${pid}/ns/${name}`)(config);
  });
  must(container.create());
  const init = container.state().pid;
  for (const [type, name] of types)
    t.equal(readlinkSync(`/proc/${init}/ns/${name}`), readlinkSync(`/proc/${pid}/ns/${name}`), type);
  must(container.start());
  must(container.kill('KILL'));
  await until(() => !isAlive(init));
  t.equal(container.state().status, 'stopped');
  t.ok(isAlive(pid), 'the holder lives');
});

t.test('a joined mount namespace', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const pid = await holder(t, ['--mount']);
  const container = makeContainer(t, joining('mount', `/proc/${pid}/ns/mnt`));
  const outcome = container.create();
  if (outcome.status === 0) {
    t.equal(readlinkSync(`/proc/${container.state().pid}/ns/mnt`), readlinkSync(`/proc/${pid}/ns/mnt`), 'it is joined');
    must(container.delete('--force'));
  } else t.match(outcome.stderr, /mount|MNT/, outcome.stderr);
  host.assertUntouched(container);
});

t.test('a pid namespace that is shared with another container: its end is its own', { skip, timeout }, async (t) => {
  const first = makeContainer(t, (config) => (config.process.args = ['/bin/sleep', '1000']));
  must(first.create());
  must(first.start());
  const outer = first.state().pid;
  const second = makeContainer(t, (config) => {
    joining('pid', `/proc/${outer}/ns/pid`)(config);
    config.process.args = ['/bin/sh', '-c', 'sleep 1000 & wait'];
  });
  must(second.run('-d'));
  const inner = second.state().pid;
  const children = (): number[] =>
    readFileSync(`/proc/${inner}/task/${inner}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  await until(() => children().length > 0);
  const all = [inner, ...children()];
  must(second.kill('KILL'));
  await until(() => all.every((pid) => !isAlive(pid)));
  t.ok(isAlive(outer), 'the other container lives');
  must(second.delete());
  must(first.delete('--force'));
});

t.test('offsets of clocks', { skip, timeout }, async (t) => {
  const offsets = { monotonic: { secs: 86_400, nanosecs: 5 }, boottime: { secs: 604_800 } };
  const container = makeContainer(t, (config) => {
    config.linux.namespaces.push({ type: 'time' });
    config.linux.timeOffsets = offsets;
  });
  const outcome = container.run();
  t.equal(outcome.status, 0, outcome.stderr);
  const { clocks, timensOffsets, namespaces } = JSON.parse(outcome.stdout);
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  t.ok(Math.abs(clocks.boottime - uptime - 604_800) < 300, `boottime ${clocks.boottime}, the host's ${uptime}`);
  t.ok(Math.abs(clocks.monotonic - uptime - 86_400) < 300, `monotonic ${clocks.monotonic}`);
  t.strictSame(
    timensOffsets.map((line: string) => line.split(/\s+/).join(' ')),
    ['monotonic 86400 5', 'boottime 604800 0'],
    'as the kernel shows them',
  );
  t.not(namespaces.time, readlinkSync('/proc/self/ns/time'), 'a namespace of its own');
});

t.test('negative offsets, and those that the kernel refuses', { skip, timeout }, async (t) => {
  const uptime = Math.floor(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]));
  const withOffset =
    (secs: number | string) =>
    (config: Draft): void => {
      config.linux.namespaces.push({ type: 'time' });
      config.linux.timeOffsets = { boottime: { secs } };
    };
  const back = makeContainer(t, withOffset(-Math.floor(uptime / 2))).run();
  t.equal(back.status, 0, back.stderr);
  t.ok(JSON.parse(back.stdout).clocks.boottime < uptime, 'half as old');
  const host = watchHost(t);
  const container = makeContainer(t, withOffset(-uptime - 1000));
  const before = container.run();
  t.equal(before.status, 1, 'before the boot');
  t.match(before.stderr, /time/, before.stderr);
  host.assertUntouched(container);
});

t.test('a path of another type', { skip, timeout }, async (t) => {
  for (const [type, name] of [...types, ['user', 'user'] as const]) {
    for (const wrong of ['net', 'uts', 'mnt', 'user'].filter((other) => other !== name)) {
      const host = watchHost(t);
      const path = `/proc/self/ns/${wrong}`.replace('self', `${process.pid}`);
      const container = makeContainer(t, joining(type, path));
      const outcome = container.create();
      t.equal(outcome.status, 1, `${type}: ${wrong}`);
      t.match(outcome.stderr, path, `${type}: ${wrong}: ${outcome.stderr.trim()}`);
      t.match(outcome.stderr, '/linux/namespaces', `${type}: ${wrong}: the place in config.json`);
      host.assertUntouched(container);
    }
  }
});

function planted(path: string, plant: (path: string) => void): string {
  plant(path);
  return path;
}

t.test('a path that is no namespace', { skip, timeout }, async (t) => {
  const wrong: readonly (readonly [name: string, path: (folder: string) => string, text: RegExp])[] = [
    ['missing', (folder) => join(folder, 'gone'), /namespace path: .*gone/],
    ['a file', (folder) => planted(join(folder, 'file'), (path) => writeFileSync(path, '')), /namespace path: .*file/],
    ['a directory', (folder) => planted(join(folder, 'dir'), (path) => mkdirSync(path)), /namespace path: .*dir/],
    [
      'a dangling symlink',
      (folder) => planted(join(folder, 'link'), (path) => symlinkSync('gone', path)),
      /namespace path: .*link/,
    ],
    ['relative', () => 'proc/self/ns/net', /namespace path/],
    ['of a process that is gone', () => '/proc/4194304/ns/net', /namespace path: .*4194304/],
    ['a device', () => '/dev/null', /namespace path: .*null/],
  ];
  for (const [name, path, text] of wrong) {
    const host = watchHost(t);
    const container = makeContainer(t, (config, folder) => joining('network', path(folder))(config));
    const outcome = container.create();
    t.equal(outcome.status, 1, name);
    t.match(outcome.stderr, text, `${name}: ${outcome.stderr.trim()}`);
    t.notMatch(
      outcome.stderr,
      /no such file or directory|permission denied/,
      `${name}: engines read these words otherwise`,
    );
    host.assertUntouched(container);
  }
});

t.test('a symlink to a namespace is one', { skip, timeout }, async (t) => {
  const pid = await holder(t, ['--net']);
  const container = makeContainer(t, (config, folder) => {
    symlinkSync(`/proc/${pid}/ns/net`, join(folder, 'netns'));
    joining('network', join(folder, 'netns'))(config);
  });
  must(container.create());
  t.equal(readlinkSync(`/proc/${container.state().pid}/ns/net`), readlinkSync(`/proc/${pid}/ns/net`));
});

t.test('a type twice', { skip, timeout }, async (t) => {
  for (const more of [{ type: 'network' }, { type: 'network', path: `/proc/${process.pid}/ns/net` }]) {
    const host = watchHost(t);
    const container = makeContainer(t, (config) => config.linux.namespaces.push(more));
    const outcome = container.create();
    t.match(
      [outcome.status, outcome.stderr],
      [1, 'malformed spec file: duplicated ns network'],
      JSON.stringify(more).slice(1, 20),
    );
    host.assertUntouched(container);
  }
});

t.test('loopback is up in a new network namespace and untouched in a joined one', { skip, timeout }, async (t) => {
  const flags = { type: 'IFF_UP', value: 1 };
  const shell = (config: Draft): void => {
    config.process.args = ['/bin/cat', '/sys/class/net/lo/flags'];
  };
  const made = makeContainer(t, shell).run();
  t.ok(Number(made.stdout) & flags.value, `new: ${made.stdout.trim()}`);
  const pid = await holder(t, ['--net']);
  const joined = makeContainer(t, (config) => {
    joining('network', `/proc/${pid}/ns/net`)(config);
    shell(config);
  }).run();
  t.equal(joined.status, 0, joined.stderr);
  t.notOk(Number(joined.stdout) & flags.value, `joined: ${joined.stdout.trim()}`);
});

t.test('hostname and domainname of a joined uts namespace are set there', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const pid = await holder(t, ['--uts']);
  const container = makeContainer(t, (config) => {
    joining('uts', `/proc/${pid}/ns/uts`)(config);
    config.process.args = ['/probe'];
    config.hostname = 'joined';
    config.domainname = 'example';
  });
  const outcome = container.run();
  t.equal(outcome.status, 0, outcome.stderr);
  t.match(JSON.parse(outcome.stdout), { hostname: 'joined', domainname: 'example' });
  host.assertUntouched(container);
});

t.test('without a mount namespace the mounts are seen from inside only', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config) => {
    config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'mount');
    delete config.linux.maskedPaths;
    delete config.linux.readonlyPaths;
    config.root.readonly = false;
    config.mounts = config.mounts.filter(({ type }: Draft) => type !== 'cgroup');
    config.process.args = ['/bin/sleep', '1000'];
  });
  const made = container.create();
  if (!/^(6\.(1[5-9]|[2-9]\d)|6\.\d{3}|[7-9]|\d\d)/.test(release())) {
    t.equal(made.status, 1, 'before Linux 6.15 they would be the host’s');
    t.match(made.stderr, 'unable to mount without a private MNT namespace');
    host.assertUntouched(container);
    return;
  }
  must(made);
  const init = container.state().pid;
  t.equal(readlinkSync(`/proc/${init}/ns/mnt`), readlinkSync('/proc/self/ns/mnt'), 'it has the host’s namespace');
  must(container.start());
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8');
  t.notOk(mountinfo.includes(container.bundle), 'in which there is no mount of its own');
  const inside = must(
    container.call(['exec', container.id, '/bin/sh', '-c', 'cat /proc/1/comm && : >/dev/null && : >/dev/shm/x']),
  );
  t.equal(inside.stdout, 'sleep\n', 'exec finds procfs, the devices and a tmpfs');
  must(container.call(['delete', '--force', container.id]));
  host.assertUntouched(container);
});
