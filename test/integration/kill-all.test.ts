// kill --all: a signal for every process of a container.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing } from './bundle.ts';
import { driver } from './cgroup-driver.ts';
import { cgroupOf, isFrozen, unified } from './cgroup-files.ts';
import { type Container, isAlive, makeContainer, must, until } from './container.ts';
import { emulated } from './emulation.ts';

const skip = missing();
const timeout = 60_000;

function doing(script: string, shared = true): (config: Draft) => void {
  return (config) => {
    config.process.args = ['/bin/sh', '-c', script];
    config.root.readonly = false;
    if (shared) config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'pid');
  };
}

function processes(container: Container): number[] {
  return JSON.parse(must(container.call(['ps', '-f', 'json', container.id])).stdout) ?? [];
}

function running(container: Container): { readonly pid: number; readonly freezer: string } {
  must(container.create());
  must(container.start());
  const { pid } = container.state();
  return { pid, freezer: cgroupOf(pid, 'freezer') };
}

const trap = 'trap "echo x >> /tmp/got" TERM; while :; do sleep 0.05; done';

t.test('TERM reaches each process once, in sub-cgroups too', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing(`(${trap}) & (${trap}) & ${trap}`));
  const { freezer } = running(container);
  const shells = () =>
    processes(container).filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sh\n' &&
          /^SigCgt:.*[4567c-f]...$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
        );
      } catch {
        return false;
      }
    });
  await until(() => shells().length === 3);
  const sub = join(freezer, 'sub');
  mkdirSync(sub);
  writeFileSync(join(sub, 'cgroup.procs'), String(shells()[2]));
  const file = join(container.bundle, 'rootfs/tmp/got');
  must(container.call(['kill', '--all', container.id, 'TERM']));
  await until(() => existsSync(file) && readFileSync(file, 'utf8').length >= 6);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(readFileSync(file, 'utf8'), 'x\n'.repeat(3));
  t.notOk(isFrozen(freezer));
  must(container.call(['kill', '-a', container.id, '9']));
  t.strictSame(processes(container), []);
});

t.test('those that init has left behind', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing('sleep 1000 & sleep 1000 & exec sleep 1000'));
  const { pid } = running(container);
  await until(() => processes(container).length === 3);
  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid));
  t.equal(container.state().status, 'stopped');
  const left = processes(container);
  t.equal(left.length, 2);
  t.strictSame(container.call(['kill', '--all', container.id, '9']), {
    status: 0,
    signal: null,
    stdout: '',
    stderr: '',
  });
  t.ok(left.every((one) => !isAlive(one)));
  must(container.call(['kill', '--all', container.id, '9']));
  must(container.call(['kill', '--all', container.id, '15']));
  must(container.delete());
  const gone = container.call(['kill', '--all', container.id, '9']);
  t.equal(gone.status, 1);
  t.match(gone.stderr, 'container does not exist');
});

t.test('a paused container stays so until SIGKILL', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing('sleep 1000 & exec sleep 1000'));
  const { pid, freezer } = running(container);
  must(container.call(['pause', container.id]));
  must(container.call(['kill', '--all', container.id, 'TERM']));
  // v2 lets a signal through that the process does not handle: Documentation/admin-guide/cgroup-v2.rst, cgroup.freeze. Where that
  // was the last process, systemd removes the cgroup.
  if (!unified || driver === 'cgroupfs') t.ok(isFrozen(freezer));
  if (!unified) {
    t.ok(isAlive(pid));
    must(container.call(['resume', container.id]));
  }
  await until(() => processes(container).length === 0);
  t.notOk(isAlive(pid), 'the signal came');
});

/** Hundreds of shells that fork all the time; one that cannot, at the limit, ends. */
const shells = emulated ? 90 : 900;
const bomb = `i=0; while [ $i -lt ${shells} ]; do (while :; do sleep 0.5; done) & i=$((i+1)); done; exec sleep 1000`;

for (const shared of [true, false]) {
  const where = shared ? 'in a shared pid namespace' : 'in its own pid namespace';
  t.test(`a fork bomb ${where} is ended in time`, { skip, timeout }, async (t) => {
    const change = (config: Draft) => {
      doing(bomb, shared)(config);
      config.linux.resources.pids = { limit: 2 * shells + 200 };
    };
    for (const end of [
      ['kill', '--all', 'ID', '9'],
      ['delete', '--force', 'ID'],
      ['kill', 'ID', '9'],
    ]) {
      const container = makeContainer(t, change);
      const { freezer } = running(container);
      await until(() => processes(container).length > 1.6 * shells);
      const start = process.hrtime.bigint();
      must(container.call(end.map((word) => (word === 'ID' ? container.id : word))));
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      t.ok(seconds < 10, `${end.join(' ')}: ${seconds.toFixed(1)} s`);
      t.notOk(isFrozen(freezer));
      if (end[0] === 'kill') {
        await until(() => processes(container).length === 0);
        must(container.delete());
      }
      t.notOk(existsSync(freezer));
    }
  });
}
