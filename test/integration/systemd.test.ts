// The systemd cgroup driver on a host that systemd has booted: the scope, what is in it, and that nothing of it is left.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { driver } from './cgroup-driver.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';
import { emulated } from './emulation.ts';
import type { Outcome } from './report.ts';

/** sd_booted(3) */
const booted = existsSync('/run/systemd/system');
const skip = missing() || (booted ? false : 'systemd does not run here');
const timeout = 240_000;

/** CGROUP2_SUPER_MAGIC */
const unified = booted && statfsSync('/sys/fs/cgroup').type === 0x63677270;

function systemctl(...args: string[]): string {
  return spawnSync('/usr/bin/env', ['-i', '/usr/bin/systemctl', '--no-pager', ...args], { encoding: 'utf8' }).stdout;
}

/** The properties of a unit, as systemctl shows them. */
function show(unit: string): Map<string, string> {
  const lines = systemctl('show', unit).split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/**
 * Has systemd write what its units say to all cgroups, as far as it does that. It answers before it has done so; by its next answer it
 * has.
 */
function reload(): void {
  systemctl('daemon-reload');
  systemctl('show', '--property=Version');
}

/** What systemd and the kernel still have of a unit. */
function remains(unit: string): string[] {
  const units = systemctl('list-units', '--all', '--plain', '--no-legend', unit).split('\n');
  const roots = unified
    ? ['/sys/fs/cgroup']
    : readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name));
  const cgroups = roots.map((root) => join(root, 'system.slice', unit)).filter((path) => existsSync(path));
  return [...units.filter((line) => line !== ''), ...cgroups];
}

const systemd = (container: Container, verb: 'create' | 'run', ...options: string[]): Outcome =>
  container.call(['--systemd-cgroup', verb, '--bundle', container.bundle, ...options, container.id]);

function sleeper(change: (config: Draft) => void = () => {}): (config: Draft) => void {
  return (config) => {
    config.process.args = ['/bin/sleep', '1000'];
    config.process.capabilities.ambient = [];
    change(config);
  };
}

const unitOf = ({ id }: Container) => (driver === 'systemd' ? `noci-test-${id}.scope` : `runc-${id}.scope`);

t.test('create, start, kill, delete: the later ones without --systemd-cgroup', { skip, timeout }, async (t) => {
  const container = makeContainer(t, sleeper(), noci);
  must(systemd(container, 'create'));
  const unit = show(unitOf(container));
  t.equal(unit.get('ActiveState'), 'active');
  t.equal(unit.get('Description'), `libcontainer container ${container.id}`);
  t.equal(unit.get('Slice'), 'system.slice');
  t.equal(unit.get('Delegate'), 'yes');
  const { pid } = container.state();
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  for (const line of lines.filter((text) => unified || !/:(misc|rdma|):/.test(text)))
    t.ok(line.endsWith(`/system.slice/${unitOf(container)}`), line);
  must(container.start());
  must(container.kill());
  await until(() => !isAlive(pid));
  must(container.delete());
  t.strictSame(remains(unitOf(container)), []);
});

t.test(
  'limits are those of the unit and of the cgroup',
  { skip: skip || (unified ? false : 'cgroup v2 is needed'), timeout },
  async (t) => {
    const resources = {
      memory: { limit: 67108864, reservation: 33554432, swap: 134217728 },
      cpu: { shares: 1024, quota: 12345, period: 50000 },
      pids: { limit: 77 },
    };
    const change = sleeper((config) => {
      Object.assign(config.linux.resources, resources);
      config.annotations = { 'org.systemd.property.TimeoutStopSec': '7' };
    });
    const container = makeContainer(t, change, noci);
    must(systemd(container, 'create'));
    const unit = show(unitOf(container));
    const expected = {
      MemoryMax: '67108864',
      MemoryLow: '33554432',
      MemorySwapMax: '67108864',
      CPUWeight: '100',
      CPUQuotaPerSecUSec: '250ms',
      CPUQuotaPeriodUSec: '50ms',
      TasksMax: '77',
      TimeoutStopUSec: '7s',
      DevicePolicy: 'strict',
    };
    for (const [name, value] of Object.entries(expected)) t.equal(unit.get(name), value, name);
    const files = {
      'memory.max': '67108864',
      'memory.low': '33554432',
      'memory.swap.max': '67108864',
      'cpu.weight': '100',
      'cpu.max': '12500 50000',
      'pids.max': '77',
    };
    const cgroup = join('/sys/fs/cgroup/system.slice', unitOf(container));
    const compare = (when: string) => {
      for (const [name, value] of Object.entries(files))
        t.equal(readFileSync(join(cgroup, name), 'utf8').trim(), value, `${name} ${when}`);
    };
    compare('at first');
    reload();
    compare('after daemon-reload');
    must(container.delete('--force'));
    t.strictSame(remains(unitOf(container)), []);
  },
);

t.test(
  'update changes the unit and the cgroup, or neither',
  { skip: skip || (unified ? false : 'cgroup v2 is needed'), timeout },
  async (t) => {
    const change = sleeper((config) => {
      config.linux.resources.memory = { limit: 67108864 };
      config.linux.resources.pids = { limit: 77 };
    });
    const container = makeContainer(t, change, noci);
    must(systemd(container, 'create'));
    const cgroup = join('/sys/fs/cgroup/system.slice', unitOf(container));
    const compare = (when: string) => {
      const unit = show(unitOf(container));
      for (const [property, wanted, file, text] of [
        ['MemoryMax', '134217728', 'memory.max', '134217728'],
        ['CPUQuotaPerSecUSec', '250ms', 'cpu.max', '12500 50000'],
        ['TasksMax', '88', 'pids.max', '88'],
        ['AllowedCPUs', '0', 'cpuset.cpus', '0'],
      ] as const) {
        t.equal(unit.get(property), wanted, `${property} ${when}`);
        t.equal(readFileSync(join(cgroup, file), 'utf8').trim(), text, `${file} ${when}`);
      }
    };
    const update = (...options: string[]) => container.call(['update', ...options, container.id]);
    must(update('--memory', '128m', '--cpu-quota', '12345', '--cpu-period', '50000', '--pids-limit', '88'));
    must(update('--cpuset-cpus', '0'));
    compare('at once');
    reload();
    compare('after daemon-reload');
    t.equal(update('--memory', '96m', '--pids-limit', '99', '--cpuset-cpus', '4000').status, 1);
    compare('after an update that was refused');
    reload();
    compare('after that and daemon-reload');
    // the kernel takes no process at all for a limit, systemd does not
    const none = { memory: { limit: 67108864 }, unified: { 'pids.max': '0' } };
    const refused = container.call(['update', '--resources', '-', container.id], {}, { input: JSON.stringify(none) });
    t.equal(refused.status, 1);
    t.match(refused.stderr, /SetUnitProperties: .*TasksMax.*\(\/unified\/pids\.max\)/);
    compare('after systemd refused');
    const record = join(container.root, container.id, 'state.json');
    const saved = readFileSync(record, 'utf8');
    const readOnly = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
    const words = [noci, '--root', container.root, 'update', '--memory', '96m', '--cpu-quota', '20000'];
    const unsaved = spawnSync(
      '/usr/bin/env',
      [
        '-i',
        '/usr/bin/unshare',
        '--mount',
        '/bin/sh',
        '-c',
        readOnly,
        container.root,
        ...words,
        '--cpuset-cpus',
        '0-1',
        container.id,
      ],
      { encoding: 'utf8' },
    );
    t.equal(unsaved.status, 1);
    t.match(unsaved.stderr, 'read-only file system');
    t.equal(readFileSync(record, 'utf8'), saved);
    compare('after an update that could not be saved');
    reload();
    compare('after that and daemon-reload');
  },
);

/** The files of a cgroup in which something is set: those that can be read and written, but for processes and what is measured. */
function settings(cgroup: string): Map<string, string> {
  const names = readdirSync(cgroup).filter((name) => (statSync(join(cgroup, name)).mode & 0o600) === 0o600);
  const set = names.filter((name) => !/^cgroup\.(procs|threads)$|\.(peak|pressure)$/.test(name));
  return new Map(set.map((name) => [name, readFileSync(join(cgroup, name), 'utf8').trim()]));
}

type Files = Readonly<Record<string, string>>;

/** What a container has in its files stays there: what `create` writes, and then what `update` does. Some of each are named. */
function keepsSettings(t: Test, resources: Draft, created: Files, change: Draft = {}, updated?: Files): void {
  const container = makeContainer(
    t,
    sleeper((config) => Object.assign(config.linux.resources, resources)),
    noci,
  );
  must(systemd(container, 'create'));
  const cgroup = join('/sys/fs/cgroup/system.slice', unitOf(container));
  const compare = (files: Files) => {
    const before = settings(cgroup);
    for (const [name, value] of Object.entries(files)) t.equal(before.get(name), value, name);
    reload();
    t.strictSame(settings(cgroup), before, 'after daemon-reload');
  };
  compare(created);
  if (updated !== undefined) {
    must(container.call(['update', '--resources', '-', container.id], {}, { input: JSON.stringify(change) }));
    compare(updated);
  }
  must(container.delete('--force'));
}

const mega = 1024 * 1024;
const numbers = existsSync('/sys/block/vda/dev') ? readFileSync('/sys/block/vda/dev', 'utf8').trim() : undefined;
const [major, minor] = (numbers ?? '').split(':').map(Number);

/** BFQ, which may be a module, has a file of its own for weights once it is there. */
const hasBfq = () => spawnSync('/sbin/modprobe', ['bfq'], { env: {} }).status === 0;

t.test(
  'daemon-reload leaves all as it was set',
  { skip: skip || (unified ? false : 'cgroup v2 is needed'), timeout: 600_000 },
  async (t) => {
    await t.test('of all kinds', async (t) =>
      keepsSettings(
        t,
        {
          memory: { limit: 64 * mega, reservation: 32 * mega, swap: 96 * mega },
          cpu: { shares: 512, quota: 12345, period: 50000, cpus: '0', mems: '0' },
          pids: { limit: 77 },
          blockIO: { weight: 500, ...(numbers && { throttleReadBpsDevice: [{ major, minor, rate: mega }] }) },
          unified: { 'memory.high': String(60 * mega), 'memory.min': String(mega) },
        },
        {
          'cpu.max': '12500 50000',
          'cpu.weight': '59',
          'memory.swap.max': String(32 * mega),
          'io.weight': 'default 4950',
        },
        { blockIO: { weight: 200 }, unified: { 'cpu.weight.nice': '5' } },
        { 'cpu.max': '12500 50000', 'cpu.weight': '33', 'cpu.weight.nice': '5', 'io.weight': 'default 1920' },
      ),
    );
    await t.test('an idle one', async (t) =>
      keepsSettings(
        t,
        { cpu: { idle: 1 }, unified: { 'io.weight': 'default 300' } },
        { 'cpu.idle': '1', 'io.weight': 'default 300' },
      ),
    );
    await t.test('weights of BFQ', async (t) => {
      if (!hasBfq()) return t.comment('there is no BFQ');
      const [weight, other] = ['default 200', 'default 50'];
      const change = { unified: { 'io.bfq.weight': '50' } };
      keepsSettings(t, { blockIO: { weight: 200 } }, { 'io.bfq.weight': weight }, change, { 'io.bfq.weight': other });
    });
  },
);

t.test('run again and again with the same unit', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => Object.assign(config.process, { args: ['/bin/true'] }), noci);
  for (let round = 0; round < (emulated ? 5 : 20); round++) must(systemd(container, 'run'));
  t.strictSame(remains(unitOf(container)), []);
});

t.test('a unit that is somebody else’s is refused and stays', { skip, timeout }, async (t) => {
  const container = makeContainer(t, sleeper(), noci);
  const unit = unitOf(container);
  const slice = 'noci-test.slice';
  t.teardown(() => systemctl('stop', unit, slice));
  const other = spawnSync('/usr/bin/env', [
    '-i',
    '/usr/bin/systemd-run',
    '--scope',
    '--quiet',
    `--unit=${unit}`,
    `--slice=${slice}`,
    '/bin/sh',
    '-c',
    'sleep 1000 >/dev/null 2>&1 & exit 0',
  ]);
  t.equal(other.status, 0);
  const { status, stderr } = systemd(container, 'create');
  t.equal(status, 1);
  t.match(stderr, `systemd unit \\"${unit}\\" exists already`);
  t.match(stderr, '/linux/cgroupsPath');
  t.equal(show(unit).get('ActiveState'), 'active');
  t.equal(show(unit).get('Slice'), slice);
});

t.test(
  'a failed unit of that name is cleared away',
  { skip: skip || (unified ? false : 'cgroup v2 is needed'), timeout },
  async (t) => {
    const change = sleeper((config) => {
      config.annotations = { 'org.systemd.property.RuntimeMaxUSec': 'uint64 300000' };
    });
    const container = makeContainer(t, change, noci);
    must(systemd(container, 'create'));
    await until(() => show(unitOf(container)).get('ActiveState') === 'failed');
    must(container.delete('--force'));
    t.strictSame(remains(unitOf(container)), [], 'delete forgets a failed unit too');
  },
);

t.test('what is not allowed is refused before anything is made', { skip: missing(), timeout }, async (t) => {
  const cases: readonly (readonly [(config: Draft) => void, string])[] = [
    [(config) => Object.assign(config.linux, { cgroupsPath: '/a/b' }), '/linux/cgroupsPath'],
    [(config) => Object.assign(config.linux, { cgroupsPath: 'a--b.slice:p:n' }), '/linux/cgroupsPath'],
    [(config) => Object.assign(config.linux, { cgroupsPath: 'a.slice:p:../n' }), '/linux/cgroupsPath'],
    [
      (config) => Object.assign(config, { annotations: { 'org.systemd.property.ExecStop': "'x'" } }),
      '/annotations/org.systemd.property.ExecStop',
    ],
    [
      (config) => Object.assign(config, { annotations: { 'org.systemd.property.KillSignal': "'x'" } }),
      '/annotations/org.systemd.property.KillSignal',
    ],
  ];
  for (const [change, pointer] of cases) {
    const container = makeContainer(t, sleeper(change), noci);
    const { status, stderr } = systemd(container, 'create');
    t.equal(status, 1);
    t.match(stderr, pointer);
    t.strictSame(readdirSync(container.root), []);
  }
});

t.test(
  'without systemd there is a cure',
  { skip: missing() || (booted ? 'systemd runs here' : false), timeout },
  async (t) => {
    const container = makeContainer(t, sleeper(), noci);
    const { status, stderr } = systemd(container, 'create');
    t.equal(status, 1);
    t.match(stderr, 'systemd cgroup driver: systemd cannot be reached');
    t.match(stderr, 'cgroupfs driver');
    t.strictSame(readdirSync(container.root), []);
    const user = container.call([
      '--systemd-cgroup',
      '--rootless',
      'true',
      'create',
      '--bundle',
      container.bundle,
      container.id,
    ]);
    t.equal(user.status, 1);
  },
);
