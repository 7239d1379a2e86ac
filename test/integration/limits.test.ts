// What limits do to the processes of a container: of create, and after update.
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing } from './bundle.ts';
import { cgroupOf, cpuUsage } from './cgroup-files.ts';
import { type Container, makeContainer, must, until } from './container.ts';

const skip = missing();
const timeout = 180_000;

interface Running extends Container {
  readonly pid: number;
}

function running(t: Test, script: string, resources: Draft, change: (config: Draft) => void = () => {}): Running {
  const container = makeContainer(t, (config) => {
    config.process.args = ['/bin/sh', '-c', script];
    config.root.readonly = false;
    Object.assign(config.linux.resources, resources);
    change(config);
  });
  must(container.create());
  must(container.start());
  return { ...container, pid: container.state().pid };
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** CPUs that a container has used, in several spans of a second, and in all of them. */
async function cores({ pid }: Running, spans = 5): Promise<{ readonly found: number[]; readonly mean: number }> {
  const found: number[] = [];
  for (let span = 0; span < spans; span++) {
    const [usage, start] = [cpuUsage(pid), process.hrtime.bigint()];
    await sleep(1000);
    found.push(Number(cpuUsage(pid) - usage) / Number(process.hrtime.bigint() - start));
  }
  return { found, mean: found.reduce((sum, one) => sum + one, 0) / spans };
}

/**
 * The upper bound is what a limit is, and holds always, but a span may hold a period more than its neighbour. That it is reached shows only when nobody else computes: the best span counts,
 * and not even that where the machine has more to do than its CPUs can.
 */
async function checkCores(t: Test, container: Running, limit: number): Promise<void> {
  const { found, mean } = await cores(container);
  const shown = found.map((one) => one.toFixed(2)).join(' ');
  t.ok(mean <= limit + 0.1, `at most ${limit}: ${shown}`);
  const others = (loadavg()[0] ?? 0) - limit;
  if (others < 0.5) t.ok(Math.max(...found) >= limit - 0.1, `${limit} are reached: ${shown}`);
  else t.comment(`whether ${limit} are reached is not checked, load ${loadavg()[0]}: ${shown}`);
}

const busy = 'while :; do :; done & while :; do :; done';
const enough = cpus().length >= 2 ? false : 'two CPUs are needed';

t.test('1.5 CPUs, and 0.5 after update', { skip: skip || enough, timeout }, async (t) => {
  const container = running(t, busy, { cpu: { quota: 150_000, period: 100_000 } });
  await sleep(500);
  await checkCores(t, container, 1.5);
  must(container.call(['update', '--cpu-quota', '50000', container.id]));
  await sleep(500);
  await checkCores(t, container, 0.5);
  must(container.call(['update', '--cpu-quota', '150000', container.id]));
  await sleep(500);
  await checkCores(t, container, 1.5);
});

/** The tasks that a container has. */
function tasks(pid: number): number {
  return Number(readFileSync(join(cgroupOf(pid, 'pids'), 'pids.current'), 'utf8'));
}

/** Sleeping processes, as many as there can be; when there can be no more the shell says so and ends, and is started again. */
const bomb =
  'while :; do /bin/sh -c "while :; do sleep 1000 & done" 2>>/tmp/refused; sleep 0.2; done & exec sleep 1000';

t.test('a fork bomb stops at pids.limit, and at that of update', { skip, timeout }, async (t) => {
  const container = running(t, bomb, { pids: { limit: 40 } });
  const refused = () => {
    try {
      return readFileSync(join(container.bundle, 'rootfs/tmp/refused'), 'utf8').split("can't fork").length - 1;
    } catch {
      return 0;
    }
  };
  await until(() => refused() >= 3);
  t.ok(tasks(container.pid) <= 40 && tasks(container.pid) >= 38, `${tasks(container.pid)} of 40`);
  must(container.call(['update', '--pids-limit', '80', container.id]));
  await until(() => tasks(container.pid) > 75);
  const before = refused();
  await until(() => refused() >= before + 3);
  t.ok(tasks(container.pid) <= 80, `${tasks(container.pid)} of 80`);
  must(container.call(['update', '--pids-limit', '20', container.id]));
  const now = tasks(container.pid);
  await sleep(500);
  t.ok(tasks(container.pid) <= now, 'what is there stays, and no more comes');
});

/** Again and again opens a node of the kernel's log, which no rule allows, and that of zero, which is a default device. */
const open = `/bin/busybox mknod /tmp/kmsg c 1 11
while :; do
  if ( : < /tmp/kmsg ) 2>/dev/null; then echo open > /tmp/forbidden; fi
  if head -c 1 /dev/zero > /dev/null; then echo open > /tmp/allowed; fi
  echo x >> /tmp/rounds
  sleep 0.05
done`;

t.test('a device that is not allowed cannot be opened, nor after update', { skip, timeout }, async (t) => {
  const container = running(t, open, { pids: { limit: 40 } }, (config) => {
    config.process.capabilities.ambient = [];
    for (const set of ['bounding', 'effective', 'permitted'])
      config.process.capabilities[set].push('CAP_MKNOD', 'CAP_SYSLOG');
  });
  const said = (name: string) => {
    try {
      return readFileSync(join(container.bundle, 'rootfs/tmp', name), 'utf8');
    } catch {
      return '';
    }
  };
  const rounds = async () => {
    const before = said('rounds').length;
    await until(() => said('rounds').length > before + 4);
  };
  await rounds();
  t.equal(said('allowed'), 'open\n');
  t.equal(said('forbidden'), '');
  const all = JSON.stringify({ devices: [{ allow: true, access: 'rwm' }], pids: { limit: 50 } });
  must(container.call(['update', '--resources', '-', container.id], {}, { input: all }));
  await rounds();
  t.equal(said('forbidden'), '', 'rules of devices are none of update');
  const none = JSON.stringify({ devices: [{ allow: false, access: 'rwm' }], pids: { limit: 60 } });
  must(container.call(['update', '--resources', '-', container.id], {}, { input: none }));
  unlinkSync(join(container.bundle, 'rootfs/tmp/allowed'));
  await rounds();
  t.equal(said('allowed'), 'open\n');
});

t.test('a memory limit holds, and that of update', { skip, timeout }, async (t) => {
  const hog = (megabytes: number) =>
    `(x=$(head -c ${megabytes}000000 /dev/zero | /bin/busybox tr '\\0' x); echo ${megabytes} >> /tmp/had)`;
  const script = `${hog(4)}; ${hog(200)}; echo first >> /tmp/had; while [ ! -e /tmp/go ]; do sleep 0.05; done; ${hog(30)}; echo second >> /tmp/had; exec sleep 1000`;
  const container = running(t, script, { memory: { limit: 96 << 20, swap: 96 << 20 } });
  const file = join(container.bundle, 'rootfs/tmp/had');
  const had = () => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  await until(() => had().includes('first'));
  t.equal(had(), '4\nfirst\n');
  must(container.call(['update', '--memory', '24m', '--memory-swap', '24m', container.id]));
  writeFileSync(join(container.bundle, 'rootfs/tmp/go'), '');
  await until(() => had().includes('second'));
  t.equal(had(), '4\nfirst\nsecond\n');
});
