// ps: the processes of the whole tree, as JSON and as ps(1) shows them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing, runc } from './bundle.ts';
import { cgroupOf } from './cgroup-files.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';

const skip = missing();
const timeout = 60_000;

const three = (config: Draft) => {
  config.process.args = ['/bin/sh', '-c', 'sleep 1000 & sleep 1000 & exec sleep 1000'];
};

async function running(container: Container): Promise<number[]> {
  must(container.create());
  must(container.start());
  const folder = cgroupOf(container.state().pid, 'freezer');
  const pids = () => readFileSync(join(folder, 'cgroup.procs'), 'utf8').trim().split('\n').map(Number);
  await until(() => pids().length === 3);
  return pids().sort((a, b) => a - b);
}

t.test('--format json', { skip, timeout }, async (t) => {
  for (const runtime of [undefined, runc]) {
    const container = makeContainer(t, three, runtime);
    const pids = await running(container);
    const outcome = must(container.call(['ps', '--format', 'json', container.id]));
    t.equal(outcome.stderr, '');
    t.match(outcome.stdout, /^\[\d+,\d+,\d+\]\n$/);
    t.strictSame(
      JSON.parse(outcome.stdout).sort((a: number, b: number) => a - b),
      pids,
    );
    must(container.kill());
    await until(() => pids.every((pid) => !isAlive(pid)));
    t.equal(must(container.call(['ps', '--format', 'json', container.id])).stdout, 'null\n', 'stopped');
  }
});

t.test('a process in a sub-cgroup is one of the container', { skip, timeout }, async (t) => {
  const container = makeContainer(t, three);
  const pids = await running(container);
  const sub = join(cgroupOf(pids[0] ?? 0, 'freezer'), 'sub');
  mkdirSync(sub);
  writeFileSync(join(sub, 'cgroup.procs'), String(pids[2]));
  t.strictSame(JSON.parse(must(container.call(['ps', '-f', 'json', container.id])).stdout), pids);
});

t.test('as a table', { skip, timeout }, async (t) => {
  const container = makeContainer(t, three);
  const pids = await running(container);
  const table = (args: string[], env: Record<string, string> = {}) =>
    must(container.call(['ps', container.id, ...args], env))
      .stdout.trimEnd()
      .split('\n');
  const [header, ...lines] = table([]);
  t.match(header, /^UID +PID +PPID/);
  t.strictSame(
    lines.map((line) => Number(line.split(/\s+/)[1])),
    pids,
  );
  t.strictSame(
    table(['-o', 'pid,comm'])
      .slice(1)
      .map((line) => line.trim()),
    pids.map((pid) => `${pid} sleep`),
  );
  t.equal(table([], { PATH: '/usr/bin' }).length, 4, 'with a PATH of its own');
});

t.test('what goes wrong', { skip, timeout }, async (t) => {
  const container = makeContainer(t, three);
  await running(container);
  const refused = (args: string[], text: string, env: Record<string, string> = {}) => {
    const { status, stdout, stderr } = container.call(['ps', ...args], env);
    t.equal(status, 1, text);
    t.equal(stdout, '', text);
    t.match(stderr, text);
  };
  refused(['-f', 'xml', container.id], 'invalid format option');
  refused(['nobody'], 'container does not exist');
  refused([container.id, '-o', 'comm'], "couldn't find PID field in ps output");
  refused([container.id, '--no-such-option'], 'exit status 1');
  refused([container.id], 'executable file not found in $PATH', { PATH: '/nowhere:relative' });
});
