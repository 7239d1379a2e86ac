// noci as root of a user namespace that an ordinary user has made, as rootless engines call it.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, makeRootfs, missing, noci } from './bundle.ts';
import { bare } from './report.ts';

const nobody = '65534';

interface Place {
  readonly folder: string;
  /** noci as that user, in a user namespace of their own or as they are */
  call(
    inside: boolean,
    ...args: string[]
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string };
}

/** A folder of the user's with a bundle in it, whose config is what `spec --rootless` writes for them, and `change`. */
function place(t: Test, change: (config: Draft) => void): Place {
  const folder = mkdtempSync(join(tmpdir(), 'noci-rootless-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  makeRootfs(join(folder, 'rootfs'));
  mkdirSync(join(folder, 'run'));
  // the program's own folder need not be open to that user
  cpSync(noci, join(folder, 'program'));
  spawnSync('chown', ['-R', `${nobody}:${nobody}`, folder]);
  const call: Place['call'] = (inside, ...args) => {
    const user = ['setpriv', '--reuid', nobody, '--regid', nobody, '--clear-groups'];
    const namespace = inside ? ['unshare', '--map-root-user', '--mount'] : [];
    const command = [...bare({ XDG_RUNTIME_DIR: join(folder, 'run'), PATH: '/usr/bin:/bin' }), ...user, ...namespace];
    return spawnSync('/usr/bin/env', [...command, join(folder, 'program'), ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };
  const spec = call(false, 'spec', '--rootless');
  if (spec.status !== 0) throw new Error(spec.stderr);
  const file = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  config.process.terminal = false;
  change(config);
  writeFileSync(file, JSON.stringify(config));
  return { folder, call };
}

function withoutUserNamespace({ linux }: Draft): void {
  linux.namespaces = linux.namespaces.filter(({ type }: Draft) => type !== 'user');
  delete linux.uidMappings;
  delete linux.gidMappings;
}

const id = `noci-rootless-${process.pid}`;
const options = { skip: missing(), timeout: 120_000 };
const script = 'id -u; echo x > /dev/null && stat -c %t:%T /dev/null; cat /proc/self/setgroups; echo $$';

t.test('as root of a user namespace, with and without another one for the container', options, async (t) => {
  for (const own of [false, true]) {
    const { folder, call } = place(t, (config) => {
      config.process.args = ['sh', '-c', script];
      if (!own) return withoutUserNamespace(config);
      for (const mappings of [config.linux.uidMappings, config.linux.gidMappings]) mappings[0].hostID = 0;
    });
    const { status, stdout, stderr } = call(true, 'run', id);
    t.equal(stderr.replace(/^.*level=warning.*\n/gm, ''), '');
    t.strictSame({ status, stdout }, { status: 0, stdout: '0\n1:3\ndeny\n1\n' });
    const root = statSync(join(folder, 'run/noci'));
    t.equal(root.mode & 0o7777, 0o1700, 'the state is kept from pruning');
    t.equal(String(root.uid), nobody);
  }
});

t.test('groups that cannot be set are refused', options, async (t) => {
  const { call } = place(t, (config) => {
    withoutUserNamespace(config);
    config.process.user.additionalGids = [0];
  });
  t.match(call(true, 'run', id), { status: 1, stderr: /cannot set any additional groups in a rootless container/ });
});
