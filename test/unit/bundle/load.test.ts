import t from 'tap';
import { loadBundle } from '../../../src/bundle/load.ts';
import type { HostFacts } from '../../../src/host/facts.ts';
import type { Native, Stat } from '../../../src/native/contract.ts';
import { config } from '../../fakes/config.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';

interface Disk {
  /** the text of config.json, undefined: there is none */
  readonly text?: string;
  readonly mode?: number;
  readonly jsonError?: string;
  readonly rootfsError?: 'ENOENT' | 'ELOOP' | 'EACCES';
  /** statfs by path; what is not listed is missing */
  readonly filesystems?: Readonly<Record<string, number>>;
  /** the path that statfs may not look at */
  readonly refused?: string;
  /** inode of a file by path; what is not listed is missing */
  readonly inodes?: Readonly<Record<string, bigint>>;
}

const opened: string[] = [];

function disk(state: Disk): Native {
  const { text, mode = 0o100644, jsonError, rootfsError, filesystems = {}, inodes = {}, refused } = state;
  opened.length = 0;
  let here = '/start';
  return fakeHost({
    functions: {
      chdir: (path) => {
        here = path;
      },
      getcwd: () => here,
      stat: (_directory, path) => {
        if (path === 'config.json') return text === undefined ? undefined : ({ mode } as Stat);
        const ino = inodes[path];
        return ino === undefined ? undefined : ({ ino, dev: 4n } as Stat);
      },
      readText: (_directory, path) => {
        if (path === 'config.json') return text ?? '';
        throw nativeError('open', path, 'ENOENT');
      },
      parseJson: (json) => {
        if (jsonError !== undefined) throw Object.assign(new Error(jsonError), { code: 'EJSON', line: 3, column: 14 });
        return JSON.parse(json);
      },
      openat2: (_directory, path) => {
        if (rootfsError !== undefined) throw nativeError('openat2', path, rootfsError);
        opened.push(path);
        return 9;
      },
      statfs: (path) => {
        if (path === refused) throw nativeError('statfs', path, 'EACCES');
        return filesystems[path];
      },
    },
  }).native;
}

const facts = {
  euid: 0,
  cgroup: { mode: 'v1', hierarchies: [{ version: 1, controllers: ['devices'], mountpoint: '/d', own: '/' }] },
} as unknown as HostFacts;

function load(state: Disk, host = facts) {
  return loadBundle(disk(state), '/bundles/a', host);
}

const text = (patch: Parameters<typeof config>[0] = {}) => JSON.stringify(config(patch));

t.test('a bundle has absolute paths', async (t) => {
  const bundle = load({ text: text() });
  t.equal(bundle.path, '/bundles/a');
  t.equal(bundle.rootfs, '/bundles/a/rootfs');
  t.strictSame(opened, ['/bundles/a/rootfs']);
  t.equal(load({ text: text({ root: { path: '../b/./r/' } }) }).rootfs, '/bundles/b/r');
  t.equal(load({ text: text({ root: { path: '/r//x' } }) }).rootfs, '/r/x');
});

t.test('config.json that is none', async (t) => {
  t.throws(() => load({}), { message: 'JSON specification file config.json not found' });
  t.throws(() => load({ text: text(), mode: 0o010644 }), { message: 'config.json is no regular file' });
  t.throws(() => load({ text: 'null' }), { message: 'config cannot be null' });
  t.throws(() => load({ text: '{', jsonError: 'invalid json at line 3, column 14: a key is missing' }), {
    message: 'config.json: invalid json at line 3, column 14: a key is missing',
  });
});

t.test('all problems are told at once, runc text first', async (t) => {
  t.throws(() => load({ text: text({ process: { args: [] } }) }), {
    message: 'invalid config: args must not be empty',
    pointer: '/process/args',
  });
  t.throws(() => load({ text: text({ process: { cwd: 'x', args: [] }, root: { path: 5 } }) }), {
    message:
      'invalid config: Cwd must be an absolute path (/process/cwd); args must not be empty (/process/args); must be a string, is 5 (/root/path)',
    pointer: '',
  });
});

t.test('what this version or host cannot give is no invalid config', async (t) => {
  t.throws(() => load({ text: text({ process: { selinuxLabel: 'x' } }), rootfsError: 'ENOENT' }), {
    message:
      'invalid rootfs: /bundles/a/rootfs is missing (/root/path); selinux label is specified in config, but selinux is disabled or not supported (/process/selinuxLabel)',
  });
  t.throws(() => load({ text: text(), rootfsError: 'ELOOP' }), {
    message: 'invalid rootfs: /bundles/a/rootfs is or contains a symlink',
    pointer: '/root/path',
  });
});

const bind = (destination: string) => ({ mounts: [{ destination, type: 'bind', source: 'data', options: ['rbind'] }] });

t.test('a missing mount source is named, without words that engines take for a missing command', async (t) => {
  t.throws(() => load({ text: text(bind('/a')) }), {
    message:
      'mount source "/bundles/a/data" of /mounts/0 is missing; mkdir -p /bundles/a/data on the host, or take the entry out',
    pointer: '/mounts/0/source',
  });
  t.ok(load({ text: text(bind('/a')), filesystems: { '/bundles/a/data': 0xef53 } }));
  const file = { destination: '/etc/resolv.conf', type: 'bind', source: '/engine/resolv.conf', options: ['bind'] };
  t.throws(() => load({ text: text({ mounts: [file] }) }), {
    message: 'mount source "/engine/resolv.conf" of /mounts/0 is missing; make it on the host, or take the entry out',
  });
});

t.test('only a procfs is bound to /proc', async (t) => {
  t.throws(() => load({ text: text(bind('/proc')), filesystems: { '/bundles/a/data': 0xef53 } }), {
    message: '"/proc" cannot be mounted because it is not of type proc',
  });
  t.ok(load({ text: text(bind('/proc')), filesystems: { '/bundles/a/data': 0x9fa0 } }));
});

t.test('a label that the host cannot give is refused', async (t) => {
  const asking = (apparmorProfile: string, apparmor: boolean) =>
    load({ text: text({ process: { apparmorProfile } }) }, { ...facts, apparmor });
  t.ok(asking('unconfined', false), 'which is true where there is no AppArmor');
  t.ok(asking('docker-default', true));
  t.throws(() => asking('docker-default', false), {
    message: /^apparmor: config provided but apparmor not supported; /,
    pointer: '/process/apparmorProfile',
  });
  t.throws(() => load({ text: text({ linux: { mountLabel: 'x' } }) }), {
    message: 'selinux label is specified in config, but selinux is disabled or not supported',
    pointer: '/linux/mountLabel',
  });
});

const joined = {
  linux: { namespaces: [{ type: 'mount' }, { type: 'network', path: '/n' }], sysctl: { 'net.core.somaxconn': '1' } },
};
const nsfs = { '/n': 0x6e736673 };

t.test('a namespace path is a namespace', async (t) => {
  t.throws(() => load({ text: text(joined) }), {
    message: 'namespace path: /n is missing',
    pointer: '/linux/namespaces/1/path',
  });
  t.throws(() => load({ text: text(joined), filesystems: { '/n': 0xef53 } }), {
    message: 'namespace path: /n is no namespace',
  });
});

t.test('a path that the kernel does not show is named, without words that engines take for the command', async (t) => {
  t.throws(() => load({ text: text(joined), refused: '/n' }), {
    message: 'namespace path: /n cannot be looked at: statfs: EACCES',
    pointer: '/linux/namespaces/1/path',
  });
  t.throws(() => load({ text: text(bind('/a')), refused: '/bundles/a/data' }), {
    message: 'mount source "/bundles/a/data" of /mounts/0 cannot be looked at: statfs: EACCES',
    pointer: '/mounts/0/source',
  });
  t.throws(() => load({ text: text(), rootfsError: 'EACCES' }), {
    message: 'invalid rootfs: /bundles/a/rootfs cannot be looked at: openat2: EACCES',
    pointer: '/root/path',
  });
});

t.test("a joined network namespace that is the host's takes no sysctl", async (t) => {
  const inodes = { '/proc/self/ns/net': 1n, '/n': 1n };
  t.throws(() => load({ text: text(joined), filesystems: nsfs, inodes }), {
    message: 'sysctl "net.core.somaxconn" not allowed in host network namespace',
    pointer: '/linux/sysctl/net.core.somaxconn',
  });
  t.ok(load({ text: text(joined), filesystems: nsfs, inodes: { ...inodes, '/n': 2n } }));
});

t.test('a kernel without time namespaces', async (t) => {
  const time = text({ linux: { namespaces: [{ type: 'mount' }, { type: 'time' }] } });
  t.throws(() => load({ text: time }), { message: "time namespaces aren't enabled in the kernel" });
  t.ok(load({ text: time, inodes: { '/proc/self/ns/time': 1n } }));
});

t.test('device rules need the controller of v1, or v2', async (t) => {
  const rules = text({ linux: { resources: { devices: [{ allow: false, access: 'rwm' }] } } });
  const host = (version: number) =>
    ({ euid: 0, cgroup: { mode: 'x', hierarchies: [{ version, controllers: ['memory'] }] } }) as unknown as HostFacts;
  t.ok(load({ text: rules }));
  t.ok(load({ text: rules }, host(2)));
  t.ok(load({ text: text() }, host(1)));
  t.throws(() => load({ text: rules }, host(1)), {
    message: 'device rules need cgroup v2 or the devices controller of cgroup v1',
    pointer: '/linux/resources/devices',
  });
});

t.test('an ordinary user needs a user namespace', async (t) => {
  const user = { ...facts, euid: 1000, egid: 1000 } as HostFacts;
  t.throws(() => load({ text: text() }, user), {
    message: 'rootless container requires user namespaces; spec --rootless writes a config that has one',
    pointer: '/linux/namespaces',
  });
  const mappings = [{ containerID: 0, hostID: 1000, size: 1 }];
  const namespaces = [{ type: 'user' as const }, { type: 'mount' as const }];
  const linux = { namespaces, uidMappings: mappings, gidMappings: mappings };
  t.ok(load({ text: text({ linux }) }, user));
});
