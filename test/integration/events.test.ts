// events: statistics and what happens to a container, against the files of the kernel and against runc.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing, noci, runc } from './bundle.ts';
import { cpuUsage, limit, unified } from './cgroup-files.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';
import { emulated } from './emulation.ts';
import { bare } from './report.ts';

const skip = missing();
const timeout = 60_000;

const MB = 1 << 20;

function limited(config: Draft): void {
  config.process.args = ['/bin/sh', '-c', 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exec sleep 1000'];
  Object.assign(config.linux.resources, {
    memory: { limit: 64 * MB },
    cpu: { quota: 50_000, period: 100_000 },
    pids: { limit: 50 },
  });
}

function start(container: Container): number {
  must(container.create());
  must(container.start());
  return container.state().pid;
}

function stats(container: Container): Draft {
  const { stdout, stderr } = must(container.call(['events', '--stats', container.id]));
  if (stderr !== '' || !stdout.endsWith('}\n')) throw new Error(`${stdout} ${stderr}`);
  const event = JSON.parse(stdout);
  if (event.type !== 'stats' || event.id !== container.id) throw new Error(stdout);
  return event.data;
}

/** "memory/usage/limit", … of everything but maps and lists. */
function keys(value: Draft, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return [path, ...Object.keys(value).flatMap((key) => keys(value[key], `${path}/${key}`))];
}

const settled = (pid: number) => until(() => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');

t.test('--stats', { skip, timeout }, async (t) => {
  const container = makeContainer(t, limited);
  const pid = start(container);
  await settled(pid);
  const data = stats(container);
  t.strictSame(
    ['cpu', 'cpuset', 'memory', 'pids', 'blkio', 'hugetlb', 'intel_rdt', 'network_interfaces'],
    Object.keys(data),
    'in the order of runc',
  );
  t.equal(data.network_interfaces, null);
  t.equal(data.pids.current, 1);
  t.equal(data.pids.limit, 50);
  t.equal(data.memory.usage.limit, 64 * MB);
  t.ok(data.memory.usage.usage > 0 && data.memory.usage.usage <= 64 * MB);
  t.ok(data.cpu.usage.total > 1_000_000);
  const since = cpuUsage(pid) - BigInt(data.cpu.usage.total);
  t.ok(since >= 0n && since < 1_000_000_000n, `nanoseconds: ${since} more a moment later`);
  t.equal(data.cpu.usage.kernel >= 0 && data.cpu.usage.user >= 0, true);
  // how often it was throttled is chance
  t.type(data.cpu.throttling, 'object');
  must(container.call(['update', '--pids-limit', '-1', '--memory', '-1', container.id]));
  const { stdout } = must(container.call(['events', '--stats', container.id]));
  t.match(stdout, `"usage":{"limit":${unified ? '18446744073709551615' : limit(pid, 'memory')},`, 'exact');
  t.notOk('limit' in JSON.parse(stdout).data.pids);
});

t.test('as runc tells it', { skip, timeout }, async (t) => {
  const ours = makeContainer(t, limited);
  const theirs = makeContainer(t, limited, runc);
  await settled(start(ours));
  await settled(start(theirs));
  const [mine, other] = [stats(ours), stats(theirs)];
  // what Debian's runc 1.1 does not know: pressure. What it does not tell for v2: the lists of a cpuset, and huge pages where the
  // kernel counts reservations. For v1: controllers that are in the v2 hierarchy of a hybrid host.
  const unknown = unified ? /\/psi|^\/hugetlb\/|^\/cpuset\/(cpus|mems)$/ : /\/psi|^\/hugetlb\//;
  const known = (path: string) => !unknown.test(path);
  // zero or not: what a counter happened to be
  const chance = /throttl|failcnt|\/max$|blkio|\/memory\/cache|usage$|\/raw\//;
  const compared = (data: Draft) => keys(data).filter((path) => known(path) && !chance.test(path));
  t.strictSame(compared(mine), compared(other));
  if (!unified) t.strictSame(mine.cpuset, other.cpuset);
  t.equal(mine.memory.usage.limit, other.memory.usage.limit);
  t.equal(mine.memory.swap.limit, other.memory.swap.limit);
  t.strictSame(Object.keys(mine.memory.raw), Object.keys(other.memory.raw));
  t.strictSame(mine.pids, other.pids);
  const ratio = mine.cpu.usage.total / other.cpu.usage.total;
  t.ok(ratio > 0.05 && ratio < 20, `CPU time: ${mine.cpu.usage.total} and ${other.cpu.usage.total}`);
});

/** `events` in the background; the lines it has printed so far. */
function stream({ root, id }: Container, ...options: string[]): { child: ChildProcess; lines: () => Draft[] } {
  const child = spawn('/usr/bin/env', [...bare({}), noci, '--root', root, 'events', ...options, id]);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (more) => {
    text += more;
  });
  return {
    child,
    lines: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  };
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.on('close', resolve));

/** Clock ticks that a process has computed. proc_pid_stat(5) */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

t.test('the stream ends with the container', { skip, timeout }, async (t) => {
  for (const shared of [false, true]) {
    const container = makeContainer(t, (config) => {
      limited(config);
      if (shared) config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'pid');
    });
    const pid = start(container);
    const { child, lines } = stream(container, '--interval', '100ms');
    await until(() => lines().length >= 5);
    t.ok(lines().every(({ type, id }) => type === 'stats' && id === container.id));
    t.ok(ticks(child.pid ?? 0) < (emulated ? 500 : 50), 'it does not wait busily');
    const end = ended(child);
    must(container.kill());
    t.equal(await end, 0);
    await until(() => !isAlive(pid));
  }
});

t.test('the stream ends when the container is deleted, or nobody reads', { skip, timeout }, async (t) => {
  const container = makeContainer(t, limited);
  start(container);
  const first = stream(container, '--interval', '1h');
  const deaf = stream(container, '--interval', '1h');
  const end = ended(deaf.child);
  await new Promise((resolve) => setTimeout(resolve, 300));
  deaf.child.stdout?.destroy();
  t.equal(await end, 0, 'nobody reads');
  const gone = ended(first.child);
  must(container.delete('--force'));
  t.equal(await gone, 0);
  t.strictSame(first.lines(), []);
});

t.test('a process that is killed for its memory is told at once', { skip, timeout }, async (t) => {
  // the kernel is to choose it and not the first process, also while it is not yet gone. proc_pid_oom_score_adj(5)
  const hog = '(echo 1000 >/proc/self/oom_score_adj; x=$(head -c 300000000 /dev/zero | /bin/busybox tr "\\\\0" x))';
  const container = makeContainer(t, (config) => {
    config.process.args = [
      '/bin/sh',
      '-c',
      `while [ ! -e /tmp/go ]; do sleep 0.05; done; ${hog}; : > /tmp/survived; exec sleep 1000`,
    ];
    config.root.readonly = false;
    config.linux.resources.memory = { limit: 32 * MB, swap: 32 * MB };
  });
  const pid = start(container);
  const { child, lines } = stream(container, '--interval', '1h');
  // it listens as soon as it waits in poll(2)
  await until(() => readFileSync(`/proc/${child.pid}/wchan`, 'utf8').includes('poll'));
  writeFileSync(join(container.bundle, 'rootfs/tmp/go'), '');
  await until(() => lines().length > 0);
  t.strictSame(lines()[0], { type: 'oom', id: container.id });
  t.ok(isAlive(pid));
  const end = ended(child);
  must(container.kill());
  t.equal(await end, 0);
});

t.test('nor does it go unnoticed when the container ends by it', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    const grow = `exec /bin/busybox awk 'BEGIN { text = "x"; while (1) text = text text }'`;
    config.process.args = ['/bin/sh', '-c', `while [ ! -e /tmp/go ]; do sleep 0.05; done; ${grow}`];
    config.root.readonly = false;
    config.linux.resources.memory = { limit: 32 * MB, swap: 32 * MB };
  });
  start(container);
  const { child, lines } = stream(container, '--interval', '1h');
  const end = ended(child);
  await until(() => readFileSync(`/proc/${child.pid}/wchan`, 'utf8').includes('poll'));
  writeFileSync(join(container.bundle, 'rootfs/tmp/go'), '');
  t.equal(await end, 0);
  t.strictSame(lines(), [{ type: 'oom', id: container.id }]);
});

t.test('what goes wrong', { skip, timeout }, async (t) => {
  const container = makeContainer(t, limited);
  const refused = (args: string[], text: string | RegExp) => {
    const { status, stdout, stderr } = container.call(['events', ...args]);
    t.equal(status, 1, String(text));
    t.equal(stdout, '', String(text));
    t.match(stderr, text);
  };
  refused([container.id], 'container does not exist');
  const pid = start(container);
  refused(['--interval', '0', container.id], 'duration interval must be greater than 0');
  refused(['--interval=-5s', container.id], 'duration interval must be greater than 0');
  refused(['--interval', '5', container.id], /invalid value .*5.* for flag -interval: parse error/);
  must(container.kill());
  await until(() => !isAlive(pid));
  refused([container.id], `container with id ${container.id} is not running`);
  refused(['--stats', container.id], `container with id ${container.id} is not running`);
});
