// The cgroup mount as a process in the container sees it, with and without a cgroup namespace, and what its user may do with it.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { makeContainer, must } from './container.ts';
import { snapshot } from './host-snapshot.ts';
import { onUnified, unifiedCgroup, unifiedMount } from './unified.ts';

const skip = missing();
const timeout = 120_000;

interface Wish {
  readonly script: string;
  /** of the cgroup mount; 'ro' unless said otherwise */
  readonly options?: string[];
  readonly isolated?: boolean;
  readonly uid?: number;
}

/** The config that `runc spec` writes, with a cgroup mount, running a script. */
function doing({ script, options = ['ro'], isolated = true, uid = 0 }: Wish): (config: Draft) => void {
  return (config) => {
    config.process.args = ['/bin/sh', '-c', script];
    config.process.user = { uid, gid: uid };
    config.linux.namespaces = config.linux.namespaces.filter(({ type }: Draft) => type !== 'cgroup');
    if (isolated) config.linux.namespaces.push({ type: 'cgroup' });
    config.mounts = config.mounts.filter(({ destination }: Draft) => destination !== '/sys/fs/cgroup');
    config.mounts.push({ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options });
  };
}

/** What the script prints, line by line. */
function lines(t: Test, runtime: string, wish: Wish): string[] {
  return must(makeContainer(t, doing(wish), runtime).run())
    .stdout.trim()
    .split('\n');
}

/** type and options of every mount at or below /sys/fs/cgroup */
const mounts =
  'while read source target type options rest; do case $target in /sys/fs/cgroup*) echo $type $options;; esac; done </proc/mounts';

const attributes = ['nosuid', 'nodev', 'noexec'];

t.test('v2: its own cgroup is the root, read-only and hardened', { skip, timeout }, async (t) => {
  const runtime = onUnified(t, noci);
  const [mount = '', ...rest] = lines(t, runtime, {
    script: `${mounts}; cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs`,
  });
  for (const attribute of ['cgroup2 ro', ...attributes]) t.match(mount, attribute);
  t.ok(rest.includes('0::/'), rest.join(' '));
  t.ok(rest.includes('1'), 'the processes are its own');
  const denied = 'mkdir /sys/fs/cgroup/x 2>&1; echo 1 2>&1 >/sys/fs/cgroup/cgroup.freeze; true';
  t.match(lines(t, runtime, { script: denied }).join(), 'Read-only file system');
});

t.test("v2 without a cgroup namespace: the host's, as read-only and as hardened", { skip, timeout }, async (t) => {
  const runtime = onUnified(t, noci);
  const script = `${mounts}; mkdir /sys/fs/cgroup/x 2>&1; test -e /sys/fs/cgroup/cgroup.events || echo root`;
  const [mount = '', denied, root] = lines(t, runtime, { script, isolated: false });
  for (const attribute of ['cgroup2 ro', ...attributes]) t.match(mount, attribute);
  t.match(denied, 'Read-only file system');
  t.equal(root, 'root');
});

t.test('v1: each hierarchy, read-only and hardened', { skip: skip || hostIsUnified(), timeout }, async (t) => {
  for (const isolated of [true, false]) {
    const found = lines(t, noci, { script: mounts, isolated });
    const hierarchies = found.filter((line) => line.startsWith('cgroup '));
    t.ok(hierarchies.length > 0, `${hierarchies.length} hierarchies`);
    for (const line of found) for (const attribute of [' ro', ...attributes]) t.match(line, attribute);
    const script = 'for agent in /sys/fs/cgroup/*/notify_on_release; do echo 1 2>&1 >$agent; done; true';
    for (const line of lines(t, noci, { script, isolated })) t.match(line, 'Read-only file system');
  }
});

function hostIsUnified(): string | false {
  return unifiedMount() === '/sys/fs/cgroup' && 'needs cgroup v1 mounted';
}

const delegated = existsSync('/sys/kernel/cgroup/delegate')
  ? readFileSync('/sys/kernel/cgroup/delegate', 'utf8').trim().split('\n')
  : ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];

/** Names in a cgroup that belong to `uid`, "." for the directory. */
function owned(cgroup: string, uid: number): string[] {
  return ['.', ...readdirSync(cgroup)].filter((name) => statSync(join(cgroup, name)).uid === uid).sort();
}

function createOwned(t: Test, wish: Omit<Wish, 'script'>): string[] {
  const container = makeContainer(t, doing({ script: 'exec sleep 1000', uid: 1000, ...wish }), onUnified(t, noci));
  must(container.create());
  const cgroup = unifiedCgroup(container.state().pid);
  const files = owned(cgroup, 1000);
  must(container.delete('--force'));
  t.notOk(existsSync(cgroup), 'its cgroup is gone');
  return files;
}

t.test('v2, writable: exactly what the kernel calls delegated is its own', { skip, timeout }, async (t) => {
  const files = createOwned(t, { options: ['rw'] });
  t.ok(files.includes('.') && files.includes('cgroup.procs') && files.includes('cgroup.subtree_control'));
  t.strictSame(
    files.filter((name) => name !== '.' && !delegated.includes(name)),
    [],
  );
  t.strictSame(createOwned(t, { options: ['ro'] }), [], 'not when it is read-only');
  t.strictSame(createOwned(t, { options: ['rw'], isolated: false }), [], "not when it is the host's");
});

/** Makes cgroups, moves, and tries what it may not. */
const manage = `cd /sys/fs/cgroup || exit 1
  mkdir leaf && echo made
  echo 0 >leaf/cgroup.procs && grep 0:: /proc/self/cgroup
  mkdir leaf/below && rmdir leaf/below && echo removed
  for file in cgroup.max.descendants cgroup.max.depth cgroup.freeze pids.max memory.max cpu.max hugetlb.2MB.max; do
    test -e $file || continue
    ( echo 5 >$file ) 2>/dev/null && echo raised $file
    ( chmod 666 $file ) 2>/dev/null && echo taken $file
  done
  ( echo 0 >../cgroup.procs ) 2>/dev/null && grep 0:: /proc/self/cgroup
  true`;

t.test('v2, writable: its user makes cgroups and moves, but raises no limit', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing({ script: manage, options: ['rw'], uid: 1000 }), onUnified(t, noci));
  const outcome = must(container.run());
  // ".." of the root is the folder that the mount is in: not a cgroup
  t.strictSame(outcome.stdout.trim().split('\n'), ['made', '0::/leaf', 'removed'], outcome.stderr);
  const left = snapshot(container.id, container.bundle, [container.root]);
  t.strictSame(left.cgroups, [], 'nothing is left, of what it made neither');
});
