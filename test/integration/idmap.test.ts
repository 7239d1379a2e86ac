// Id-mapped mounts: who owns the files of a mount that a container sees, and which filesystems have none.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { type Container, makeContainer, must } from './container.ts';

const options = { skip: missing(), timeout: 300_000 };

/** The ids of a container's user namespace on the host. */
const first = 100_000;
const mappings = [{ containerID: 0, hostID: first, size: 65_536 }];

/** A folder with files of uid 0, 1000 and 70000, which no mapping of these tests has. */
function makeData(folder: string): string {
  const data = join(folder, 'data');
  mkdirSync(join(data, 'sub'), { recursive: true });
  for (const uid of [0, 1000, 70_000]) {
    const path = join(data, `of-${uid}`);
    writeFileSync(path, '');
    chownSync(path, uid, uid);
  }
  return data;
}

/** A container with a user namespace whose root filesystem stays the host's root's: everybody may read it. */
function inUserNamespace(config: Draft, folder: string): void {
  chmodSync(folder, 0o755);
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = mappings;
  config.linux.gidMappings = mappings;
  // nobody in the container can make what is missing
  for (const name of ['data', 'data2']) mkdirSync(join(folder, 'rootfs', name), { recursive: true });
  mkdirSync(join(folder, 'rootfs/dev/shm'), { recursive: true });
}

const owners = (place = '/data'): string[] => [
  'sh',
  '-c',
  `cd ${place} && stat -c '%n %u:%g' *; touch new && stat -c %u new`,
];

/** A container that tells who owns what in /data, the mount that `mount` adds to a bind of the folder. */
function container(t: Test, mount: Draft, change: (config: Draft, folder: string) => void = () => {}): Container {
  return makeContainer(t, (config, folder) => {
    config.process.args = owners();
    config.mounts.push({ destination: '/data', type: 'bind', source: makeData(folder), ...mount });
    config.root.readonly = false;
    change(config, folder);
  });
}

t.test('a mount is mapped by the user namespace of the container', options, async (t) => {
  for (const [name, mount] of [
    ['idmap', { options: ['bind', 'idmap'] }],
    ['ridmap', { options: ['rbind', 'ridmap'] }],
    ['the same mappings', { options: ['rbind', 'idmap'], uidMappings: mappings, gidMappings: mappings }],
    ['mappings alone', { options: ['bind'], uidMappings: mappings, gidMappings: mappings }],
  ] as const) {
    const made = container(t, mount, inUserNamespace);
    t.equal(must(made.run()).stdout, 'of-0 0:0\nof-1000 1000:1000\nof-70000 65534:65534\nsub 0:0\n0\n', name);
    t.equal(
      statSync(join(made.bundle, 'data/new')).uid,
      0,
      'what the container makes belongs to the id that it has there',
    );
  }
});

t.test('without an id mapping the files of the host belong to nobody', options, async (t) => {
  const made = container(t, { options: ['bind'] }, inUserNamespace);
  t.match(made.run().stdout, 'of-0 65534:65534\n');
});

t.test('a mount has mappings of its own, with and without a user namespace of the container', options, async (t) => {
  const own = [
    { containerID: 0, hostID: 5000, size: 1 },
    { containerID: 1000, hostID: 6000, size: 10 },
  ];
  const mount = {
    options: ['bind', 'idmap', 'ro'],
    uidMappings: own,
    gidMappings: [{ containerID: 0, hostID: 7, size: 2000 }],
  };
  const made = container(t, mount);
  t.equal(
    made.run().stdout,
    'of-0 5000:7\nof-1000 6000:1007\nof-70000 65534:65534\nsub 5000:7\n',
    'without a user namespace, and read-only as it says',
  );
  const inside = container(
    t,
    { options: ['bind', 'idmap'], uidMappings: [{ containerID: 1000, hostID: first, size: 1 }], gidMappings: mappings },
    inUserNamespace,
  );
  t.equal(inside.run().stdout, 'of-0 65534:0\nof-1000 0:1000\nof-70000 65534:65534\nsub 65534:0\n', 'with one');
});

t.test('several mounts share a namespace, and nothing of it is left', options, async (t) => {
  const own = {
    uidMappings: [{ containerID: 0, hostID: 5000, size: 1 }],
    gidMappings: [{ containerID: 0, hostID: 5000, size: 1 }],
  };
  const made = container(t, { options: ['bind', 'idmap'], ...own }, (config, folder) => {
    config.process.args = [
      'sh',
      '-c',
      'stat -c %u /data/sub /data2; set -- /proc/[0-9]*; echo $#; ls -l /proc/1/fd | grep -c user:',
    ];
    config.mounts.push({ destination: '/data2', source: join(folder, 'data/sub'), options: ['bind', 'idmap'], ...own });
  });
  t.equal(made.run().stdout, '5000\n5000\n1\n0\n');
  const { pid } = process;
  const children = execFileSync('/bin/sh', ['-c', `cat /proc/${pid}/task/*/children`], { encoding: 'utf8' });
  t.notMatch(children, /noci/);
});

t.test('the namespace that a container joins maps its mounts', options, async (t) => {
  const owner = makeContainer(t, (config, folder) => {
    config.process.args = ['sleep', '100'];
    inUserNamespace(config, folder);
  });
  must(owner.create());
  const { pid } = owner.state();
  const made = container(t, { options: ['bind', 'idmap'] }, (config, folder) => {
    inUserNamespace(config, folder);
    delete config.linux.uidMappings;
    delete config.linux.gidMappings;
    const user = config.linux.namespaces.find(({ type }: Draft) => type === 'user');
    user.path = `/proc/${pid}/ns/user`;
  });
  t.match(must(made.run()).stdout, 'of-0 0:0\nof-1000 1000:1000\n');
  must(owner.kill());
});

t.test('a tmpfs is mapped as any other, since Linux 6.3', options, async (t) => {
  const folder = mkdtempSync('/dev/shm/noci-idmap-');
  t.teardown(() => rmSync(folder, { recursive: true }));
  const data = makeData(folder);
  const made = container(t, { options: ['bind', 'idmap'], source: data }, inUserNamespace);
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 3)) {
    t.match(made.run(), { status: 1, stderr: /its file system \(tmpfs\) has no id-mapped mounts/ });
    return;
  }
  t.match(must(made.run()).stdout, 'of-0 0:0\nof-1000 1000:1000\n');
});

t.test('filesystems without id-mapped mounts are named', options, async (t) => {
  const proc = container(t, { options: ['bind', 'idmap'], source: '/proc/sys' }, inUserNamespace);
  t.match(proc.run(), {
    status: 1,
    stderr:
      /id-mapped mount of \/proc\/sys: mount_setattr: invalid argument: its file system \(proc\) has no id-mapped mounts.*\/mounts\/\d+/,
  });
  t.strictSame(readdirSync(proc.root), [], 'nothing is left of it');
  const below = container(t, { options: ['rbind', 'ridmap'], source: '/dev' }, inUserNamespace);
  const { stderr } = below.run();
  t.match(stderr, /one of its file systems \(.*\bdevpts\b.*\) has no id-mapped mounts/);
  const { status } = container(t, { options: ['rbind', 'idmap'], source: '/sys/kernel' }, inUserNamespace).run();
  t.equal(status, 1);
});

t.test('what cannot be meant is refused before anything is made', options, async (t) => {
  for (const [mount, change, text] of [
    [{ options: ['bind', 'idmap'] }, () => {}, /id-mapped mounts must have both uid and gid mappings specified/],
    [{ options: ['bind', 'idmap'], uidMappings: mappings }, () => {}, /need one another.*gidMappings/],
    [
      { type: 'tmpfs', source: 'tmpfs', options: ['idmap'], uidMappings: mappings, gidMappings: mappings },
      () => {},
      /id-mapped mounts are only supported for bind-mounts/,
    ],
    [
      {
        options: ['bind'],
        uidMappings: [...mappings, { containerID: 5, hostID: 1, size: 1 }],
        gidMappings: mappings,
      },
      () => {},
      /overlaps that of mapping 0.*\/mounts\/\d+\/uidMappings\/1/,
    ],
  ] as const) {
    const made = container(t, mount, change);
    t.match(made.run(), { status: 1, stderr: text });
    t.strictSame(readdirSync(made.root), []);
  }
});
