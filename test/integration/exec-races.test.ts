// exec against whoever else is at the container: other commands, and its own root. EXEC_RACES and EXEC_COUNT say how often.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { type Container, isAlive, must, running, until } from './container.ts';
import { emulated } from './emulation.ts';
import { bare } from './report.ts';

const skip = missing();
const timeout = 3_600_000;
const races = Number(process.env.EXEC_RACES ?? 15);
const count = Number(process.env.EXEC_COUNT ?? 200);
/** What is slower hangs, however many others work on the machine; in milliseconds. */
const patience = emulated ? 60_000 : 10_000;

interface Ending {
  readonly status: number | null;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** A call that is not waited for. */
function begin(container: Container, ...words: string[]): Promise<Ending> {
  const start = performance.now();
  const log = join(container.bundle, `log-${Math.random()}`);
  const args = [...bare({}), noci, '--root', container.root, '--log', log, ...words];
  const child = spawn('/usr/bin/env', args, { stdio: 'ignore' });
  return new Promise((resolve) =>
    child.once('exit', (status) => {
      const stderr = existsSync(log) ? readFileSync(log, 'utf8') : '';
      rmSync(log, { force: true });
      resolve({ status, stderr, milliseconds: performance.now() - start });
    }),
  );
}

/** Everything of the container's that the host has: processes, by the cgroups of all. */
function members(id: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isAlive(Number(name)))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id);
      } catch {
        return false;
      }
    });
}

/** The texts of an exec that comes too late. */
const late =
  /cannot exec in a (stopped|paused) container|container does not exist|ended before it could be executed|not executed within|is gone|clone3: |no such path \(ENOENT\)|ENODEV/;

/** An exec against `other`; what it may end with. */
async function race(t: Test, other: (container: Container) => Promise<unknown>): Promise<void> {
  for (let round = 0; round < races; round++) {
    const container = running(t);
    const delay = Math.random() * 12;
    const execs = [1, 2].map(() => begin(container, 'exec', container.id, '/bin/true'));
    await new Promise((resolve) => setTimeout(resolve, delay));
    await other(container);
    for (const { status, stderr, milliseconds } of await Promise.all(execs)) {
      if (milliseconds > patience) t.fail(`after ${delay} ms: it took ${milliseconds} ms`);
      if (status === 0 || status === 137) continue;
      t.equal(status, 255, `after ${delay} ms: ${stderr}`);
      t.match(stderr, late);
    }
    must(container.delete('--force'));
    t.strictSame(members(container.id), [], 'nothing is left');
  }
}

t.test('exec races with kill', { skip, timeout }, (t) =>
  race(t, (container) => begin(container, 'kill', container.id, 'KILL')),
);

t.test('exec races with delete --force', { skip, timeout }, (t) =>
  race(t, (container) => begin(container, 'delete', '--force', container.id)),
);

t.test('exec races with pause', { skip, timeout }, async (t) => {
  const state = (id: string) => `/sys/fs/cgroup/freezer/${id}/freezer.state`;
  await race(t, async ({ id }) => {
    if (!existsSync(state(id))) return;
    writeFileSync(state(id), 'FROZEN');
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(state(id), 'THAWED');
  });
});

t.test(`${count} execs, 8 at a time, leave nothing behind`, { skip, timeout }, async (t) => {
  const container = running(t);
  const keyrings = (): number => readFileSync('/proc/keys', 'utf8').split(`_ses.${container.id}`).length;
  await begin(container, 'exec', container.id, '/bin/true');
  const before = { members: members(container.id), keyrings: keyrings(), files: readdirSync(container.root) };
  const times: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next++ < count) {
      const { status, stderr, milliseconds } = await begin(container, 'exec', container.id, '/bin/true');
      if (status !== 0) t.fail(`status ${status}: ${stderr}`);
      times.push(milliseconds);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  t.equal(times.length, count);
  const after = { members: members(container.id), keyrings: keyrings(), files: readdirSync(container.root) };
  t.strictSame(after, before);
  const median = (part: number[]): number => part.sort((a, b) => a - b)[part.length >> 1] ?? 0;
  const tenth = Math.floor(count / 10);
  t.comment(
    `median of the first tenth ${median(times.slice(0, tenth)).toFixed(2)} ms, of the last ${median(times.slice(-tenth)).toFixed(2)} ms`,
  );
});

/** A container whose first process does `each` to every new process ($p), for ever. */
const hostile =
  (each: string) =>
  (config: Draft): void => {
    const loop = `for d in /proc/[0-9]*; do p=\${d#/proc/}; [ $p = 1 ] || { ${each}; } 2>/dev/null; done`;
    config.process.args = ['/bin/sh', '-c', `while :; do ${loop}; done`];
  };

t.test('root of the container kills every new process', { skip, timeout }, async (t) => {
  const container = running(t, hostile('kill -KILL $p'));
  for (const { status, stderr } of await Promise.all(
    Array.from({ length: 20 }, () => begin(container, 'exec', container.id, '/bin/true')),
  )) {
    if (status === 0 || status === 137) continue;
    t.equal(status, 255, stderr);
    t.match(stderr, /the process ended before it could be executed: signal: killed|clone3: /);
  }
});

t.test('root of the container stops every new process', { skip, timeout }, async (t) => {
  const container = running(t, hostile('kill -STOP $p'));
  const execs = Array.from({ length: 12 }, () =>
    begin(container, 'exec', '--detach', container.id, '/bin/sleep', '1000'),
  );
  for (const { status, stderr, milliseconds } of await Promise.all(execs)) {
    t.ok(milliseconds < 50_000, `${milliseconds} ms`);
    if (status === 0) continue;
    t.equal(status, 255);
    t.match(stderr, /it was not executed within 30s/);
  }
  t.equal(container.state().status, 'running', 'other commands are not held up');
});

t.test('nobody in the container looks into a joining process (CVE-2016-9962)', { skip, timeout }, async (t) => {
  const container = running(t, (config, folder) => {
    mkdirSync(join(folder, 'rootfs/seen'));
    config.mounts.push({ destination: '/seen', type: 'tmpfs', source: 'tmpfs' });
    hostile(
      'e=$(readlink /proc/$p/exe) && case $e in *memfd*) echo $e >>/seen/bad;; *) : >/seen/good;; esac; ls /proc/$p/fd >/dev/null',
    )(config);
  });
  for (let round = 0; round < Math.min(count, 1000); round++) await begin(container, 'exec', container.id, '/bin/true');
  await begin(container, 'exec', '--detach', container.id, '/bin/sleep', '1000');
  const seen = join('/proc', String(container.state().pid), 'root/seen');
  await until(() => existsSync(join(seen, 'good')));
  t.notOk(existsSync(join(seen, 'bad')), 'the watcher works, and saw no init');
});

t.test('an image that lies about itself', { skip, timeout }, async (t) => {
  const container = running(t, (config, folder) => {
    writeFileSync(join(folder, 'rootfs/etc/passwd'), 'root:x:0:0:root:relative:/bin/sh\nroot:x:0:0::/found\0x:/\n');
    for (const set of ['bounding', 'effective', 'permitted']) config.process.capabilities[set].push('CAP_SYS_ADMIN');
    config.process.args = ['/bin/sh', '-c', 'mount -t tmpfs tmpfs /proc && touch /proc/ready && exec sleep 1000'];
  });
  await until(() => existsSync(`/proc/${container.state().pid}/root/proc/ready`));
  const { status, stdout, stderr } = container.call(['exec', container.id, '/bin/sh', '-c', 'echo $HOME; ls /proc']);
  t.equal(stderr, '');
  t.equal(status, 0);
  t.equal(stdout, '/\nready\n', 'no home, and no use of its /proc');
});
