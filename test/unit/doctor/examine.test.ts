import t from 'tap';
import type { Bundle } from '../../../src/bundle/bundle.ts';
import type { Patient } from '../../../src/doctor/check.ts';
import { examine } from '../../../src/doctor/examine.ts';
import { examinationText } from '../../../src/doctor/text.ts';
import type { HostFacts } from '../../../src/host/facts.ts';
import type { Stat } from '../../../src/native/contract.ts';
import { AT_FDCWD } from '../../../src/native/open-flags.ts';
import type { Config } from '../../../src/oci/types.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';

interface Broken {
  /** "feature" or "feature subject" → errno */
  readonly features?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly bundle?: Config;
  readonly euid?: number;
}

/** A host of version 2 where everything works but what is named. */
function patient({ features = {}, files = {}, bundle, euid = 0 }: Broken): Patient {
  const { native } = fakeHost({
    euid,
    functions: {
      tryFeature: (feature, subject) => features[`${feature} ${subject}`] ?? features[feature] ?? '',
      readText: (dirfd, path) => {
        const text = dirfd === AT_FDCWD ? files[path] : undefined;
        if (text === undefined) throw nativeError('open', path, 'ENOENT');
        return text;
      },
      // of what is open; nothing else is there
      stat: (_dirfd, path) => (path === '' ? ({ uid: euid, mode: 0o40755 } as Stat) : undefined),
      openTree: () => 7,
      openat2: () => 7,
      spawnInit: () => {
        throw nativeError('clone3', '', 'EINVAL');
      },
      mountFlags: () => 0,
      readlink: () => '/run',
    },
  });
  const facts = {
    euid,
    egid: euid,
    inUserNamespace: false,
    apparmor: false,
    selinux: false,
    boundingSet: 0n,
    cgroup: {
      mode: 'v2',
      hierarchies: [
        { version: 2, controllers: ['cpu', 'cpuset', 'memory', 'pids', 'io'], mountpoint: '/cg', own: '/user.slice/a' },
      ],
    },
  } as unknown as HostFacts;
  return {
    native,
    facts,
    root: '/run/noci',
    systemdCgroup: false,
    rootless: 'auto',
    bundle: bundle && ({ path: '/b', rootfs: '/b/rootfs', config: bundle } satisfies Bundle),
  };
}

const mountinfo = { '/proc/self/mountinfo': '1 0 8:1 / / rw - ext4 /dev/sda rw\n' };

function lacks(broken: Broken): string[] {
  const host = patient({ ...broken, files: { ...mountinfo, ...broken.files } });
  return examine(host)
    .findings.filter(({ found, needed }) => needed && found === 'absent')
    .map(({ name, detail }) => `${name}: ${detail}`);
}

t.test('nothing is lacking where everything works', async (t) => {
  t.strictSame(lacks({}), []);
});

t.test('what every container needs', async (t) => {
  t.strictSame(lacks({ features: { openat2: 'ENOSYS' } }), ['openat2: ENOSYS']);
  t.strictSame(lacks({ features: { 'namespaces 536870912': 'ENOSPC' } }), ['pid namespaces: ENOSPC']);
  t.strictSame(lacks({ features: { clone_into_cgroup: 'E2BIG' } }), ['clone3 into a cgroup: E2BIG']);
});

t.test('what few containers need is only told', async (t) => {
  const { findings, lacking } = examine(patient({ features: { 'namespaces 128': 'EINVAL' }, files: mountinfo }));
  t.equal(lacking, 0);
  t.match(
    findings.find(({ name }) => name === 'time namespaces'),
    { found: 'absent', needed: false, detail: 'EINVAL', consequence: /refused/, cure: /CONFIG_TIME_NS/ },
  );
});

const config = (linux: Config['linux']): Config => ({ ociVersion: '1.2.0', ...(linux && { linux }) });

t.test('a bundle is asked for what it needs, by its pointer', async (t) => {
  const bundle = config({ namespaces: [{ type: 'mount' }, { type: 'time' }] });
  const { findings } = examine(patient({ bundle, features: { 'namespaces 128': 'EINVAL' }, files: mountinfo }));
  t.match(
    findings.find(({ name }) => name === 'time namespaces'),
    { found: 'absent', needed: true, pointer: '/linux/namespaces/1' },
  );
  t.notOk(findings.some(({ name }) => name === 'network namespaces' || name === 'SELinux'));
  t.ok(findings.every(({ needed }) => needed));
});

t.test('switches of user namespaces, for who is not root', async (t) => {
  const file = '/proc/sys/kernel/unprivileged_userns_clone';
  const forbidden = { [file]: '0\n' };
  t.strictSame(lacks({ files: forbidden }), []);
  const all = lacks({ files: forbidden, euid: 1000 });
  t.ok(all.includes('user namespaces for all: the sysctl kernel.unprivileged_userns_clone is 0'), all.join('\n'));
});

t.test('the text', async (t) => {
  const bundle = config({ namespaces: [{ type: 'time' }] });
  const examination = examine(patient({ bundle, features: { 'namespaces 128': 'EINVAL' }, files: mountinfo }));
  const text = examinationText({
    ...examination,
    findings: examination.findings.map((finding) => ({ ...finding, detail: `${finding.detail}\n  ok      forged` })),
  });
  t.notMatch(text, /\n {2}ok {6}forged/, 'a line that is none');
  t.ok(
    text.split('\n').every((line) => line.length <= 100),
    'as wide as a page',
  );
  t.match(text, /LACKING time namespaces/);
});

t.test('every lack has a consequence and a cure', async (t) => {
  const host = patient({ files: mountinfo });
  const { native } = host;
  const { findings } = examine({ ...host, native: { ...native, tryFeature: () => 'ENOSYS' } });
  const lacking = findings.filter(({ found }) => found !== 'there');
  t.ok(lacking.length > 20, `${lacking.length} are lacking`);
  t.strictSame(
    lacking.filter(({ consequence, cure }) => !consequence || !cure),
    [],
  );
});
