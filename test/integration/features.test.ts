// Everything that `features` lists is applied: a container for each, or a look at the test that has it. features-linux.md
import { chmodSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { type Container, makeContainer, must } from './container.ts';

const options = { skip: missing(), timeout: 600_000 };

function features(t: Test): Draft {
  return JSON.parse(must(makeContainer(t).call(['features'])).stdout);
}

/** The line of mountinfo for `place` inside. */
function mounted(made: Container, place: string): string {
  return (
    must(made.run())
      .stdout.split('\n')
      .find((line) => line.split(' ')[4] === place) ?? ''
  );
}

/** Options that show in a bind of a folder, and what of them shows; those that undo another come after it. */
const onBind: Readonly<Record<string, readonly [options: readonly string[], shown: RegExp]>> = {
  ro: [['ro'], / \/ftr ro[, ]/],
  rw: [['ro', 'rw'], / \/ftr rw[, ]/],
  nosuid: [['nosuid'], /nosuid/],
  suid: [['nosuid', 'suid'], /^(?!.*nosuid)/],
  nodev: [['nodev'], /nodev/],
  dev: [['nodev', 'dev'], /^(?!.*nodev)/],
  noexec: [['noexec'], /noexec/],
  exec: [['noexec', 'exec'], /^(?!.*noexec)/],
  nosymfollow: [['nosymfollow'], /nosymfollow/],
  symfollow: [['nosymfollow', 'symfollow'], /^(?!.*nosymfollow)/],
  nodiratime: [['nodiratime'], /nodiratime/],
  diratime: [['nodiratime', 'diratime'], /^(?!.*nodiratime)/],
  noatime: [['noatime'], /noatime/],
  atime: [['noatime', 'atime'], /^(?!.*noatime)/],
  strictatime: [['strictatime'], /^(?!.*(noatime|relatime))/],
  nostrictatime: [['strictatime', 'nostrictatime'], /relatime/],
  relatime: [['noatime', 'relatime'], /relatime/],
  norelatime: [['relatime', 'norelatime'], /relatime/],
  shared: [['shared'], / shared:/],
  rshared: [['rshared'], / shared:/],
  slave: [['slave'], /^(?!.* shared:)/],
  rslave: [['rslave'], /^(?!.* shared:)/],
  private: [['private'], /^(?!.* (shared|master):)/],
  rprivate: [['rprivate'], /^(?!.* (shared|master):)/],
  unbindable: [['unbindable'], / unbindable/],
  runbindable: [['runbindable'], / unbindable/],
  bind: [['bind'], / \/ftr /],
  rbind: [['rbind'], / \/ftr /],
  defaults: [['defaults'], / \/ftr /],
  silent: [['silent'], / \/ftr /],
  loud: [['loud'], / \/ftr /],
  iversion: [['iversion'], / \/ftr /],
  noiversion: [['noiversion'], / \/ftr /],
  idmap: [['idmap'], /idmapped/],
  ridmap: [['ridmap'], /idmapped/],
};

/** Options of a filesystem, on a new tmpfs. */
const onTmpfs: Readonly<Record<string, readonly [options: readonly string[], shown: RegExp]>> = {
  sync: [['sync'], / - tmpfs tmpfs rw,(.*,)?sync/],
  async: [['sync', 'async'], / - tmpfs tmpfs rw(?!.*\bsync)/],
  dirsync: [['dirsync'], / - tmpfs .*dirsync/],
  mand: [['mand'], / - tmpfs /],
  nomand: [['nomand'], / - tmpfs /],
  lazytime: [['lazytime'], / - tmpfs .*lazytime/],
  nolazytime: [['lazytime', 'nolazytime'], / - tmpfs (?!.*lazytime)/],
  tmpcopyup: [['tmpcopyup'], / - tmpfs /],
};

/** r-options are the others for the whole tree. */
function shownBy(name: string): readonly [options: readonly string[], shown: RegExp] | undefined {
  const plain = onBind[name];
  if (plain !== undefined) return plain;
  const single = name.startsWith('r') ? onBind[name.slice(1)] : undefined;
  return single && [single[0].map((option) => `r${option}`), single[1]];
}

const mapping = [{ containerID: 0, hostID: 5000, size: 10 }];

t.test('each mount option that is listed', options, async (t) => {
  for (const name of features(t).mountOptions as string[]) {
    if (name === 'remount') continue;
    const tmpfs = onTmpfs[name];
    const [words, shown] = tmpfs ?? shownBy(name) ?? [[], undefined];
    if (shown === undefined) {
      t.fail(`nobody knows how ${name} shows`);
      continue;
    }
    const made = makeContainer(t, (config, folder) => {
      mkdirSync(join(folder, 'data'));
      config.process.args = ['cat', '/proc/self/mountinfo'];
      config.root.readonly = false;
      const mapped = name.endsWith('idmap') ? { uidMappings: mapping, gidMappings: mapping } : {};
      const own = { type: 'tmpfs', source: 'tmpfs', options: words };
      const bound = { type: 'bind', source: join(folder, 'data'), options: ['bind', ...words], ...mapped };
      config.mounts.push({ destination: '/ftr', ...(tmpfs === undefined ? bound : own) });
    });
    const line = mounted(made, '/ftr');
    t.ok(line !== '' && shown.test(line), `${name}: ${line}`);
  }
});

t.test('remount', options, async (t) => {
  const made = makeContainer(t, (config) => {
    config.process.args = ['cat', '/proc/self/mountinfo'];
    config.root.readonly = false;
    const place = { destination: '/ftr', type: 'tmpfs', source: 'tmpfs' };
    config.mounts.push({ ...place, options: [] }, { ...place, options: ['remount', 'noexec'] });
  });
  t.match(mounted(made, '/ftr'), / \/ftr \S*noexec/);
});

t.test('each namespace that is listed', options, async (t) => {
  const files: Readonly<Record<string, string>> = { network: 'net', mount: 'mnt' };
  for (const type of features(t).linux.namespaces as string[]) {
    const file = files[type] ?? type;
    const made = makeContainer(t, (config, folder) => {
      config.process.args = ['readlink', `/proc/self/ns/${file}`];
      if (!config.linux.namespaces.some((one: Draft) => one.type === type)) config.linux.namespaces.push({ type });
      if (type !== 'user') return;
      chmodSync(folder, 0o755);
      config.linux.uidMappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
      config.linux.gidMappings = config.linux.uidMappings;
    });
    const seen = must(made.run()).stdout.trim();
    t.match(seen, new RegExp(`^${file}:\\[\\d+\\]$`));
    t.not(seen, readlinkSync(`/proc/self/ns/${file}`), type);
  }
});

t.test('each capability that is listed, and one that nobody knows', options, async (t) => {
  const { capabilities } = features(t).linux;
  const made = makeContainer(t, (config, folder) => {
    const all = [...capabilities, 'CAP_OF_TOMORROW'];
    config.process.capabilities = { bounding: all, effective: all, permitted: all };
    config.process.args = ['grep', 'CapEff', '/proc/self/status'];
    writeFileSync(join(folder, 'unused'), '');
  });
  const { stdout, stderr } = must(made.run());
  const held = must(
    makeContainer(t, (config) => {
      delete config.process.capabilities;
      config.process.args = ['grep', 'CapBnd', '/proc/self/status'];
    }).run(),
  ).stdout;
  t.equal(stdout.split('\t')[1], held.split('\t')[1], 'all that the runtime can give');
  t.match(stderr, /ignoring unknown or unavailable capabilities: \[.*CAP_OF_TOMORROW.*\]/);
});

t.test('what else is listed has a test of its own', options, async (t) => {
  const { linux } = features(t);
  t.match(linux, {
    // the other integration tests run with each, in guests
    cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
    apparmor: { enabled: true }, // labels.test.ts
    selinux: { enabled: true }, // labels.test.ts
    intelRdt: { enabled: true, schemata: true, monitoring: true }, // resctrl.test.ts
    mountExtensions: { idmap: { enabled: true } }, // idmap.test.ts
    netDevices: { enabled: true }, // net-devices.test.ts
  });
});
