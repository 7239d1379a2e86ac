// noci doctor: nothing that it tries stays, whoever asks; what a bundle needs and the host lacks is told with its pointer.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t, { type Test } from 'tap';
import { type Draft, host, makeBundle, missing, noci } from './bundle.ts';
import { makeUser, notRoot } from './ordinary-user.ts';
import { call, type Outcome } from './report.ts';

const skip = missing();
const isPublished = new Ajv().compile(
  JSON.parse(readFileSync(new URL('../../schemas/noci/doctor.json', import.meta.url), 'utf8')),
);

function emptyRoot(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'noci-root-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

function doctor(t: Test, ...options: string[]): Outcome {
  return call(noci, emptyRoot(t), ['doctor', ...options]);
}

/** What it says as JSON, which must be as published. */
function examined(t: Test, ...options: string[]): Draft {
  const { stdout, stderr } = doctor(t, '--json', ...options);
  const document = JSON.parse(stdout === '' ? JSON.stringify(stderr) : stdout);
  t.ok(isPublished(document), JSON.stringify(isPublished.errors));
  return document;
}

function bundleWith(t: Test, change: (config: Draft, folder: string) => void): string {
  return makeBundle(t, change);
}

const lacking = ({ findings }: Draft): Draft[] =>
  findings.filter(({ needed, found }: Draft) => needed && found === 'absent');

t.test('the host that runs these tests', { skip }, async (t) => {
  const before = readFileSync('/proc/self/mountinfo', 'utf8');
  const document = examined(t);
  t.equal(document.lacking, lacking(document).length);
  t.ok(document.findings.length > 50, `${document.findings.length} findings`);
  t.match(
    document.findings.find(({ name }: Draft) => name === 'openat2'),
    { found: 'there', needed: true, detail: 'works' },
  );
  t.equal(readFileSync('/proc/self/mountinfo', 'utf8'), before, 'no mount stays');
  const { status, stdout, stderr } = doctor(t);
  t.equal(status, document.lacking === 0 ? 0 : 1);
  t.equal(stderr, '');
  t.ok(
    stdout.split('\n').every((line) => line.length <= 100 || !line.trim().includes('  ')),
    'as wide as a page',
  );
});

t.test('libraries need Node.js', { skip }, async (t) => {
  const { findings } = examined(t);
  const libraries = findings.filter(({ area }: Draft) => area === 'libraries');
  if (host === 'standalone') t.match(libraries, [{ found: 'unknown', detail: /needs Node\.js/ }]);
  else t.match(libraries, [{ name: 'libseccomp.so.2' }, {}, {}, { name: 'libsystemd.so.0' }]);
  t.ok(libraries.every(({ needed }: Draft) => !needed));
});

t.test('a bundle that this host can run', { skip }, async (t) => {
  const document = examined(
    t,
    '--bundle',
    bundleWith(t, (config) => delete config.linux.resources),
  );
  t.strictSame(lacking(document), []);
  t.ok(
    document.findings.every(({ needed }: Draft) => needed),
    'nothing else is asked',
  );
});

t.test('a bundle that it cannot', { skip }, async (t) => {
  const bundle = bundleWith(t, (config, folder) => {
    config.mounts.push({
      destination: '/data',
      type: 'bind',
      source: join(folder, 'nothing\nhere'),
      options: ['bind'],
    });
    config.linux.namespaces.push({ type: 'network', path: '/proc/self/nothing' });
    config.linux.namespaces = config.linux.namespaces.filter(
      ({ type, path }: Draft) => type !== 'network' || path !== undefined,
    );
  });
  const document = examined(t, '--bundle', bundle);
  const pointers = lacking(document).map(({ pointer }) => pointer);
  t.ok(
    pointers.includes(
      `/mounts/${JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')).mounts.length - 1}/source`,
    ),
  );
  t.ok(
    pointers.some((pointer: string) => /^\/linux\/namespaces\/\d+\/path$/.test(pointer)),
    pointers.join(),
  );
  const { status, stdout } = doctor(t, '--bundle', bundle);
  t.equal(status, 1);
  t.notMatch(stdout, /nothing\nhere/, 'a name is no line');
  t.match(stdout, /cure/);
});

t.test('a state directory that create would not have', { skip }, async (t) => {
  const root = emptyRoot(t);
  chmodSync(root, 0o777);
  const { status, stdout } = call(noci, root, ['doctor', '--json']);
  t.equal(status, 1);
  const found = JSON.parse(stdout).findings.find(({ name }: Draft) => name === 'state directory');
  t.match(found, { found: 'absent', needed: true, detail: /writable by others/ });
});

t.test('input that is none', { skip }, async (t) => {
  const folder = emptyRoot(t);
  t.match(doctor(t, '--bundle', join(folder, 'nowhere')), { status: 1, stdout: '', stderr: /nowhere/ });
  t.match(doctor(t, '--bundle', folder), { status: 1, stderr: /config\.json not found/ });
  writeFileSync(join(folder, 'config.json'), '{');
  t.match(doctor(t, '--bundle', folder), { status: 1, stderr: /line 1/ });
  writeFileSync(join(folder, 'config.json'), '{}');
  t.match(doctor(t, '--bundle', folder), { status: 1, stderr: /invalid config/ });
  t.match(doctor(t, 'word'), { status: 1 });
});

t.test('an ordinary user', { skip: skip || notRoot }, async (t) => {
  const user = makeUser(t);
  const { stdout, stderr } = user.call(['doctor', '--json']);
  t.equal(stderr, '');
  const document = JSON.parse(stdout);
  t.ok(isPublished(document), JSON.stringify(isPublished.errors));
  const named = (name: string) => document.findings.find((finding: Draft) => finding.name === name);
  t.match(named('mount API'), { found: 'there' });
  t.match(named('subuid'), { found: 'there', detail: /65536 ids/ });
  t.match(named('state directory'), { found: 'there' });
  t.match(named('id-mapped mounts'), { found: 'absent', needed: false });

  const without = user.call(['doctor', '--json'], { files: { subuid: '' } });
  t.equal(without.status, 1);
  const subuid = JSON.parse(without.stdout).findings.find(({ name }: Draft) => name === 'subuid');
  t.match(subuid, { found: 'absent', needed: true, cure: /usermod/ });
});

t.test('a host where no namespace may be made', { skip: skip || notRoot }, async (t) => {
  const user = makeUser(t);
  // of a user namespace of its own, so that the host's is not touched
  const script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"';
  const through = ['unshare', '--user', '--map-root-user', '/bin/sh', '-c', script, 'sh'];
  const forbidden = user.call(['doctor', '--json'], { through });
  if (!existsSync('/proc/sys/user/max_user_namespaces') || forbidden.stdout === '') {
    t.pass('such a user cannot be made here');
    return;
  }
  const found = JSON.parse(forbidden.stdout).findings.find(({ name }: Draft) => name === 'user.max_user_namespaces');
  t.match(found, { found: 'absent', detail: '0', cure: /sysctl -w user\.max_user_namespaces/ });
});
