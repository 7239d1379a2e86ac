import t from 'tap';
import type { LinuxNamespace } from '../../../src/oci/types.ts';
import { NAMESPACES } from '../../../src/plan/namespaces.ts';
import { plan, steps } from '../../fakes/plan.ts';

const types = Object.keys(NAMESPACES) as (keyof typeof NAMESPACES)[];
const names = ['setns', 'unshare', 'time_namespace', 'loopback_up'];

t.test('new ones are made by clone3, but for cgroup and time', async (t) => {
  const all = types.filter((type) => type !== 'user').map((type): LinuxNamespace => ({ type }));
  const planned = plan({ linux: { namespaces: all } });
  t.equal(planned.cloneFlags, 0x20000 | 0x4000000 | 0x8000000 | 0x20000000 | 0x40000000);
  t.equal(planned.pidNamespace, undefined);
  t.strictSame(steps(names, { linux: { namespaces: all } }), [
    { step: 'time_namespace', offsets: '', pointer: '/linux/namespaces/6' },
    { step: 'unshare', flags: 0x2000000, pointer: '/linux/namespaces/5' },
    { step: 'loopback_up', pointer: '/linux/namespaces/2' },
  ]);
});

t.test('joined by path in the order user ipc uts net pid mnt cgroup time, pid by the runtime', async (t) => {
  const namespaces = [...types].reverse().map((type): LinuxNamespace => ({ type, path: `/ns/${type}` }));
  const planned = plan({ linux: { namespaces } });
  t.equal(planned.cloneFlags, 0);
  t.equal(planned.pidNamespace, '/ns/pid');
  const join = (type: keyof typeof NAMESPACES, index: number) => {
    const [path, flag] = [`/ns/${type}`, NAMESPACES[type]];
    const pointer = `/linux/namespaces/${index}`;
    return { step: 'setns', namespace: { open: 'namespace', path, type: flag }, type: flag, path, pointer };
  };
  t.strictSame(steps(names, { linux: { namespaces } }), [
    join('user', 7),
    join('ipc', 6),
    join('uts', 5),
    join('network', 4),
    join('mount', 2),
    join('cgroup', 1),
    join('time', 0),
  ]);
});

t.test('an empty path is a new namespace', async (t) => {
  t.equal(plan({ linux: { namespaces: [{ type: 'uts', path: '' }] } }).cloneFlags, NAMESPACES.uts);
});

t.test('none', async (t) => {
  const planned = plan({ linux: { namespaces: [] } });
  t.equal(planned.cloneFlags, 0);
  t.equal(planned.pidNamespace, undefined);
});

t.test('timeOffsets', async (t) => {
  const timeOffsets = { boottime: { secs: -5n, nanosecs: 7 }, monotonic: { secs: 2 ** 40 } };
  t.strictSame(steps('time_namespace', { linux: { namespaces: [{ type: 'time' }], timeOffsets } }), [
    { step: 'time_namespace', offsets: 'monotonic 1099511627776 0\nboottime -5 7\n', pointer: '/linux/timeOffsets' },
  ]);
});
