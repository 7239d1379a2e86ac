// Masked paths: what is under them cannot be read, written or uncovered, and what lies on them is the runtime's own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { type Container, makeContainer } from './container.ts';
import { watchHost } from './host-watch.ts';
import type { Outcome } from './report.ts';

const skip = missing();
const timeout = 300_000;

const bind = (source: string, destination: string): Draft => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind'],
});

/** The masked paths of `runc spec` and what the probe says of them. */
function maskedFiles(outcome: Outcome): Draft[] {
  return JSON.parse(outcome.stdout).stat.filter(({ error }: Draft) => error === undefined);
}

t.test('masks do not come from the /dev of the container (CVE-2025-31133)', { skip, timeout }, async (t) => {
  for (const target of ['/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', 'zero', '/etc/passwd', '/not/there']) {
    await t.test(`/dev/null leads to ${target}`, async (t) => {
      const host = watchHost(t);
      const paths = ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/etc/group'];
      const container = makeContainer(t, (config, folder) => {
        const volume = join(folder, 'vol');
        mkdirSync(volume);
        config.mounts = config.mounts.filter(({ destination }: Draft) => !destination.startsWith('/dev'));
        config.mounts.push(bind(volume, '/dev'));
        config.linux.maskedPaths.push('/etc/group');
        config.process.args.push(...paths.flatMap((path) => ['--stat', path, '--read', path]));
        symlinkSync(target, join(volume, 'null'));
        execFileSync('mknod', [join(volume, 'zero'), 'c', '1', '5']);
      });
      const outcome = container.run();
      if (outcome.status === 0) {
        const files = maskedFiles(outcome);
        t.ok(files.length > 1, 'there is something masked');
        for (const { path, major, minor } of files) t.equal(`${major}:${minor}`, '1:3', `${path} is the null device`);
        for (const { path, text = '' } of JSON.parse(outcome.stdout).read) t.equal(text, '', `${path} reads empty`);
      } else t.match(outcome.stderr, /mask.*\/proc\/kcore/, 'refused, and the text names the path');
      host.assertUntouched(container);
    });
  }
});

/** What the masks lie on. */
function plantMasks(config: Draft, folder: string): void {
  const rootfs = join(folder, 'rootfs');
  for (const name of ['secret/inner', 'plain', 'deep/nested/folder'])
    mkdirSync(join(rootfs, name), { recursive: true });
  for (const name of ['secret/file', 'secret/inner/file', 'plain/file', 'deep/nested/folder/file'])
    writeFileSync(join(rootfs, name), 'secret text');
  symlinkSync('/plain/file', join(rootfs, 'link'));
  symlinkSync('../plain', join(rootfs, 'deep/up'));
  mkdirSync(join(folder, 'vol'));
  writeFileSync(join(folder, 'vol/file'), 'secret text');
  mkdirSync(join(rootfs, 'vol'));
  config.mounts.push(bind(join(folder, 'vol'), '/vol'));
  config.linux.maskedPaths = [
    '/secret',
    '/link',
    '/secret',
    '/deep/nested',
    '/deep/nested/folder',
    '/vol/file',
    '/gone',
    '/gone/x',
  ];
  config.linux.maskedPaths.push(...Array.from({ length: 300 }, (_, index) => `/plain/missing-${index}`));
}

function attempts(): string {
  const files = ['/secret/file', '/link', '/plain/file', '/deep/nested/folder/file', '/deep/up/file', '/vol/file'];
  return [
    ...files.map((path) => `cat ${path}`),
    ...['/secret', '/deep/nested'].map((path) => `ls -A ${path}; touch ${path}/new && echo wrote ${path}`),
    ...files.map((path) => `echo x > ${path} && test -s ${path} && echo wrote ${path}`),
    ...['/secret', '/plain/file', '/vol/file'].flatMap((path) => [
      `umount ${path} && echo unmounted ${path}`,
      `mount -o remount,rw ${path} && echo remounted ${path}`,
      `mv ${path} /tmp/moved && echo moved ${path}`,
    ]),
    'true',
  ].join('\n');
}

async function checkMasks(t: Test, container: Container): Promise<void> {
  const outcome = container.run();
  t.equal(outcome.status, 0, outcome.stderr);
  t.notMatch(outcome.stdout, /secret text|wrote|unmounted|remounted|moved/, 'nothing is read, written or uncovered');
}

t.test('masked paths stay masked', { skip, timeout }, async (t) => {
  for (const readonly of [true, false]) {
    await t.test(readonly ? 'a read-only root' : 'a writable root', async (t) => {
      const host = watchHost(t);
      const container = makeContainer(t, (config, folder) => {
        config.root.readonly = readonly;
        config.process.args = ['/bin/sh', '-c', attempts()];
        plantMasks(config, folder);
      });
      await checkMasks(t, container);
      host.assertUntouched(container);
    });
  }
});

t.test('masks need a mount namespace', { skip, timeout }, async (t) => {
  const host = watchHost(t);
  const container = makeContainer(t, (config) => {
    config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'mount');
    config.mounts = [];
    config.root.readonly = false;
  });
  const outcome = container.run();
  t.equal(outcome.status, 1);
  t.match(outcome.stderr, 'unable to restrict sys entries without a private MNT namespace');
  host.assertUntouched(container);
});
