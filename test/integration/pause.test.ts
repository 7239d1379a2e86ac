// pause, resume, and what else finds a frozen container.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing, runc } from './bundle.ts';
import { cgroupOf, isFrozen, unified } from './cgroup-files.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';

const skip = missing();
const timeout = 120_000;

const counting = 'i=0; while :; do i=$((i+1)); echo $i > /tmp/count; done';

function doing(script: string, change: (config: Draft) => void = () => {}): (config: Draft) => void {
  return (config) => {
    config.process.args = ['/bin/sh', '-c', script];
    config.root.readonly = false;
    change(config);
  };
}

/** A container that runs; the folder is that of its freezer. */
function running(container: Container): { readonly pid: number; readonly freezer: string } {
  must(container.create());
  must(container.start());
  const { pid } = container.state();
  return { pid, freezer: cgroupOf(pid, 'freezer') };
}

function count(container: Container): string {
  try {
    return readFileSync(join(container.bundle, 'rootfs/tmp/count'), 'utf8');
  } catch {
    return '';
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

t.test('a paused container stands still, a resumed one goes on', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing(counting));
  const { freezer } = running(container);
  await until(() => Number(count(container)) > 10);
  t.strictSame(container.call(['pause', container.id]), { status: 0, signal: null, stdout: '', stderr: '' });
  t.equal(container.state().status, 'paused');
  t.ok(isFrozen(freezer));
  const before = count(container);
  await sleep(300);
  t.equal(count(container), before);
  t.strictSame(container.call(['resume', container.id]), { status: 0, signal: null, stdout: '', stderr: '' });
  t.equal(container.state().status, 'running');
  await until(() => Number(count(container)) > Number(before));
});

t.test('a status that does not take them', { skip, timeout }, async (t) => {
  for (const runtime of [undefined, runc]) {
    const container = makeContainer(t, doing('exec sleep 1000'), runtime);
    const refused = (verb: string, text: string, message: string) => {
      const { status, stderr } = container.call([verb, container.id]);
      t.equal(status, 1, message);
      t.match(stderr, text, message);
    };
    refused('pause', 'container does not exist', 'no container');
    refused('resume', 'container does not exist', 'no container');
    must(container.create());
    refused('resume', 'container not paused', 'created');
    must(container.call(['pause', container.id]));
    refused('pause', 'container not running', 'paused');
    must(container.call(['resume', container.id]));
    must(container.start());
    refused('resume', 'container not paused', 'running');
    const { pid } = container.state();
    must(container.kill());
    await until(() => !isAlive(pid));
    refused('pause', 'container not running', 'stopped');
    refused('resume', 'container not paused', 'stopped');
  }
});

t.test('kill KILL and delete --force end a paused container and leave nothing frozen', { skip, timeout }, async (t) => {
  for (const options of [{}, { shared: true }]) {
    const container = makeContainer(
      t,
      doing('sleep 1000 & exec sleep 1000', (config) => {
        if ('shared' in options)
          config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'pid');
      }),
    );
    const { pid, freezer } = running(container);
    must(container.call(['pause', container.id]));
    must(container.kill('KILL'));
    await until(() => !isAlive(pid));
    t.notOk(isFrozen(freezer), 'kill thaws');
    must(container.delete());

    const again = running(container);
    must(container.call(['pause', container.id]));
    must(container.delete('--force'));
    t.notOk(isAlive(again.pid));
    t.notOk(isFrozen(again.freezer));
  }
});

t.test('what a pause that was killed half-way leaves is taken back', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing('exec sleep 1000'));
  const { pid, freezer } = running(container);
  const [file, frozen] = freezer.includes('freezer') ? ['freezer.state', 'FROZEN'] : ['cgroup.freeze', '1'];
  writeFileSync(join(freezer, file), frozen);
  must(container.call(['resume', container.id]));
  t.equal(container.state().status, 'running');
  writeFileSync(join(freezer, file), frozen);
  process.kill(pid, 'SIGKILL');
  // a frozen process of v1 does not even take SIGKILL; one of v2 may have ended of it, and Linux 6.1 says frozen of its cgroup still
  const killed = container.kill('KILL');
  if (!unified) must(killed);
  await until(() => !isAlive(pid));
  t.equal(container.state().status, 'stopped');
});
