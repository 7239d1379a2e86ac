import t from 'tap';
import type { Invocation } from '../../../src/cli/command.ts';
import { command, features } from '../../../src/commands/features.ts';
import { checkFeatures } from '../../../src/oci/schema.ts';
import { ociVersion } from '../../../src/oci/version.ts';
import { fakeHost } from '../../fakes/native.ts';

function printed(): string {
  const host = fakeHost();
  t.equal(command(host.native, {} as Invocation<'features'>), 0);
  t.strictSame(host.calls, [], 'nothing is opened');
  return host.written(1);
}

t.test('is a valid features document', async (t) => {
  t.strictSame(checkFeatures(JSON.parse(printed())), []);
});

t.test('is indented by four spaces and ends with a newline', async (t) => {
  const text = printed();
  t.equal(text, `${JSON.stringify(JSON.parse(text), undefined, 4)}\n`);
});

t.test('has the keys in the order of runc', async (t) => {
  const document = JSON.parse(printed());
  t.strictSame(Object.keys(document), [
    'ociVersionMin',
    'ociVersionMax',
    'hooks',
    'mountOptions',
    'linux',
    'annotations',
    'potentiallyUnsafeConfigAnnotations',
  ]);
  t.strictSame(Object.keys(document.linux), [
    'namespaces',
    'capabilities',
    'cgroup',
    'seccomp',
    'apparmor',
    'selinux',
    'intelRdt',
    'memoryPolicy',
    'mountExtensions',
    'netDevices',
  ]);
});

t.test('says what this version does', async (t) => {
  const { linux, ...document } = features('6.1.0');
  t.equal(document.ociVersionMin, '1.0.0');
  t.equal(document.ociVersionMax, ociVersion);
  t.strictSame(document.hooks, [
    'prestart',
    'createRuntime',
    'createContainer',
    'startContainer',
    'poststart',
    'poststop',
  ]);
  t.strictSame(linux?.namespaces, ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts']);
  t.equal(linux?.capabilities?.length, 41);
  t.equal(linux?.capabilities?.[0], 'CAP_CHOWN');
  t.strictSame(linux?.cgroup, { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true });
  const { enabled, actions, operators, archs, knownFlags, supportedFlags } = linux?.seccomp ?? {};
  t.equal(enabled, true);
  t.strictSame([actions?.length, operators?.length, archs?.length], [9, 7, 23], 'all of the specification');
  t.strictSame(knownFlags, [
    'SECCOMP_FILTER_FLAG_TSYNC',
    'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
    'SECCOMP_FILTER_FLAG_LOG',
    'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',
  ]);
  t.strictSame(supportedFlags, knownFlags);
  t.strictSame(features('5.18.3').linux?.seccomp?.supportedFlags, knownFlags?.slice(0, 3), 'an older kernel');
  t.strictSame(linux?.intelRdt, { enabled: true, schemata: true, monitoring: true });
  t.strictSame(linux?.apparmor, { enabled: true });
  t.strictSame(linux?.selinux, { enabled: true });
  t.strictSame(linux?.mountExtensions, { idmap: { enabled: true } });
  t.strictSame(linux?.netDevices, { enabled: true });
  t.strictSame(linux?.memoryPolicy?.flags, ['MPOL_F_NUMA_BALANCING', 'MPOL_F_RELATIVE_NODES', 'MPOL_F_STATIC_NODES']);
});

t.test('lists the mount options sorted, recursive read-only and id-mapped ones among them', async (t) => {
  const options = features('6.1.0').mountOptions ?? [];
  t.strictSame(options, [...options].sort());
  for (const name of ['rro', 'rbind', 'tmpcopyup', 'defaults', 'nosymfollow', 'idmap', 'ridmap'])
    t.ok(options.includes(name), name);
});
