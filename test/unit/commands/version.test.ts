import { readFileSync } from 'node:fs';
import t from 'tap';
import { printVersion } from '../../../src/commands/version.ts';
import { version } from '../../../src/native/release.ts';
import { fakeHost } from '../../fakes/native.ts';

t.test('lines that dockerd, containerd and podman read', async (t) => {
  const host = fakeHost();
  t.equal(printVersion(host.native, 'noci-node'), 0);
  t.match(host.written(1), /^noci version \d+\.\d+\.\d+\n(commit: \S+\n)?spec: 1\.3\.0\n$/);
});

t.test('linked as runc it says runc, which go-runc insists on', async (t) => {
  const host = fakeHost();
  printVersion(host.native, 'runc');
  t.match(host.written(1), /^runc version \d/);
});

t.test('the version is that of the package', async (t) => {
  const { version: packaged } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  t.equal(version, packaged);
});
