import t from 'tap';
import { probeHost } from '../../../src/host/facts.ts';
import { CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC } from '../../../src/host/hierarchies.ts';
import type { Native, Stat } from '../../../src/native/contract.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';

interface Machine {
  readonly files?: Readonly<Record<string, string>>;
  readonly filesystems?: Readonly<Record<string, number>>;
  /** path → inode of what stat(2) finds */
  readonly inodes?: Readonly<Record<string, bigint>>;
}

const asked: string[] = [];

function machine({ files = {}, filesystems = {}, inodes = {} }: Machine): Native {
  asked.length = 0;
  return fakeHost({
    euid: 0,
    functions: {
      readText: (_directory, path) => {
        asked.push(path);
        const text = files[path];
        if (text === undefined) throw nativeError('open', path, 'ENOENT');
        return text;
      },
      statfs: (path) => filesystems[path],
      stat: (_directory, path) => (inodes[path] === undefined ? undefined : ({ ino: inodes[path] } as Stat)),
      boundingSet: () => 0x1ffn,
      uname: () => ({ release: '6.1.0', machine: 'x86_64' }),
    },
  }).native;
}

const version1 = {
  '/proc/self/cgroup': '5:memory:/own/a\n4:cpu,cpuacct:/\n3:name=systemd:/user.slice\n2:name=other:/\n0::/v2\n',
  '/proc/self/mountinfo': `1 0 0:1 / /sys/fs/cgroup rw - tmpfs tmpfs rw
2 1 0:2 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
3 1 0:3 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
4 1 0:4 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
5 1 0:5 / /other rw - cgroup cgroup rw,name=other
6 1 0:6 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
7 1 0:2 /own /elsewhere rw - cgroup cgroup rw,memory
`,
  '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb\n',
};

const visible = {
  '/sys/fs/cgroup/memory': CGROUP_SUPER_MAGIC,
  '/sys/fs/cgroup/cpu,cpuacct': CGROUP_SUPER_MAGIC,
  '/sys/fs/cgroup/systemd': CGROUP_SUPER_MAGIC,
  '/other': CGROUP_SUPER_MAGIC,
  '/elsewhere': CGROUP_SUPER_MAGIC,
};

const ofVersion1 = [
  { version: 1, controllers: ['memory'], mountpoint: '/sys/fs/cgroup/memory', own: '/own/a' },
  { version: 1, controllers: ['cpu', 'cpuacct'], mountpoint: '/sys/fs/cgroup/cpu,cpuacct', own: '/' },
  { version: 1, controllers: ['name=systemd'], mountpoint: '/sys/fs/cgroup/systemd', own: '/user.slice' },
];

t.test('cgroup v2: two small files, not mountinfo', async (t) => {
  const facts = probeHost(
    machine({
      files: { '/proc/self/cgroup': '0::/user.slice/a\n', '/sys/fs/cgroup/cgroup.controllers': 'cpu memory pids\n' },
      filesystems: { '/sys/fs/cgroup': CGROUP2_SUPER_MAGIC },
    }),
  );
  t.strictSame(facts.cgroup, {
    mode: 'v2',
    hierarchies: [
      { version: 2, controllers: ['cpu', 'memory', 'pids'], mountpoint: '/sys/fs/cgroup', own: '/user.slice/a' },
    ],
  });
  t.strictSame(asked, ['/proc/self/cgroup', '/sys/fs/cgroup/cgroup.controllers']);
});

t.test('cgroup v1: what is hidden by another mount, or foreign, is no hierarchy', async (t) => {
  const facts = probeHost(machine({ files: version1, filesystems: visible }));
  t.strictSame(facts.cgroup, { mode: 'v1', hierarchies: ofVersion1 });
});

t.test('hybrid: the v2 hierarchy beside those of v1', async (t) => {
  const filesystems = { ...visible, '/sys/fs/cgroup/unified': CGROUP2_SUPER_MAGIC };
  t.strictSame(probeHost(machine({ files: version1, filesystems })).cgroup, {
    mode: 'hybrid',
    hierarchies: [
      ...ofVersion1,
      { version: 2, controllers: ['hugetlb'], mountpoint: '/sys/fs/cgroup/unified', own: '/v2' },
    ],
  });
});

const initialNamespace = { '/proc/self/ns/cgroup': 0xeffffffbn };

const whole = {
  ...visible,
  '/sys/fs/cgroup/memory/release_agent': CGROUP_SUPER_MAGIC,
  '/sys/fs/cgroup/cpu,cpuacct/release_agent': CGROUP_SUPER_MAGIC,
  '/sys/fs/cgroup/systemd/release_agent': CGROUP_SUPER_MAGIC,
};

t.test('cgroup v1 in the usual places: not mountinfo', async (t) => {
  const files = { ...version1, '/proc/self/mountinfo': 'not read' };
  t.strictSame(probeHost(machine({ files, filesystems: whole, inodes: initialNamespace })).cgroup, {
    mode: 'v1',
    hierarchies: ofVersion1,
  });
  t.strictSame(asked, ['/proc/self/cgroup']);
  const filesystems = { ...whole, '/sys/fs/cgroup/unified': CGROUP2_SUPER_MAGIC };
  t.equal(probeHost(machine({ files, filesystems, inodes: initialNamespace })).cgroup.mode, 'hybrid');
});

t.test('usual places that are not what they seem: mountinfo tells', async (t) => {
  const { '/sys/fs/cgroup/memory/release_agent': _, ...partial } = whole;
  const machines: readonly Machine[] = [
    { filesystems: whole, inodes: { '/proc/self/ns/cgroup': 0xf0000001n } },
    { filesystems: whole },
    { filesystems: partial, inodes: initialNamespace },
  ];
  for (const one of machines) {
    t.strictSame(probeHost(machine({ files: version1, ...one })).cgroup, { mode: 'v1', hierarchies: ofVersion1 });
    t.ok(asked.includes('/proc/self/mountinfo'));
  }
});

t.test('a mount whose root is a cgroup shows the rest of the path', async (t) => {
  const files = {
    '/proc/self/cgroup': '4:memory:/docker/1/sub\n',
    '/proc/self/mountinfo': '7 1 0:2 /docker/1 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
  };
  const { hierarchies } = probeHost(machine({ files, filesystems: visible })).cgroup;
  t.strictSame(hierarchies, [
    { version: 1, controllers: ['memory'], mountpoint: '/sys/fs/cgroup/memory', own: '/sub' },
  ]);
});

t.test('no cgroups', async (t) => {
  t.strictSame(probeHost(machine({})).cgroup, { mode: 'none', hierarchies: [] });
});

t.test('user namespaces are told by their inode', async (t) => {
  t.equal(probeHost(machine({ inodes: { '/proc/self/ns/user': 0xeffffffdn } })).inUserNamespace, false);
  t.equal(probeHost(machine({ inodes: { '/proc/self/ns/user': 0xf0000000n } })).inUserNamespace, true);
});

t.test('security modules', async (t) => {
  t.equal(probeHost(machine({})).apparmor, false);
  t.equal(probeHost(machine({})).selinux, false);
  t.equal(probeHost(machine({ files: { '/sys/module/apparmor/parameters/enabled': 'Y\n' } })).apparmor, true);
  t.equal(probeHost(machine({ files: { '/sys/module/apparmor/parameters/enabled': 'N\n' } })).apparmor, false);
  t.equal(probeHost(machine({ filesystems: { '/sys/fs/selinux': 0xf97cff8c } })).selinux, true);
});

t.test('nothing is asked before it is needed, and only once', async (t) => {
  const facts = probeHost(machine({ files: version1, filesystems: visible }));
  t.strictSame(asked, []);
  t.equal(facts.cgroup, facts.cgroup);
  t.equal(asked.length, 2);
  t.equal(facts.boundingSet, 0x1ffn);
  t.equal(facts.kernelRelease, '6.1.0');
  t.strictSame([facts.euid, facts.egid], [0, 0]);
});
