import t from 'tap';
import { parseSubCgroups } from '../../../src/cgroup/sub-cgroup.ts';

t.test('one path for all, or a path for each controller', async (t) => {
  const read = (...args: string[]) => Object.fromEntries(parseSubCgroups(args));
  t.strictSame(read(), {});
  t.strictSame(read('a/b'), { '': 'a/b' });
  t.strictSame(read(''), { '': '' });
  t.strictSame(read('cpu,cpuacct:a', 'name=systemd:/b:c'), { cpu: 'a', cpuacct: 'a', 'name=systemd': '/b:c' });
});

t.test('what is no argument', async (t) => {
  const refused = (message: string, ...args: string[]) => t.throws(() => parseSubCgroups(args), { message });
  refused('invalid --cgroup argument: a (missing <controller>: prefix)', 'a', 'b');
  refused('invalid --cgroup argument: b (missing <controller>: prefix)', 'cpu:a', 'b');
  refused('invalid --cgroup argument: :a (empty <controller> prefix)', ':a');
  refused('invalid --cgroup argument: cpu,:a (empty <controller> prefix)', 'cpu,:a');
  refused('invalid --cgroup argument(s): controller cpu specified multiple times', 'cpu:a', 'pids,cpu:a');
});
