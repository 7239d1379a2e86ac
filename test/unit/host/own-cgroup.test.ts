import t from 'tap';
import { ownPath, parseOwnCgroups } from '../../../src/host/own-cgroup.ts';

const own = parseOwnCgroups('9:name=systemd:/a:b\n4:cpu,cpuacct:/x (deleted)\n0::/user.slice\n');

t.test('reads the lines of /proc/[pid]/cgroup', async (t) => {
  t.strictSame(own, [
    { controllers: ['name=systemd'], path: '/a:b' },
    { controllers: ['cpu', 'cpuacct'], path: '/x' },
    { controllers: [], path: '/user.slice' },
  ]);
});

t.test('finds the path by controller', async (t) => {
  t.equal(ownPath(own, 'cpuacct'), '/x');
  t.equal(ownPath(own, 'name=systemd'), '/a:b');
  t.equal(ownPath(own, ''), '/user.slice');
  t.equal(ownPath(own, 'memory'), undefined);
});
