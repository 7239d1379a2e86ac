// update: limits of a container that runs. What is not understood or refused changes nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { driver } from './cgroup-driver.ts';
import { cgroupOf, cpuMax, limit, unified } from './cgroup-files.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';
import type { Outcome } from './report.ts';

const skip = missing();
const timeout = 60_000;

const MB = 1 << 20;

function limited(config: Draft): void {
  config.process.args = ['/bin/sh', '-c', 'exec sleep 1000'];
  Object.assign(config.linux.resources, {
    memory: { limit: 64 * MB, swap: 128 * MB, reservation: 32 * MB },
    cpu: { shares: 512, quota: 50_000, period: 100_000 },
    pids: { limit: 50 },
  });
}

function running(t: Test, change: (config: Draft) => void = limited): Container & { readonly pid: number } {
  const container = makeContainer(t, change);
  must(container.create());
  must(container.start());
  return { ...container, pid: container.state().pid };
}

/** All that update changes, as the kernel has it. */
function limits(pid: number): Record<string, string | undefined> {
  const files = ['memory', 'swap', 'reservation', 'pids', 'shares'] as const;
  return { ...Object.fromEntries(files.map((name) => [name, limit(pid, name)])), cpu: cpuMax(pid) };
}

function update(container: Container, ...options: string[]): Outcome {
  return container.call(['update', ...options, container.id]);
}

function updateWith(container: Container, resources: unknown): Outcome {
  const input = typeof resources === 'string' ? resources : JSON.stringify(resources);
  return container.call(['update', '--resources', '-', container.id], {}, { input });
}

/** v1 has memory and swap together, v2 swap alone. */
const both = (memory: number, together: number) => String(unified ? together - memory : together);

t.test('options', { skip, timeout }, async (t) => {
  const container = running(t);
  const { pid } = container;
  const outcome = update(
    container,
    '--memory',
    '32m',
    '--memory-swap',
    '0.046875GiB',
    '--pids-limit',
    '30',
    '--cpu-share',
    '1024',
  );
  t.strictSame(outcome, { status: 0, signal: null, stdout: '', stderr: '' });
  t.equal(limit(pid, 'memory'), String(32 * MB));
  if (limit(pid, 'swap') !== undefined) t.equal(limit(pid, 'swap'), both(32 * MB, 48 * MB));
  t.equal(limit(pid, 'pids'), '30');
  t.equal(limit(pid, 'shares'), unified ? '100' : '1024');
  t.equal(limit(pid, 'reservation'), String(32 * MB), 'what is not named is left alone');
  must(update(container, '--cpu-period', '50000'));
  t.equal(cpuMax(pid), '50000 50000', 'the quota that was saved stays');
  must(update(container, '--cpu-quota', '20000'));
  t.equal(cpuMax(pid), '20000 50000', 'and the period of the update before');
  must(update(container, '--memory', '512M', '--memory-swap', '1G'));
  t.equal(limit(pid, 'memory'), String(512 * MB), 'growing');
  must(update(container, '--memory', '-1', '--pids-limit', '-1', '--cpu-quota', '-1'));
  t.equal(limit(pid, 'memory'), unified ? 'max' : '9223372036854771712');
  t.equal(limit(pid, 'pids'), 'max');
  // systemd writes its default where there is no quota
  t.equal(cpuMax(pid), driver === 'systemd' ? '-1 100000' : '-1 50000');
  must(update(container));
});

t.test('documents as engines send them', { skip, timeout }, async (t) => {
  const container = running(t);
  const { pid } = container;
  const before = limits(pid);
  const zeros = {
    memory: { limit: 0, reservation: 0, swap: 0, kernel: 0 },
    cpu: { shares: 0, quota: 0, period: 0 },
    blockIO: { weight: 0 },
    pids: { limit: 0 },
  };
  must(updateWith(container, { ...zeros, devices: [{ allow: false, access: 'rwm' }] }));
  t.strictSame(limits(pid), before, 'zeros mean "leave alone"');
  must(updateWith(container, { memory: { limit: 134217728, reservation: 0, swap: 268435456, kernel: 0 } }));
  t.equal(limit(pid, 'memory'), '134217728');
  if (limit(pid, 'swap') !== undefined) t.equal(limit(pid, 'swap'), both(134217728, 268435456));
  const file = join(container.bundle, 'resources.json');
  writeFileSync(file, JSON.stringify({ memory: { limit: 32 * MB, swap: 64 * MB } }));
  must(container.call(['update', `--resources=${file}`, '--memory', 'nonsense', container.id]));
  t.equal(limit(pid, 'memory'), String(32 * MB), 'from a file, other options are ignored');
  must(updateWith(container, '{"memory":{"limit":9223372036854771712,"swap":-1}}'));
  t.equal(limit(pid, 'memory'), unified ? 'max' : '9223372036854771712');
  const saved = readFileSync(join(container.root, container.id, 'state.json'), 'utf8');
  t.match(saved, '"limit":9223372036854771712', 'exact in the record');
  t.notMatch(saved, 'access', 'no device is in the record');
});

t.test('what is refused changes nothing', { skip, timeout }, async (t) => {
  const container = running(t);
  const { pid } = container;
  const before = limits(pid);
  const state = () => readFileSync(join(container.root, container.id, 'state.json'), 'utf8');
  const record = state();
  const refused = (outcome: Outcome, text: string | RegExp) => {
    t.equal(outcome.status, 1, String(text));
    t.match(outcome.stderr, text);
    t.strictSame(limits(pid), before, String(text));
    t.equal(state(), record, String(text));
  };
  refused(update(container, '--memory', '1z'), "invalid value for memory: invalid suffix: 'z'");
  refused(update(container, '--memory', 'm'), "invalid value for memory: invalid size: 'm'");
  refused(update(container, '--cpu-period', 'x'), 'invalid value for cpu-period: strconv.ParseUint');
  refused(update(container, '--cpu-quota', '9223372036854775808'), 'value out of range');
  refused(
    update(container, '--memory', '256m', '--memory-swap', '128m'),
    'memory+swap limit should be >= memory limit (--memory-swap)',
  );
  refused(
    update(container, '--l3-cache-schema', 'L3:0=f'),
    'updating a non-existent Intel RDT configuration is not supported',
  );
  refused(updateWith(container, '{"memory":'), 'invalid json at line 1');
  refused(updateWith(container, '{"memory":{},"memory":{}}'), 'invalid json');
  refused(updateWith(container, { memory: { limit: 'x' } }), /must be an integer.*\(\/memory\/limit\)/);
  refused(
    updateWith(container, { pids: { limit: 1 }, cpu: { quota: 'x', shares: -1 } }),
    /\/cpu\/quota.*; .*\/cpu\/shares|\/cpu\/shares.*; .*\/cpu\/quota/,
  );
  // others are changed before the kernel refuses a CPU that there is not
  refused(
    update(
      container,
      '--memory',
      '512m',
      '--memory-swap',
      '1g',
      '--pids-limit',
      '70',
      '--cpu-quota',
      '60000',
      '--cpuset-cpus',
      '999',
    ),
    /cpuset\.cpus.*\(--cpuset-cpus\)/,
  );
  refused(
    updateWith(container, {
      memory: { limit: 40 * MB, swap: 50 * MB },
      cpu: { shares: 900, period: 90_000, cpus: '999' },
    }),
    /cpuset\.cpus.*\(\/cpu\/cpus\)/,
  );
});

t.test('a limit below what is in use', { skip, timeout }, async (t) => {
  const container = running(t, (config) => {
    limited(config);
    config.linux.resources.memory = { limit: 64 * MB, swap: 64 * MB };
    config.process.args = [
      '/bin/sh',
      '-c',
      'x=$(head -c 20000000 /dev/zero | /bin/busybox tr "\\\\0" x); : > /tmp/ready; while :; do sleep 1; done',
    ];
    config.root.readonly = false;
  });
  await until(() => {
    try {
      return readFileSync(join(container.bundle, 'rootfs/tmp/ready'), 'utf8') === '';
    } catch {
      return false;
    }
  });
  const before = limits(container.pid);
  const outcome = updateWith(container, { memory: { limit: MB, swap: MB, checkBeforeUpdate: true } });
  t.equal(outcome.status, 1);
  if (unified) t.match(outcome.stderr, /rejecting memory(\+swap)? limit 1048576 <= usage \d+/);
  else t.match(outcome.stderr, /unable to set memory limit to 1048576 \(current usage: \d+, peak usage: \d+\)/);
  t.strictSame(limits(container.pid), before);
  t.ok(isAlive(container.pid));
});

t.test('statuses', { skip, timeout }, async (t) => {
  const container = makeContainer(t, limited);
  t.match(update(container, '--memory', '32m').stderr, 'container does not exist');
  must(container.create());
  must(update(container, '--pids-limit', '40'));
  const { pid } = container.state();
  t.equal(limit(pid, 'pids'), '40', 'created');
  must(container.start());
  must(container.call(['pause', container.id]));
  must(update(container, '--pids-limit', '41'));
  t.equal(limit(pid, 'pids'), '41', 'paused');
  t.equal(container.state().status, 'paused');
  must(container.kill());
  await until(() => !isAlive(pid));
  t.match(update(container, '--pids-limit', '42').stderr, 'container not running');
});

t.test('the record of a container without limits says nothing of them', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sh', '-c', 'exec sleep 1000'];
    config.linux.resources = { devices: [{ allow: false, access: 'rwm' }], cpu: { shares: 0 }, memory: { limit: 0 } };
  });
  must(container.create());
  t.notMatch(readFileSync(join(container.root, container.id, 'state.json'), 'utf8'), '"limits"');
  t.ok(cgroupOf(container.state().pid, 'memory'));
});
