// An ordinary user calls noci: nobody has made a user namespace for them before. What docs/security.md says of them is held here.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { driver } from './cgroup-driver.ts';
import { until } from './container.ts';
import { makeUser, mapMany, notRoot, ownerOf, subordinate, type User, uid } from './ordinary-user.ts';
import { Pty } from './pty.ts';
import { call, differences, normalise, type Report } from './report.ts';

const lacking = missing();
const skip = lacking === 'root is needed' ? false : lacking;
const withoutMap = !existsSync('/usr/bin/newuidmap') && 'Debian package uidmap is missing';
const options = { skip, timeout: 120_000 };
let made = 0;

/** An id whose container is gone when the test ends. */
function newId(t: Test, user: User): string {
  const id = `noci-ordinary-${process.pid}-${++made}`;
  t.teardown(() => user.call(['delete', '--force', id]));
  return id;
}

const shell =
  (script: string, change: (config: Draft) => void = () => {}) =>
  (config: Draft) => {
    config.process.args = ['sh', '-c', script];
    change(config);
  };

/** What a container that goes on is seen by. */
const living = shell('trap "exit 7" TERM; while :; do sleep 0.05; done');

/** What a shell in a container of theirs prints. */
function prints(t: Test, script: string, change?: (config: Draft) => void): string {
  const user = makeUser(t, shell(script, change));
  return user.told('run', newId(t, user));
}

t.test('with their own id alone they are root in it, and nothing is left', options, async (t) => {
  const script = `id -u; id -g; sed 's/^ *//; s/  */ /g' /proc/self/uid_map /proc/self/gid_map; cat /proc/self/setgroups
    echo $$; echo x > /dev/null; echo x > /dev/shm/x; stat -c %u:%g /dev /dev/pts /dev/shm/x; touch /x 2>&1`;
  const user = makeUser(t, shell(script));
  const { status, stdout, stderr } = user.call(['run', newId(t, user)]);
  t.equal(stderr, '');
  t.strictSame(
    { status, lines: stdout.trim().split('\n') },
    {
      status: 1,
      lines: [
        ...['0', '0', `0 ${uid} 1`, `0 ${uid} 1`, 'deny', '1', '0:0', '0:0', '0:0'],
        'touch: /x: Read-only file system',
      ],
    },
  );
  const root = statSync(join(user.env.XDG_RUNTIME_DIR as string, 'noci'));
  t.strictSame({ mode: root.mode & 0o7777, uid: root.uid }, { mode: 0o1700, uid }, 'the state is kept from pruning');
  t.equal(user.told('list', '--quiet'), '');
});

t.test('with a range of subordinate ids too', { ...options, skip: skip || withoutMap }, async (t) => {
  const script = 'cat /proc/self/setgroups; id -u; id -G; echo mine > /root/file; stat -c %u:%g /root/file';
  const user = makeUser(
    t,
    shell(script, (config) => {
      mapMany(config);
      config.process.user = { uid: 5, gid: 6, additionalGids: [6, 7] };
      config.root.readonly = false;
      config.mounts.push({ destination: '/root', type: 'bind', source: 'open', options: ['rbind'] });
    }),
  );
  mkdirSync(join(user.folder, 'open'));
  chmodSync(join(user.folder, 'open'), 0o777);
  t.equal(user.told('run', newId(t, user)), 'allow\n5\n6 7\n5:6\n');
  t.equal(ownerOf(join(user.folder, 'open/file')), `${subordinate + 4}:${subordinate + 5}`);
});

t.test('newuidmap is called as runc calls it', { ...options, skip: skip || notRoot }, async (t) => {
  const user = makeUser(t, (config) => mapMany(config));
  const tools = join(user.folder, 'tools');
  mkdirSync(tools);
  for (const name of ['newuidmap', 'newgidmap']) {
    writeFileSync(
      join(tools, name),
      `#!/bin/sh\nn=$0; env > ${tools}/out; echo "$@" >> ${tools}/out; mv ${tools}/out ${tools}/\${n##*/}.out; exit 1\n`,
    );
    chmodSync(join(tools, name), 0o755);
  }
  chownSync(tools, uid, uid);
  const seen = (runtime: string, path: string): string[] => {
    const env = { PATH: `${path}:/usr/bin:/bin:/usr/sbin` };
    const { status } = user.call(['run', newId(t, user)], { env, runtime });
    t.equal(status, 1);
    const texts = readdirSync(tools).filter((name) => name.endsWith('.out'));
    const calls = texts.map((name) => readFileSync(join(tools, name), 'utf8').replace(/^\d+ /m, 'PID '));
    for (const name of texts) spawnSync('/bin/rm', [join(tools, name)]);
    return calls.map((text) => text.replace(/^(PWD|SHLVL|_)=.*\n/gm, ''));
  };
  const own = seen(programOf(user), `.:tools:${tools}`);
  t.strictSame(own, [`PID 0 ${uid} 1 1 ${subordinate} 65535\n`], 'with no environment, by an absolute path');
  if (existsSync(runc)) t.strictSame(seen(runc, tools), own);
});

t.test('what a host does not allow is said with its cure', { ...options, skip: skip || notRoot }, async (t) => {
  const user = makeUser(t, (config) => mapMany(config));
  const told = (settings: Parameters<User['call']>[1]) => user.call(['run', newId(t, user)], settings).stderr;
  t.match(
    told({ files: { subgid: 'other:1:2\n' } }),
    `/etc/subgid does not give ${subordinate} to ${subordinate + 65_534} to renter; root allows it by a line renter:${subordinate}:65535`,
  );
  t.match(told({ files: { subuid: `renter:${subordinate}:65534\n` } }), `/etc/subuid does not give ${subordinate}`);
  t.match(told({ files: { subuid: `${uid}:${subordinate}:9\n${uid}:${subordinate + 9}:70000\n` } }), /^$/);
  t.match(
    told({ env: { PATH: '/nonexistent' } }),
    "newgidmap is needed for more than the own id, and is not there; install it (Debian's package uidmap)",
  );
  if (!withoutMap) {
    t.match(
      told({ through: ['setpriv', '--no-new-privs'] }),
      'the caller has set no_new_privs, by which newgidmap gets no',
    );
    const plain = join(user.folder, 'plain');
    mkdirSync(plain);
    for (const name of ['newuidmap', 'newgidmap']) {
      copyFileSync(`/usr/bin/${name}`, join(plain, name));
      chmodSync(join(plain, name), 0o755);
    }
    t.match(told({ env: { PATH: plain } }), `${plain}/newgidmap is not set-user-ID root`);
  }
  t.match(
    told({ env: { XDG_RUNTIME_DIR: '' } }),
    /state root \/run\/noci: \w+: access refused \(EACCES\); set XDG_RUNTIME_DIR/,
  );
  t.equal(user.told('list', '--quiet'), '', 'and nothing is left');
});

t.test('what a config asks for and nobody can give them', { ...options, skip }, async (t) => {
  const told = (change: (config: Draft) => void) => {
    const user = makeUser(t, change);
    const { status, stderr } = user.call(['run', newId(t, user)]);
    t.equal(status, 1);
    return stderr;
  };
  const withoutNamespace = told(({ linux }) => {
    linux.namespaces = linux.namespaces.filter(({ type }: Draft) => type !== 'user');
    delete linux.uidMappings;
    delete linux.gidMappings;
  });
  t.match(
    withoutNamespace,
    /rootless container requires user namespaces; spec --rootless writes .*\/linux\/namespaces/,
  );
  t.match(
    told(({ process }) => {
      process.user.additionalGids = [0];
    }),
    'cannot set any additional groups in a rootless container',
  );
  t.match(
    told(({ linux }) => {
      linux.uidMappings[0].hostID = 0;
    }),
    /unable to set up the user namespace: .*(newuidmap|uid_map).*\/linux\/uidMappings/,
  );
  t.match(
    told(({ mounts }) => mounts.push({ destination: '/mnt', type: 'bind', source: '/sys', options: ['bind'] })),
    'is locked: only rbind may take it along',
  );
});

/** Nested, where the sysctl is the namespace's own and the machine's stays as it is. */
t.test(
  'a host that gives no user namespaces is said with its switch',
  { ...options, skip: skip || notRoot },
  async (t) => {
    const user = makeUser(t, ({ linux }) => {
      for (const mappings of [linux.uidMappings, linux.gidMappings]) mappings[0].hostID = 0;
    });
    const nested = [
      'unshare',
      '--map-root-user',
      '/bin/sh',
      '-c',
      'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"',
      'sh',
    ];
    t.match(
      user.call(['run', newId(t, user)], { through: nested }).stderr,
      'this user may make no user namespace (ENOSPC): the sysctl user.max_user_namespaces is 0; root allows it by sysctl -w user.max_user_namespaces=15000',
    );
  },
);

t.test('every command does for them what it is for', options, async (t) => {
  const user = makeUser(t, living);
  const id = newId(t, user);
  user.told('create', id);
  const { pid, status } = JSON.parse(user.told('state', id));
  t.equal(status, 'created');
  t.match(user.told('list'), new RegExp(`^${id} +${pid} +created `, 'm'));
  user.told('start', id);
  t.equal(user.told('exec', id, 'sh', '-c', 'id -u; cat /proc/1/comm'), '0\nsh\n');
  t.equal(user.told('exec', '--env', 'A=b', '--cwd', '/tmp', id, 'sh', '-c', 'echo $A; pwd'), 'b\n/tmp\n');
  t.equal(user.call(['exec', id, 'sh', '-c', 'exit 9']).status, 9);
  for (const name of ['user', 'mnt', 'pid'])
    t.equal(user.told('exec', id, 'readlink', `/proc/self/ns/${name}`), `${readlinkSync(`/proc/${pid}/ns/${name}`)}\n`);
  t.ok(JSON.parse(user.told('ps', '--format', 'json', id)).includes(pid));
  t.match(user.told('ps', id), /trap/);
  user.told('kill', id, 'TERM');
  await until(() => JSON.parse(user.told('state', id)).status === 'stopped');
  user.told('delete', id);
  t.equal(user.told('list', '--quiet'), '');
});

t.test(
  'in subordinate ids they see and end what is not theirs',
  { ...options, skip: skip || withoutMap },
  async (t) => {
    const user = makeUser(t, (config) => {
      living(config);
      mapMany(config);
      config.process.user = { uid: 5, gid: 6 };
    });
    const id = newId(t, user);
    user.told('run', '--detach', id);
    const { pid } = JSON.parse(user.told('state', id));
    t.equal(ownerOf(`/proc/${pid}`), `${subordinate + 4}:${subordinate + 5}`);
    t.equal(user.told('exec', '--user', '8:9', id, 'sh', '-c', 'id -u; id -g'), '8\n9\n');
    user.told('kill', id, 'KILL');
    await until(() => JSON.parse(user.told('state', id)).status === 'stopped');
    user.told('delete', id);
  },
);

const types = ['network', 'ipc', 'uts', 'pid', 'cgroup', 'time', 'mount'];

t.test('each other namespace shared or new', options, async (t) => {
  const own = (set: readonly string[]) => (config: Draft) => {
    config.linux.namespaces = [...set, 'user'].map((type) => ({ type }));
    if (!set.includes('uts')) delete config.hostname;
    // without a namespace of its own the host's is bound, if it has one
    if (!set.includes('ipc') && !existsSync('/dev/mqueue'))
      config.mounts = config.mounts.filter(({ type }: Draft) => type !== 'mqueue');
    if (set.includes('mount')) return;
    delete config.linux.maskedPaths;
    delete config.linux.readonlyPaths;
    config.mounts = [];
    config.root.readonly = false;
  };
  const names: Readonly<Record<string, string>> = { network: 'net', mount: 'mnt' };
  for (const shared of [...types, ...types.map((type) => `all but ${type}`), 'none']) {
    const set = shared.startsWith('all but ') ? [shared.slice(8)] : types.filter((type) => type !== shared);
    const script = 'echo $(for file in /proc/self/ns/*; do readlink $file; done)';
    const user = makeUser(t, (config) => {
      shell(script)(config);
      own(set)(config);
      // without a mount namespace /proc of the image is empty
      if (!set.includes('mount')) config.process.args = ['true'];
    });
    const { status, stdout, stderr } = user.call(['run', newId(t, user)]);
    t.strictSame({ status, stderr }, { status: 0, stderr: '' }, shared);
    if (!set.includes('mount')) continue;
    const links = stdout.split('\n')[0]?.split(' ') ?? [];
    const different = links
      .filter((link) => !types.concat('user').map(hostLink).includes(link))
      .map((link) => link.split(':')[0]);
    const expected = [...set, 'user'].map((type) => names[type] ?? type);
    t.strictSame([...new Set(different)].sort(), expected.sort(), shared);
  }
  function hostLink(type: string): string {
    return readlinkSync(`/proc/self/ns/${names[type] ?? type}`);
  }
});

t.test('a terminal, of run and of exec', options, async (t) => {
  const user = makeUser(t, (config) => {
    config.process.args = ['sh', '-c', 'tty; stat -c %u:%g $(tty); stty size; read x; echo "got $x"'];
    config.process.terminal = true;
  });
  const pty = new Pty(t);
  const child = pty.spawn([
    ...user.words(),
    '/bin/sh',
    '-c',
    `cd ${user.folder} && exec ${programOf(user)} "$@"`,
    'sh',
    'run',
    newId(t, user),
  ]);
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await until(() => pty.text().includes('24 80'));
  pty.type('it\n');
  t.equal(await ended, 0);
  t.match(pty.text(), /\/dev\/pts\/0\r\n0:\d+\r\n24 80\r\nit\r\ngot it\r\n/);

  const other = makeUser(t, living);
  const id = newId(t, other);
  other.told('run', '--detach', id);
  const second = new Pty(t);
  const exec = second.spawn([
    ...other.words(),
    programOf(other),
    'exec',
    '--tty',
    id,
    'sh',
    '-c',
    'tty; echo $((6*7))',
  ]);
  const over = new Promise((resolve) => exec.on('exit', resolve));
  t.equal(await over, 0);
  t.match(second.text(), /\/dev\/pts\/0\r\n42\r\n/);
});

function programOf({ folder }: User): string {
  return join(folder, 'program', noci.slice(noci.lastIndexOf('/') + 1));
}

t.test('hooks, sd_notify and --no-pivot', options, async (t) => {
  const user = makeUser(t, (config, folder) => {
    shell('test -S /run/notify/notify.sock && echo "$NOTIFY_SOCKET"')(config);
    const hook = (name: string) => [
      { path: '/bin/sh', args: ['sh', '-c', `echo ${name} $(id -u) >> ${folder}/run/hooks`] },
    ];
    config.hooks = Object.fromEntries(
      ['createRuntime', 'createContainer', 'poststart', 'poststop'].map((name) => [name, hook(name)]),
    );
    mkdirSync(join(folder, 'rootfs/run'));
  });
  const path = join(user.folder, 'run/manager');
  const listening =
    'import socket, sys, os; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); s.recv(99)';
  const manager = spawn('python3', ['-c', listening, path], { stdio: 'ignore' });
  t.teardown(() => manager.kill('SIGKILL'));
  await until(() => existsSync(path) && (statSync(path).mode & 0o777) === 0o777);
  const { status, stdout, stderr } = user.call(['run', '--no-pivot', newId(t, user)], { env: { NOTIFY_SOCKET: path } });
  t.strictSame({ status, stdout, stderr }, { status: 0, stdout: '/run/notify/notify.sock\n', stderr: '' });
  const lines = [`createRuntime ${uid}`, 'createContainer 0', `poststart ${uid}`, `poststop ${uid}`];
  t.equal(readFileSync(join(user.folder, 'run/hooks'), 'utf8'), lines.map((line) => `${line}\n`).join(''));
});

t.test('a shared pid namespace: only what is the container is ended', options, async (t) => {
  const user = makeUser(t, (config) => {
    living(config);
    config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'pid');
  });
  const id = newId(t, user);
  const beside = spawn('/bin/sleep', ['600'], { stdio: 'ignore' });
  t.teardown(() => beside.kill('SIGKILL'));
  user.told('run', '--detach', id);
  user.told('kill', id, 'KILL');
  await until(() => JSON.parse(user.told('state', id)).status === 'stopped');
  user.told('delete', id);
  t.equal(beside.exitCode, null);
});

t.test('nothing in the container reaches init, or the runtime while it execs', options, async (t) => {
  const user = makeUser(t, living);
  const id = newId(t, user);
  user.told('create', id);
  const { pid } = JSON.parse(user.told('state', id));
  // kuid and capabilities are those of the container's root, from outside: more than anybody inside has
  const write = spawnSync('/usr/bin/env', [...user.words(), '/bin/sh', '-c', `echo x > /proc/${pid}/exe`], {
    encoding: 'utf8',
  });
  t.not(write.status, 0, "init's image cannot be written (CVE-2019-5736)");
  user.told('start', id);
  const spying = 'for p in /proc/[0-9]*; do [ $p = /proc/1 ] || [ $p = /proc/$$ ] || readlink $p/exe; done';
  const seen = user.told('exec', id, 'sh', '-c', `for i in 1 2 3; do (${spying}); done; true`);
  t.notMatch(seen, /noci|memfd/, 'a process of exec is seen as its command, or as what cannot be looked into');
});

/** Before 1.1.15 runc makes the mount below the root private only where it is shared, and the root stays a slave of the host's. */
const slaveRoot = /(BUNDLE\/rootfs \/ \S+) master:\d+/;

const everywhere: readonly (readonly [reason: string, line: RegExp])[] = [
  ['files are masked by a mount of /dev/null that is read-only', /^[-+] mounts: \/null \/proc\/\S+ r[wo],/],
  ['masked directories share one tmpfs of one block and one inode', /^[-+] mounts: \/ \/(proc|sys)\/\S+ ro,.* - tmpfs/],
  ['the tmpfs of a read-only cgroup mount is read-only', /^[-+] mounts: \/ \/sys\/fs\/cgroup r[wo],.* - tmpfs tmpfs/],
  [
    'in the foreground runc copies through pipes of its own',
    /^[-+] fds\/[012]\/(flags|type|uid|gid|major|minor|mode) =/,
  ],
  ['runc binds the cgroups that the host has mounted', /^[-+] mounts: \/ \/sys\/fs\/cgroup ro,.* - cgroup2 /],
  ["runc keeps the caller's groups, which may be refused something (CVE-2022-2989 and its kind)", /^- groups\/\d+ = /],
  ['runc makes the IPC namespace while nobody is mapped', /^[-+] dev\/\/dev\/mqueue\/[ug]id = /],
];

t.test(
  'the probe reports the same under noci and runc',
  { ...options, skip: skip || (!existsSync(runc) && 'no runc') },
  async (t) => {
    const cases: readonly { readonly name: string; readonly change: (config: Draft) => void }[] = [
      { name: 'spec --rootless', change: () => {} },
      ...(withoutMap ? [] : [{ name: 'subordinate ids', change: mapMany }]),
      {
        name: 'a network namespace',
        change: (config: Draft) => {
          config.linux.namespaces.push({ type: 'network' });
          const sys = config.mounts.find(({ destination }: Draft) => destination === '/sys');
          Object.assign(sys, { type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] });
        },
      },
    ];
    for (const { name, change } of cases) {
      const user = makeUser(t, (config) => {
        config.process.args = ['/probe'];
        change(config);
      });
      const id = newId(t, user);
      const report = (runtime?: string): Report => {
        const { stdout, stderr } = user.call(['run', id], runtime === undefined ? {} : { runtime });
        if (!stdout.startsWith('{')) throw new Error(stderr);
        const text = stdout.replaceAll(user.folder, 'BUNDLE');
        return normalise(JSON.parse(runtime === runc ? text.replace(slaveRoot, '$1') : text));
      };
      const lines = differences(report(runc), report()).filter(
        (line) => !everywhere.some(([, known]) => known.test(line)),
      );
      t.strictSame(lines, [], name);
    }
  },
);

/** A part of the v2 hierarchy that is the user's, as systemd gives it to a service of theirs with Delegate=yes. */
const delegated = uid !== 0 && existsSync('/sys/fs/cgroup/cgroup.controllers') && notRoot !== false;

t.test(
  'cgroups that were not delegated are done without, unless asked for',
  { ...options, skip: skip || (delegated && 'they are delegated') },
  async (t) => {
    if (driver === 'systemd') return;
    const user = makeUser(t, living);
    const id = newId(t, user);
    user.told('run', '--detach', id);
    t.match(user.call(['pause', id]).stderr, 'unable to freeze the container: its cgroup has no freezer');
    const update = user.call(['update', '--pids-limit', '9', id]);
    t.equal(update.status, 1);
    t.not(update.stderr, '');
    for (const change of [
      ({ linux }: Draft) => {
        linux.resources = { pids: { limit: 9 } };
      },
      ({ linux }: Draft) => {
        linux.cgroupsPath = '/noci-not-theirs';
      },
    ]) {
      const asking = makeUser(t, change);
      const { status, stderr } = asking.call(['run', newId(t, asking)]);
      t.match({ status, stderr }, { status: 1, stderr: /unable to apply cgroup configuration: .*this user may not/ });
    }
  },
);

t.test(
  'cgroups that were delegated hold and limit the container',
  { ...options, skip: skip || (!delegated && 'none are delegated here') },
  async (t) => {
    const user = makeUser(t, (config) => {
      living(config);
      config.linux.resources = { pids: { limit: 99 }, memory: { limit: 64 << 20 } };
    });
    const id = newId(t, user);
    user.told('run', '--detach', id);
    const { pid } = JSON.parse(user.told('state', id));
    const path = join('/sys/fs/cgroup', readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().slice(3));
    const file = (name: string) => readFileSync(join(path, name), 'utf8').trim();
    t.match(
      path,
      driver === 'systemd' ? /\/user@\d+\.service\/.*\.scope$/ : new RegExp(`/user@\\d+\\.service/.*/${id}$`),
    );
    t.strictSame([file('pids.max'), file('memory.max')], ['99', String(64 << 20)]);
    user.told('update', '--pids-limit', '88', id);
    t.equal(file('pids.max'), '88');
    user.told('pause', id);
    t.equal(JSON.parse(user.told('state', id)).status, 'paused');
    user.told('resume', id);
    t.match(JSON.parse(user.told('events', '--stats', id)).data.pids.limit, 88);
    t.ok(JSON.parse(user.told('ps', '--format', 'json', id)).includes(pid));
    t.equal(user.told('exec', id, 'cat', '/proc/self/cgroup'), '0::/\n', 'exec is in it, too');
    user.told('delete', '--force', id);
    t.notOk(existsSync(path));
  },
);

t.test('inspect tells them of what is theirs', options, async (t) => {
  const user = makeUser(t, living);
  const id = newId(t, user);
  user.told('run', '--detach', id);
  const { drift, status, rows } = JSON.parse(user.told('inspect', '--json', id));
  t.strictSame({ drift, status }, { drift: 0, status: 'running' });
  t.match(
    rows.filter(({ section }: Draft) => section === 'namespaces').map(({ name, verdict }: Draft) => [name, verdict]),
    ['user', 'ipc', 'uts', 'network', 'pid', 'mount', 'cgroup', 'time'].map((name) => [name, 'same']),
  );
  t.ok(rows.some(({ section, verdict }: Draft) => section === 'mounts' && verdict === 'same'));
  // nobody but root may ask for it
  const unknown = rows.filter(({ verdict }: Draft) => verdict === 'unknown');
  t.ok(
    unknown.every(({ name, note }: Draft) => name === 'device program' && /^not readable: /.test(note)),
    unknown,
  );
});

t.test('a root that is not theirs, or theirs and not of who asks', { ...options, skip: skip || notRoot }, async (t) => {
  const user = makeUser(t, living);
  const id = newId(t, user);
  user.told('run', '--detach', id);
  const closed = t.testdir({});
  chmodSync(closed, 0o700);
  for (const verb of ['inspect', 'gc']) {
    const words = verb === 'gc' ? [verb] : [verb, id];
    const { status, stdout, stderr } = user.call(['--root', closed, ...words]);
    t.match({ status, stdout, stderr }, { status: 1, stdout: '', stderr: /access refused \(EACCES\)/ }, verb);
    const theirs = join(user.env.XDG_RUNTIME_DIR as string, 'noci');
    t.match(call(noci, theirs, words), {
      status: 1,
      stdout: '',
      stderr: `is owned by uid ${uid} instead of 0: call noci as that user`,
    });
  }
  t.equal(JSON.parse(user.told('state', id)).status, 'running');
});

t.test(
  'gc finds cgroups that were delegated, without a record',
  {
    ...options,
    skip: skip || (!delegated && 'none are delegated here') || (driver === 'systemd' && 'systemd removes them'),
  },
  async (t) => {
    const user = makeUser(t, (config) => {
      living(config);
      config.linux.resources = { pids: { limit: 99 } };
    });
    const id = newId(t, user);
    user.told('run', '--detach', id);
    const { pid } = JSON.parse(user.told('state', id));
    const path = join('/sys/fs/cgroup', readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().slice(3));
    rmSync(join(user.env.XDG_RUNTIME_DIR as string, 'noci', id), { recursive: true });
    const gc = () => JSON.parse(user.told('gc', '--json')).found.find((one: Draft) => one.id === id);
    t.match(gc(), { action: 'kept', why: `process ${pid} is in its cgroup` });
    process.kill(pid, 'SIGKILL');
    await until(() => readFileSync(join(path, 'cgroup.procs'), 'utf8') === '');
    t.match(gc(), { action: 'removed', why: `it has no record: ${path}` });
    t.notOk(existsSync(path));
    t.equal(gc(), undefined);
  },
);

t.test('what is mounted of the cgroups is read-only', options, async (t) => {
  const script = 'for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -d $d ] && mkdir $d/x 2>/dev/null && echo $d; done; :';
  t.equal(prints(t, script), '', 'CVE-2023-25809');
});
