// What waits between create and start: a small sealed program that holds nothing of the host.
import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import t from 'tap';
import { type Draft, missing } from './bundle.ts';
import { type Container, makeContainer, must, until } from './container.ts';

const skip = missing();
const timeout = 300_000;

/** fcntl(2): F_GET_SEALS; F_SEAL_SEAL, SHRINK, GROW, WRITE; F_SEAL_EXEC where the kernel has it (6.3) */
const F_GET_SEALS = 1034;
const allSeals = 0x1 | 0x2 | 0x4 | 0x8;

const fcntl = koffi.load('libc.so.6').func('int fcntl(int, int, ...)');

const waiting = (config: Draft): void => {
  config.process.args = ['/bin/sleep', '1000'];
};

/** /proc/PID/status as a map. */
function status(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
}

function create(container: Container, ...options: string[]): number {
  must(container.create(...options));
  return container.state().pid;
}

/** kB of a field of smaps_rollup. */
function kilobytes(pid: number, field: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
}

t.test('memory and size', { skip, timeout }, async (t) => {
  const pid = create(makeContainer(t, waiting));
  const pss = kilobytes(pid, 'Pss');
  t.ok(pss > 0 && pss < 200, `Pss ${pss} kB, under 200`);
  t.ok(kilobytes(pid, 'Rss') < 400, `Rss ${kilobytes(pid, 'Rss')} kB`);
  const { size } = statSync(`/proc/${pid}/exe`);
  t.ok(size > 0 && size < 100_000, `the image has ${size} bytes, under 100,000`);
});

t.test('memory with a large config', { skip, timeout }, async (t) => {
  const pid = create(
    makeContainer(t, (config) => {
      waiting(config);
      config.process.env.push(...Array.from({ length: 500 }, (_, index) => `VARIABLE_${index}=${'x'.repeat(1000)}`));
      config.linux.maskedPaths.push(...Array.from({ length: 500 }, (_, index) => `/tmp/missing-${index}`));
    }),
  );
  const pss = kilobytes(pid, 'Pss');
  t.ok(pss < 2000, `Pss ${pss} kB with half a megabyte of environment`);
});

t.test('the executable is a sealed memfd (CVE-2019-5736)', { skip, timeout }, async (t) => {
  const container = makeContainer(t, waiting);
  const pid = create(container);
  t.match(readlinkSync(`/proc/${pid}/exe`), /^\/memfd:noci.* \(deleted\)$/, 'its name');
  const fd = openSync(`/proc/${pid}/exe`, 'r');
  const seals = fcntl(fd, F_GET_SEALS);
  closeSync(fd);
  t.equal(seals & allSeals, allSeals, `seals 0x${seals.toString(16)}`);
  t.throws(() => openSync(`/proc/${pid}/exe`, 'r+'), /ETXTBSY|EPERM/, 'it cannot be opened for writing while it runs');
  must(container.kill('KILL'));
});

t.test('the seals hold when nothing runs it any more', { skip, timeout }, async (t) => {
  const container = makeContainer(t, waiting);
  const pid = create(container);
  const fd = openSync(`/proc/${pid}/exe`, 'r');
  must(container.delete('--force'));
  await until(() => !readdirSync('/proc').includes(`${pid}`) || status(pid).State?.startsWith('Z') === true);
  const writable = openSync(`/proc/self/fd/${fd}`, 'r+');
  t.throws(() => writeSync(writable, 'x', 0), /EPERM/, 'write');
  t.throws(() => ftruncateSync(writable, 0), /EPERM/, 'shrink');
  t.throws(() => ftruncateSync(writable, 1_000_000), /EPERM/, 'grow');
  for (const open of [fd, writable]) closeSync(open);
});

t.test('open files: stdio and the exec fifo, and nothing of the host', { skip, timeout }, async (t) => {
  const container = makeContainer(t, waiting);
  const pid = create(container);
  const links = readdirSync(`/proc/${pid}/fd`).map(
    (fd) => [Number(fd), readlinkSync(`/proc/${pid}/fd/${fd}`)] as const,
  );
  const others = links.filter(([fd]) => fd > 2);
  for (const [fd, link] of others) {
    t.match(link, /exec\.fifo( \(deleted\))?$|^anon_inode:\[eventpoll\]$/, `fd ${fd}: ${link}`);
    const flags = Number.parseInt(
      /flags:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '',
      8,
    );
    t.ok(flags & 0o2000000, `fd ${fd} is closed at the execve`);
  }
  t.ok(others.length <= 2, `${others.length} beside stdio`);
});

t.test('preserved fds are kept', { skip, timeout }, async (t) => {
  const container = makeContainer(t, waiting);
  const fds = [openSync('/proc/version', 'r'), openSync('/proc/uptime', 'r')];
  must(container.call(['create', '--bundle', container.bundle, '--preserve-fds', '2', container.id], {}, { fds }));
  for (const fd of fds) closeSync(fd);
  const { pid } = container.state();
  t.strictSame(
    [3, 4].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
    ['/proc/version', '/proc/uptime'],
  );
  must(container.start());
  await until(() => !readlinkSync(`/proc/${pid}/exe`).includes('memfd'));
  t.strictSame(readdirSync(`/proc/${pid}/fd`).map(Number).sort(), [0, 1, 2, 3, 4], 'and nothing else after start');
});

t.test('credentials are the container’s already', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    waiting(config);
    config.process.user = { uid: 1000, gid: 1001, additionalGids: [7, 5] };
    config.process.noNewPrivileges = true;
    config.process.capabilities = { bounding: ['CAP_KILL'], permitted: ['CAP_KILL'], effective: ['CAP_KILL'] };
  });
  const seen = status(create(container));
  t.match(seen, {
    Uid: '1000\t1000\t1000\t1000',
    Gid: '1001\t1001\t1001\t1001',
    NoNewPrivs: '1',
    Threads: '1',
    CapBnd: '0000000000000020',
    CapPrm: '0000000000000020',
    CapEff: '0000000000000020',
    CapInh: '0000000000000000',
    CapAmb: '0000000000000000',
    SigBlk: '0000000000000000',
    SigIgn: '0000000000000000',
  });
  t.strictSame((seen.Groups ?? '').trim().split(/\s+/).map(Number).sort(), [5, 7], 'groups');
});

t.test('nobody of the container may look into it', { skip, timeout }, async (t) => {
  const container = makeContainer(t, (config) => {
    waiting(config);
    config.process.user = { uid: 1000, gid: 1000 };
  });
  const pid = create(container);
  t.equal(statSync(`/proc/${pid}/fd`).uid, 0, 'not dumpable: its files in /proc are the host root’s');
});

t.test('namespaces, session, and no environment of the caller', { skip, timeout }, async (t) => {
  const container = makeContainer(t, waiting);
  must(container.call(['create', '--bundle', container.bundle, container.id], { SECRET: 'canary' }));
  const { pid } = container.state();
  for (const type of ['mnt', 'pid', 'net', 'ipc', 'uts'])
    t.not(readlinkSync(`/proc/${pid}/ns/${type}`), readlinkSync(`/proc/self/ns/${type}`), `${type} is its own`);
  for (const type of ['user', 'cgroup', 'time'])
    t.equal(readlinkSync(`/proc/${pid}/ns/${type}`), readlinkSync(`/proc/self/ns/${type}`), `${type} is the host's`);
  t.notMatch(readFileSync(`/proc/${pid}/environ`, 'utf8'), 'canary', 'environ');
  t.notMatch(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), container.bundle, 'cmdline');
  t.match(status(pid).NSsid, /\t1$/, 'a session of its own');
  t.equal(readlinkSync(`/proc/${pid}/root`), '/', 'its root');
  t.match(status(pid), { PPid: /^\d+$/, State: /^S/ }, 'it sleeps');
});

t.test('it sleeps: no CPU time is used while it waits', { skip, timeout }, async (t) => {
  const container = makeContainer(t, waiting);
  const pid = create(container);
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = ticks();
  // a start that is killed opens the fifo and goes away
  for (let round = 0; round < 3; round++) closeSync(openSync(join(container.root, container.id, 'exec.fifo'), 'w'));
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.ok(ticks() - before <= 1, 'clock ticks');
  t.equal(container.state().status, 'created');
});

t.test('state of a created container', { skip, timeout }, async (t) => {
  const container = makeContainer(t, waiting);
  const pid = create(container);
  const { stdout } = container.call(['state', container.id]);
  const state = JSON.parse(stdout);
  const { id, bundle } = container;
  t.strictSame(
    Object.keys(state),
    ['ociVersion', 'id', 'pid', 'status', 'bundle', 'rootfs', 'created', 'owner'],
    'keys in order',
  );
  t.match(state, {
    ociVersion: '1.3.0',
    id,
    pid,
    status: 'created',
    bundle,
    rootfs: join(bundle, 'rootfs'),
    owner: '',
  });
  t.match(state.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$/, 'created');
  t.equal(stdout, JSON.stringify(state, null, 2), 'two spaces, no newline at its end');
  must(container.start());
  t.equal(container.state().status, 'running', 'and then it runs');
  t.equal(container.state().pid, pid, 'with the same pid');
});

t.test('pid file: the pid alone, whole, and where the caller is', { skip, timeout }, async (t) => {
  const container = makeContainer(t, waiting);
  const args = ['create', '--bundle', container.bundle, '--pid-file', 'pid', container.id];
  must(container.call(args, {}, { cwd: container.root }));
  t.equal(readFileSync(join(container.root, 'pid'), 'utf8'), `${container.state().pid}`, 'no newline');
  t.strictSame(readdirSync(container.root).sort(), [container.id, 'pid'].sort(), 'no temporary file');
});
