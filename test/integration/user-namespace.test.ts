// Containers with a user namespace, made by root: what the probe sees under noci and under Debian's runc, and what only the host sees.
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, makeBundle, missing, noci, runc } from './bundle.ts';
import { makeContainer, must } from './container.ts';
import { differences, type Report, runProbe } from './report.ts';

const first = 100_000;
const many = [{ containerID: 0, hostID: first, size: 65_536 }];
const pieces = [
  { containerID: 0, hostID: first, size: 1 },
  { containerID: 1, hostID: 200_000, size: 999 },
  { containerID: 1000, hostID: 300_000, size: 10 },
];

/** Gives the root filesystem to the container's root; the folders above it have to let that in. */
function give(folder: string): void {
  chmodSync(folder, 0o711);
  for (const name of ['', ...readdirSync(join(folder, 'rootfs'), { recursive: true }).map(String)]) {
    const path = join(folder, 'rootfs', name);
    if (existsSync(path)) chownSync(path, first, first);
  }
}

/** `config` with a user namespace. */
function mapped(config: Draft, folder: string, mappings = many): void {
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = mappings;
  config.linux.gidMappings = mappings;
  give(folder);
}

interface Feature {
  readonly name: string;
  readonly change?: (config: Draft) => void;
  readonly mappings?: typeof many;
  readonly explained?: readonly (readonly [reason: string, line: RegExp])[];
}

const everywhere: NonNullable<Feature['explained']> = [
  ['files are masked by a mount of /dev/null that is read-only', /^[-+] mounts: \/null \/proc\/\S+ r[wo],/],
  [
    'masked directories share one tmpfs of one block and one inode',
    /^[-+] mounts: \/ \/(proc|sys)\/\S+ ro,.* - tmpfs tmpfs/,
  ],
  ['the tmpfs of a read-only cgroup mount is read-only', /^[-+] mounts: \/ \/sys\/fs\/cgroup r[wo],.* - tmpfs tmpfs/],
  ['runc makes the IPC namespace while its group is not mapped yet', /^[-+] dev\/\/dev\/mqueue\/gid = /],
  ['in the foreground runc copies through pipes of its own', /^[-+] fds\/[012]\/(flags|type|uid|major|minor) =/],
];

function without(config: Draft, ...types: string[]): void {
  config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => !types.includes(type));
}

const features: readonly Feature[] = [
  { name: 'one range' },
  { name: 'several ranges', mappings: pieces },
  {
    name: 'another user and groups',
    change: ({ process }) => {
      process.user = { uid: 1000, gid: 1000, additionalGids: [5, 7] };
    },
  },
  { name: 'the cgroup namespace too', change: ({ linux }) => linux.namespaces.push({ type: 'cgroup' }) },
  {
    name: 'an oomScoreAdj',
    change: ({ process }) => {
      process.oomScoreAdj = 321;
    },
  },
  {
    name: "the host's network",
    change: (config) => {
      without(config, 'network');
      const sys = config.mounts.find(({ destination }: Draft) => destination === '/sys');
      Object.assign(sys, { type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] });
    },
  },
  {
    name: 'a device',
    change: ({ linux }) => {
      linux.devices = [{ path: '/dev/kmsg', type: 'c', major: 1, minor: 11, fileMode: 0o600, uid: 0, gid: 0 }];
    },
  },
];

const options = { skip: missing(), timeout: 600_000 };

t.test('the probe reports the same under noci and runc', options, async (t) => {
  for (const { name, change, mappings, explained = [] } of features) {
    await t.test(name, async (t) => {
      const report = (runtime: string): Report => {
        const bundle = makeBundle(t, (config, folder) => {
          change?.(config);
          mapped(config, folder, mappings);
        });
        return runProbe(runtime, bundle, `noci-userns-${process.pid}`);
      };
      const lines = differences(report(runc), report(noci)).filter(
        (line) => ![...everywhere, ...explained].some(([, pattern]) => pattern.test(line)),
      );
      t.strictSame(lines, []);
    });
  }
});

/** What a shell in a mapped container prints. */
function shell(t: Test, script: string, change: (config: Draft) => void = () => {}): string {
  const container = makeContainer(t, (config, folder) => {
    config.process.args = ['sh', '-c', script];
    change(config);
    mapped(config, folder);
  });
  return must(container.run()).stdout;
}

t.test('what a namespace holds belongs to the root of the container', options, async (t) => {
  const paths = '/dev/mqueue /dev/shm /dev/pts /sys/class/net/lo/mtu /proc/1/environ';
  t.equal(shell(t, `stat -c '%u:%g' ${paths} | sort -u`), '0:0\n');
  t.equal(shell(t, 'touch /dev/mqueue/x && stat -c %u /dev/mqueue/x'), '0\n', 'a message queue can be made');
});

t.test('sysfs and mqueue of namespaces that are the host’s are bound', options, async (t) => {
  const seen = shell(t, 'mount | grep -c -e "sysfs on /sys type" -e "mqueue on /dev/mqueue type"', (config) => {
    without(config, 'network', existsSync('/dev/mqueue') ? 'ipc' : '');
  });
  t.equal(Number(seen), 2);
});

t.test('a device that the host has under another number is refused', options, async (t) => {
  const container = makeContainer(t, (config, folder) => {
    config.linux.devices = [{ path: '/dev/null', type: 'c', major: 1, minor: 5 }];
    mapped(config, folder);
  });
  t.match(container.run(), {
    status: 1,
    stderr: /device \/dev\/null: the host's is not 1:5, and a user namespace cannot have another.*\/linux\/devices\/0/,
  });
});

t.test('the host sees the mapped ids, and exec joins the namespace', options, async (t) => {
  const container = makeContainer(t, (config, folder) => {
    config.process.args = ['sleep', '100'];
    mapped(config, folder);
  });
  must(container.create());
  const { pid } = container.state();
  t.equal(statSync(`/proc/${pid}/root`).uid, first);
  t.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\t100000\t100000\t100000\t100000$/m);
  must(container.start());
  const seen = must(
    container.call(['exec', container.id, 'sh', '-c', 'id -u; cat /proc/self/uid_map; readlink /proc/self/ns/user']),
  );
  t.match(seen.stdout, /^0\n +0 +100000 +65536\nuser:/);
  const user = must(container.call(['exec', '--user', '1000:1000', container.id, 'id']));
  t.match(user.stdout, /uid=1000/);
  must(container.kill());
  must(container.delete('--force'));
});

t.test('a user namespace is joined by path, and what is made with it belongs to it', options, async (t) => {
  const owner = makeContainer(t, (config, folder) => {
    config.process.args = ['sleep', '100'];
    mapped(config, folder);
  });
  must(owner.create());
  const { pid } = owner.state();
  const join_ = (type: string, name: string) => ({ type, path: `/proc/${pid}/ns/${name}` });
  const guest = makeContainer(t, (config, folder) => {
    without(config, 'network', 'ipc');
    config.linux.namespaces.push(join_('user', 'user'), join_('network', 'net'), join_('ipc', 'ipc'));
    config.process.args = [
      'sh',
      '-c',
      'cat /proc/self/uid_map; echo $$; stat -c %u /dev/mqueue; readlink /proc/self/ns/net',
    ];
    give(folder);
  });
  const seen = must(guest.run()).stdout;
  t.match(seen, /^ +0 +100000 +65536\n1\n0\nnet:/);
  must(owner.kill());
});

t.test('mappings that the kernel would refuse are refused before anything is made', options, async (t) => {
  const container = makeContainer(t, (config, folder) => {
    mapped(config, folder, [{ containerID: 1, hostID: first, size: 10 }]);
    mkdirSync(join(folder, 'unused'));
  });
  t.match(container.run(), { status: 1, stderr: /no uid mapping found for id 0/ });
  t.strictSame(readdirSync(container.root), []);
});
