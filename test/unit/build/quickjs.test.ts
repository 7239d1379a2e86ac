// build/quickjs.sh, run for real on archives of our own: where it takes QuickJS-ng's sources from, and what it refuses.
//
// Each run has a mount namespace in which a test's own key is Debian's and the machine's apt may not be written.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';

const build = new URL('../../../build', import.meta.url).pathname;
const release = /^VERSION_CODENAME="?(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
const timeout = 300_000;

function missing(): string | false {
  if (process.getuid?.() !== 0) return 'root is needed for mounts';
  if (release === undefined) return 'not a release of Debian';
  const programs = ['apt-get', 'dpkg-deb', 'gpg', 'gpgconf', 'unshare', 'setpriv'];
  const absent = programs.filter((name) => spawnSync('which', [name]).status !== 0);
  return absent.length > 0 && `${absent.join(', ')} missing`;
}
const skip = missing();

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run finds; everything else is this machine's. */
interface Machine {
  /** lines of sources.list; none when absent */
  readonly sources?: string;
  /** what stands in for Debian's keyring */
  readonly keyring?: string;
  /** shell lines before the script, in its mount namespace */
  readonly before?: string;
  /** the command that becomes the script */
  readonly command?: string;
  readonly env?: Record<string, string>;
}

/** A folder that is removed when the test ends, and that apt's own user may enter. */
function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'noci-quickjs-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A project with nothing but the script and what it sources. */
function makeProject(t: Test): string {
  const project = makeFolder(t);
  mkdirSync(join(project, 'build'));
  for (const name of ['quickjs.sh', 'debian-archive.sh']) cpSync(join(build, name), join(project, 'build', name));
  return project;
}

const sealed = ['/etc', '/var/lib/apt', '/var/cache/apt'];

function words(project: string, machine: Machine): string[] {
  const { sources = '', keyring, before = '', command = 'sh build/quickjs.sh', env = {} } = machine;
  writeFileSync(join(project, 'sources.list'), sources);
  const own = `Dir::Etc::sourcelist "${project}/sources.list"; Dir::Etc::sourceparts "-"; Acquire::Retries "0";`;
  writeFileSync(join(project, 'apt.conf'), `${own} Dir::State::lists "${project}/lists";`);
  const lines = [
    'set -e',
    ...sealed.map((path) => `mount --bind ${path} ${path}; mount -o remount,bind,ro ${path}`),
    'mount -t tmpfs tmpfs /usr/src',
    keyring === undefined ? '' : `mount --bind ${keyring} /usr/share/keyrings/debian-archive-keyring.gpg`,
    before,
    `cd ${project}; exec ${command}`,
  ];
  const variables = { PATH: process.env.PATH ?? '', APT_CONFIG: join(project, 'apt.conf'), ...env };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return ['-i', ...assignments, '/usr/bin/unshare', '-m', '/bin/sh', '-c', lines.join('\n')];
}

function run(project: string, machine: Machine = {}): Outcome {
  const { status, stdout, stderr } = spawnSync('/usr/bin/env', words(project, machine), { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** The sources as far as the script looks at them. */
function writeSources(folder: string, version: string): string {
  mkdirSync(folder, { recursive: true });
  const [major, minor, patch] = version.replace(/-.*/, '').split('.');
  writeFileSync(join(folder, 'quickjs.c'), '');
  writeFileSync(
    join(folder, 'quickjs.h'),
    `#define QJS_VERSION_MAJOR ${major}\n#define QJS_VERSION_MINOR ${minor}\n#define QJS_VERSION_PATCH ${patch}\n`,
  );
  return folder;
}

/** Status 3, nothing on stdout, one line that says why (after the one that a download announces), nothing left behind. */
function assertRefused(t: Test, project: string, outcome: Outcome, reason: RegExp): void {
  t.equal(outcome.status, 3, `status ${outcome.status}`);
  t.equal(outcome.stdout, '', 'nothing is printed');
  const lines = outcome.stderr.trimEnd().split('\n');
  const said = lines.filter((line) => !line.startsWith('noci: downloading'));
  t.match(said, [reason], 'one line says why');
  t.equal(said.length, 1, outcome.stderr);
  t.notOk(existsSync(join(project, '.build/quickjs/package')), 'nothing is taken');
  t.notOk(existsSync(join(project, '.build/quickjs/apt')), 'and nothing is left');
}

function assertTaken(t: Test, project: string, outcome: Outcome, folder: string): void {
  t.strictSame([outcome.status, outcome.stdout], [0, `${folder}\n`], outcome.stderr);
  t.equal(readlinkSync(join(project, '.build/quickjs/source')), folder, 'source leads there');
}

const packaged = (project: string): string => join(project, '.build/quickjs/package/usr/src/quickjs-ng');

t.test('a folder of yours', { skip, timeout }, async (t) => {
  const project = makeProject(t);
  const folder = writeSources(join(project, 'mine'), '0.17.3');
  assertTaken(t, project, run(project, { env: { NOCI_QUICKJS_SOURCE: folder } }), folder);
});

t.test('a folder of yours that is not right is not passed over', { skip, timeout }, async (t) => {
  const project = makeProject(t);
  const refused = (folder: string, reason: RegExp): void =>
    assertRefused(t, project, run(project, { env: { NOCI_QUICKJS_SOURCE: folder } }), reason);
  const installed = writeSources(join(project, 'installed'), '0.17.0');
  t.teardown(() => rmSync(installed, { recursive: true, force: true }));
  refused(join(project, 'absent'), /names no folder/);
  refused(project, /without quickjs\.c/);
  refused(writeSources(join(project, 'older'), '0.16.9'), /version 0\.16 and not 0\.17/);
  refused(writeSources(join(project, 'newer'), '0.18.0'), /version 0\.18 and not 0\.17/);
  refused(writeSources(join(project, 'later'), '1.17.0'), /version 1\.17 and not 0\.17/);
});

t.test('an installed package', { skip, timeout }, async (t) => {
  const project = makeProject(t);
  const ready = writeSources(join(project, 'ready'), '0.17.0');
  const before = `cp -r ${ready} /usr/src/quickjs-ng`;
  assertTaken(t, project, run(project, { before }), '/usr/src/quickjs-ng');
});

/** One version of qjs-src in an archive. */
interface Package {
  readonly version: string;
  /** what its quickjs.h says; the version of the package when absent */
  readonly header?: string;
}

interface Archive {
  /** the line of sources.list that names it */
  readonly sources: string;
  readonly folder: string;
  readonly packages: string;
}

/** Keys for signing, each in a home of its own, and the keyring of the first. */
function makeKeys(t: Test): { readonly debian: string; readonly other: string; readonly keyring: string } {
  const make = (): string => {
    const home = mkdtempSync(join(tmpdir(), 'noci-key-'));
    gpg(home, ['--passphrase', '', '--quick-generate-key', 'test', 'ed25519', 'sign', 'never']);
    t.teardown(() => {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
      rmSync(home, { recursive: true, force: true });
    });
    return home;
  };
  const debian = make();
  const keyring = join(makeFolder(t), 'keyring.gpg');
  gpg(debian, ['--output', keyring, '--export']);
  chmodSync(keyring, 0o644);
  return { debian, other: make(), keyring };
}

function gpg(home: string, args: readonly string[]): void {
  execFileSync('gpg', ['--homedir', home, '--batch', '--yes', ...args], { stdio: 'ignore' });
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** Writes a package and returns its paragraph for the list of packages. */
function writePackage(t: Test, archive: string, { version, header = version }: Package): string {
  const tree = makeFolder(t);
  writeSources(join(tree, 'usr/src/quickjs-ng'), header);
  const control = `Package: qjs-src\nVersion: ${version}\nArchitecture: all\nMaintainer: a test <test@localhost>\nDescription: a test\n`;
  mkdirSync(join(tree, 'DEBIAN'));
  writeFileSync(join(tree, 'DEBIAN/control'), control);
  const name = `qjs-src_${version}_all.deb`;
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, join(archive, name)], { stdio: 'ignore' });
  const data = readFileSync(join(archive, name));
  return `${control}Filename: ${name}\nSize: ${data.length}\nSHA256: ${sha256(data)}\n\n`;
}

/** A mirror that has the suite sid, signed by `key` or, without one, by nobody. */
function makeArchive(t: Test, key: string | undefined, versions: readonly Package[], fields = ''): Archive {
  const folder = makeFolder(t);
  const suite = join(folder, 'dists/sid');
  const packages = join(suite, 'main/binary-all/Packages');
  mkdirSync(join(packages, '..'), { recursive: true });
  const list = versions.map((each) => writePackage(t, folder, each)).join('');
  writeFileSync(packages, list);
  const head = `Origin: Debian\nSuite: unstable\nCodename: sid\nDate: ${new Date().toUTCString()}\n${fields}`;
  const sums = `SHA256:\n ${sha256(list)} ${Buffer.byteLength(list)} main/binary-all/Packages\n`;
  const text = `${head}Architectures: all amd64 arm64\nComponents: main\n${sums}`;
  writeFileSync(join(suite, 'Release'), text);
  if (key !== undefined) {
    gpg(key, ['--output', join(suite, 'InRelease'), '--clearsign', join(suite, 'Release')]);
    gpg(key, ['--output', join(suite, 'Release.gpg'), '--armor', '--detach-sign', join(suite, 'Release')]);
  }
  return { folder, packages, sources: `deb file:${folder} ${release} main\n` };
}

const right: readonly Package[] = [{ version: '0.17.0-1' }];

t.test('downloaded', { skip, timeout }, async (t) => {
  const { debian, other, keyring } = makeKeys(t);

  await t.test('once, and nothing else is kept', async (t) => {
    const project = makeProject(t);
    const { sources } = makeArchive(t, debian, right);
    assertTaken(t, project, run(project, { sources, keyring }), packaged(project));
    const kept = readdirSync(join(project, '.build/quickjs')).sort();
    t.strictSame(kept, ['lock', 'package', 'source']);
    // no source to download from
    const again = run(project);
    assertTaken(t, project, again, packaged(project));
    t.equal(again.stderr, '', 'not announced again');
  });

  await t.test('by a user who is not root', async (t) => {
    const project = makeProject(t);
    chmodSync(project, 0o777);
    const { sources } = makeArchive(t, debian, right);
    const command = 'setpriv --reuid=65534 --regid=65534 --clear-groups sh build/quickjs.sh';
    assertTaken(t, project, run(project, { sources, keyring, command }), packaged(project));
  });

  await t.test('into a folder that only root may enter', async (t) => {
    const project = makeProject(t);
    const { sources } = makeArchive(t, debian, right);
    chmodSync(project, 0o700);
    const outcome = run(project, { sources, keyring });
    assertTaken(t, project, outcome, packaged(project));
    t.notMatch(outcome.stderr, /unsandboxed/);
  });

  await t.test('by two builds at the same time, once', async (t) => {
    const project = makeProject(t);
    const { sources } = makeArchive(t, debian, right);
    const args = words(project, { sources, keyring });
    const outcomes = await Promise.all([1, 2, 3].map(() => beside(args)));
    for (const outcome of outcomes) assertTaken(t, project, outcome, packaged(project));
    t.equal(outcomes.filter(({ stderr }) => stderr.includes('downloading')).length, 1);
  });

  await t.test('after a build that was killed', async (t) => {
    const project = makeProject(t);
    const { sources } = makeArchive(t, debian, right);
    for (const folder of ['apt/lists/partial', 'apt/download', 'new/usr/src/quickjs-ng'])
      mkdirSync(join(project, '.build/quickjs', folder), { recursive: true });
    writeFileSync(join(project, '.build/quickjs/apt/download/qjs-src_0.17.9-9_all.deb'), 'half');
    assertTaken(t, project, run(project, { sources, keyring }), packaged(project));
  });

  await t.test('in the version that is needed, of several', async (t) => {
    const project = makeProject(t);
    const versions = ['0.16.2-1', '0.17.1-2', '0.18.0-1'].map((version) => ({ version }));
    const { sources } = makeArchive(t, debian, versions);
    assertTaken(t, project, run(project, { sources, keyring }), packaged(project));
  });

  await t.test('instead of an installed package of another version', async (t) => {
    const project = makeProject(t);
    const { sources } = makeArchive(t, debian, right);
    const older = writeSources(join(project, 'older'), '0.16.0');
    const outcome = run(project, { sources, keyring, before: `cp -r ${older} /usr/src/quickjs-ng` });
    assertTaken(t, project, outcome, packaged(project));
  });

  await t.test('while apt has hooks of others and allows what is not signed', async (t) => {
    const project = makeProject(t);
    const { sources } = makeArchive(t, undefined, right);
    const signed = makeArchive(t, debian, right);
    const conf = join(project, 'loose.conf');
    writeFileSync(
      conf,
      `APT::Update::Post-Invoke-Success:: "touch ${project}/hooked"; Acquire::AllowInsecureRepositories "true";`,
    );
    // a file of /etc/apt/apt.conf.d, where such things stand
    const before = `mount -t tmpfs tmpfs /etc/apt/apt.conf.d; cp ${conf} /etc/apt/apt.conf.d/loose`;
    assertRefused(t, project, run(project, { sources, keyring, before }), /not signed/);
    assertTaken(t, project, run(project, { sources: signed.sources, keyring, before }), packaged(project));
    t.notOk(existsSync(join(project, 'hooked')), 'no hook runs');
  });

  await t.test('refused', async (t) => {
    const refused = (
      name: string,
      archive: Archive,
      reason: RegExp,
      machine: Machine = { keyring },
    ): Promise<unknown> =>
      t.test(name, async (t) => {
        const project = makeProject(t);
        assertRefused(t, project, run(project, { sources: archive.sources, ...machine }), reason);
      });
    const tampered = makeArchive(t, debian, right);
    appendFileSync(tampered.packages, '\n');
    const replaced = makeArchive(t, debian, right);
    rmSync(join(replaced.folder, 'qjs-src_0.17.0-1_all.deb'));
    writePackage(t, replaced.folder, { version: '0.17.0-1', header: '0.17.99' });
    const expired = makeArchive(t, debian, right, `Valid-Until: ${new Date(Date.now() - 1e8).toUTCString()}\n`);
    await refused('not signed', makeArchive(t, undefined, right), /not signed/);
    await refused('signed by another key', makeArchive(t, other, right), /NO_PUBKEY|not signed/);
    await refused('signed, but not by a key of Debian', makeArchive(t, debian, right), /NO_PUBKEY|not signed/, {});
    await refused('a list that was changed after it was signed', tampered, /list of packages/);
    await refused('a package that was changed after it was signed', replaced, /could not get qjs-src/);
    // a machine may have turned this off for a mirror that lags behind
    const before = 'mount -t tmpfs tmpfs /etc/apt/apt.conf.d';
    await refused('a list from long ago', expired, /list of packages.*expired/, { keyring, before });
    await refused(
      'only other versions',
      makeArchive(t, debian, [{ version: '0.18.0-1' }, { version: '0.16.2-1' }]),
      /no qjs-src 0\.17, but: 0\.18\.0-1 0\.16\.2-1/,
    );
    await refused('no such package', makeArchive(t, debian, []), /no qjs-src 0\.17, but: none/);
    await refused(
      'another version than the package’s name says',
      makeArchive(t, debian, [{ version: '0.17.0-1', header: '0.18.0' }]),
      /holds version 0\.18, not 0\.17/,
    );
  });
});

/** A run beside others. */
function beside(args: readonly string[]): Promise<Outcome> {
  const child = spawn('/usr/bin/env', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...texts })));
}

t.test('cannot be had', { skip, timeout }, async (t) => {
  const cases: readonly (readonly [name: string, reason: RegExp, machine: Machine])[] = [
    ['no mirror in the sources', /sources name no mirror/, {}],
    [
      'only archives of others in the sources',
      /sources name no mirror/,
      { sources: `deb http://localhost/ other main\ndeb http://localhost/ ${release} other\n` },
    ],
    ['no network', /list of packages \(.*\); set/, { sources: `deb http://localhost:9/debian ${release} main\n` }],
    [
      'no keys of Debian',
      /archive keys are missing \(package debian-archive-keyring\)/,
      {
        sources: `deb http://localhost:9/debian ${release} main\n`,
        before: 'mount -t tmpfs tmpfs /usr/share/keyrings',
      },
    ],
  ];
  for (const [name, reason, machine] of cases)
    await t.test(name, async (t) => {
      const project = makeProject(t);
      assertRefused(t, project, run(project, machine), reason);
    });

  for (const program of ['apt-get', 'apt-cache', 'dpkg-deb', 'flock'])
    await t.test(`no ${program}`, async (t) => {
      const project = makeProject(t);
      const env = { PATH: pathWithout(t, program) };
      assertRefused(t, project, run(project, { env }), new RegExp(`there is no ${program} here`));
    });

  await t.test('a cache that cannot be written', async (t) => {
    const project = makeProject(t);
    const readOnly = `mount --bind ${project} ${project}; mount -o remount,bind,ro ${project}`;
    assertRefused(t, project, run(project, { before: readOnly }), /cannot be written/);
    writeFileSync(join(project, '.build'), '');
    assertRefused(t, project, run(project), /cannot be written/);
  });
});

/** A PATH that has all programs but one. */
function pathWithout(t: Test, program: string): string {
  const folder = makeFolder(t);
  for (const from of ['/usr/bin', '/usr/sbin'])
    for (const name of readdirSync(from))
      if (name !== program && !existsSync(join(folder, name))) symlinkSync(join(from, name), join(folder, name));
  return folder;
}

/** Whether a mirror of this machine's sources has sid; apt's own program is asked, which knows of proxies. */
function unreachable(): string | false {
  if (skip !== false) return skip;
  const format = ['--format', '$(SITE)', 'Origin: Debian', `Codename: ${release}`, 'Created-By: Packages'];
  const site = spawnSync('apt-get', ['indextargets', ...format], { encoding: 'utf8' }).stdout.split('\n')[0];
  if (site === undefined || site === '') return 'this machine has no list of a mirror of Debian';
  const target = join(tmpdir(), `noci-release-${process.pid}`);
  const { status } = spawnSync('/usr/lib/apt/apt-helper', ['download-file', `${site}/dists/sid/Release`, target]);
  rmSync(target, { force: true });
  return status !== 0 && 'no mirror of Debian can be reached';
}

t.test('from the mirror of this machine', { skip: unreachable(), timeout }, async (t) => {
  const project = makeProject(t);
  const before = 'unset APT_CONFIG';
  assertTaken(t, project, run(project, { before }), packaged(project));
  t.ok(existsSync(join(packaged(project), 'libregexp.c')), 'all of it');
});
