// A host with cgroup v2 alone: a container is born in its cgroup, an eBPF program keeps its device rules, and nothing stays behind.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Draft, missing, noci } from './bundle.ts';
import { isAlive, makeContainer, must, until } from './container.ts';
import { snapshot } from './host-snapshot.ts';
import { onUnified, unifiedCgroup } from './unified.ts';

const skip = missing();
const timeout = 120_000;

/** The config that `runc spec` writes, with a process that may make nodes in a root that it may write, and read the kernel's log. */
function doing(script: string, rules: Draft[] = []): (config: Draft) => void {
  return (config) => {
    config.process.args = ['/bin/sh', '-c', script];
    config.process.capabilities.ambient = [];
    for (const set of ['bounding', 'effective', 'permitted'])
      config.process.capabilities[set].push('CAP_MKNOD', 'CAP_SYSLOG');
    config.root.readonly = false;
    config.linux.resources.devices.push(...rules);
  };
}

const useNull = 'echo lost >/dev/null && head -c 0 </dev/null && echo null';
/** Makes the node of the kernel's log and opens it for reading, writing and both. */
const useNode = `/bin/busybox mknod /tmp/node c 1 11 && echo made
  ( : </tmp/node ) 2>/dev/null && echo read
  ( : >/tmp/node ) 2>/dev/null && echo write
  ( : <>/tmp/node ) 2>/dev/null && echo both`;

t.test('what runc spec writes runs', { skip, timeout }, async (t) => {
  const container = makeContainer(t, () => {}, onUnified(t, noci));
  const report = JSON.parse(must(container.run()).stdout);
  t.equal(report.attributes.pid, 1);
});

t.test('the default devices can be used, a node that the process makes cannot', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing(`${useNull}; ${useNode}; true`), onUnified(t, noci));
  t.equal(must(container.run()).stdout, 'null\nmade\n');
});

t.test('a rule gives what it says', { skip, timeout }, async (t) => {
  const rule = { allow: true, type: 'c', major: 1, minor: 11, access: 'w' };
  const container = makeContainer(t, doing(`${useNode}; true`, [rule]), onUnified(t, noci));
  t.equal(must(container.run()).stdout, 'made\nwrite\n');
});

t.test('all devices when the rules allow all', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing(`${useNode}; true`, [{ allow: true, access: 'rwm' }]), onUnified(t, noci));
  t.equal(must(container.run()).stdout, 'made\nread\nwrite\nboth\n');
});

t.test('state, kill and delete; no cgroup is left', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing('exec sleep 1000'), onUnified(t, noci));
  must(container.create());
  const { pid, status } = container.state();
  const cgroup = unifiedCgroup(pid);
  t.match(cgroup, container.id);
  t.equal(status, 'created');
  t.equal(readFileSync(join(cgroup, 'cgroup.procs'), 'utf8'), `${pid}\n`, 'init was born in it');
  must(container.start());
  t.equal(container.state().status, 'running');
  must(container.kill());
  await until(() => !isAlive(pid));
  must(container.delete());
  t.notOk(existsSync(cgroup));
});

t.test('delete --force of a running one leaves no cgroup', { skip, timeout }, async (t) => {
  const container = makeContainer(t, doing('sleep 1000 & exec sleep 1000'), onUnified(t, noci));
  must(container.create());
  const cgroup = unifiedCgroup(container.state().pid);
  t.ok(existsSync(cgroup));
  must(container.start());
  must(container.delete('--force'));
  t.notOk(existsSync(cgroup));
});

t.test('a hole in a wildcard is refused, and nothing is made', { skip, timeout }, async (t) => {
  const rules = [
    { allow: true, type: 'b', major: 8, access: 'rw' },
    { allow: false, type: 'b', major: 8, minor: 3, access: 'w' },
  ];
  const container = makeContainer(t, doing('true', rules), onUnified(t, noci));
  const { status, stderr } = container.run();
  t.equal(status, 1);
  t.match(stderr, 'cannot punch hole in existing wildcard rule [b 8:* rw]');
  t.match(stderr, '/linux/resources/devices/2');
  t.strictSame(snapshot(container.id, container.bundle, [container.root]).cgroups, []);
});
