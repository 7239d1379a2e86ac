import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { exampleConfig } from '../../../src/oci/example.ts';

const ordinary = { rootless: false, euid: 0, egid: 0, unifiedCgroup: false };
const text = (options: Partial<typeof ordinary> = {}) =>
  JSON.stringify(exampleConfig({ ...ordinary, ...options }), undefined, '\t');

t.test('the order of members and the values', async (t) => {
  const config = JSON.parse(text());
  t.same(Object.keys(config), ['ociVersion', 'process', 'root', 'hostname', 'mounts', 'linux']);
  t.same(Object.keys(config.process), [
    'terminal',
    'user',
    'args',
    'env',
    'cwd',
    'capabilities',
    'rlimits',
    'noNewPrivileges',
  ]);
  t.same(Object.keys(config.process.capabilities), ['bounding', 'effective', 'permitted'], 'no ambient ones');
  t.same(Object.keys(config.linux), ['resources', 'namespaces', 'maskedPaths', 'readonlyPaths']);
  t.equal(config.ociVersion, '1.3.0');
  t.same(
    config.mounts.map((mount: { destination: string }) => mount.destination),
    ['/proc', '/dev', '/dev/pts', '/dev/shm', '/dev/mqueue', '/sys', '/sys/fs/cgroup'],
  );
});

const namespaces = (options: Partial<typeof ordinary>) =>
  JSON.parse(text(options)).linux.namespaces.map((namespace: { type: string }) => namespace.type);

t.test('namespaces', async (t) => {
  t.same(namespaces({}), ['pid', 'network', 'ipc', 'uts', 'mount']);
  t.same(namespaces({ unifiedCgroup: true }), ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup']);
  t.same(namespaces({ rootless: true }), ['pid', 'ipc', 'uts', 'mount', 'user']);
  t.same(namespaces({ rootless: true, unifiedCgroup: true }), ['pid', 'ipc', 'uts', 'mount', 'cgroup', 'user']);
});

t.test('--rootless', async (t) => {
  const { linux, mounts } = JSON.parse(text({ rootless: true, euid: 1000, egid: 100 }));
  t.same(linux.uidMappings, [{ containerID: 0, hostID: 1000, size: 1 }]);
  t.same(linux.gidMappings, [{ containerID: 0, hostID: 100, size: 1 }]);
  t.same(Object.keys(linux), ['uidMappings', 'gidMappings', 'namespaces', 'maskedPaths', 'readonlyPaths']);
  t.same(mounts[2].options, ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']);
  t.same(mounts[5], {
    destination: '/sys',
    type: 'none',
    source: '/sys',
    options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'],
  });
});

const runc = '/usr/sbin/runc';

/** What `runc spec` writes here. */
function ofRunc(...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'noci-example-'));
  try {
    execFileSync(runc, ['spec', ...options], { cwd: folder });
    return readFileSync(join(folder, 'config.json'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Debian 12's runc has version 1.1.5. What changed after it: the version, no ambient capabilities. */
function asToday(config: string): string {
  return config.replace(/"ociVersion": ".*"/, '"ociVersion": "1.3.0"').replace(/,\n\t\t\t"ambient": \[[^\]]*\]/, '');
}

const skip = !existsSync(runc) && 'runc is not installed';
const old =
  skip ||
  (!/version 1\.1\./.test(execFileSync(runc, ['--version'], { encoding: 'utf8' })) && 'the installed runc is not 1.1');

t.test('byte for byte what runc writes', { skip: old }, async (t) => {
  const unifiedCgroup = ofRunc().includes('"cgroup"\n\t\t\t}');
  t.equal(text({ unifiedCgroup }), asToday(ofRunc()));
  const caller = { rootless: true, euid: process.geteuid?.() ?? 0, egid: process.getegid?.() ?? 0 };
  t.equal(text({ ...caller, unifiedCgroup }), asToday(ofRunc('--rootless')));
});
