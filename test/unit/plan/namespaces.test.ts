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

t.test('joined by path in the order ipc uts net pid mnt cgroup time, pid by the runtime', async (t) => {
  const others = types.filter((type) => type !== 'user');
  const namespaces = others.reverse().map((type): LinuxNamespace => ({ type, path: `/ns/${type}` }));
  const planned = plan({ linux: { namespaces } });
  t.equal(planned.cloneFlags, 0);
  t.equal(planned.pidNamespace, '/ns/pid');
  const join = (type: keyof typeof NAMESPACES, index: number) => {
    const [path, flag] = [`/ns/${type}`, NAMESPACES[type]];
    const pointer = `/linux/namespaces/${index}`;
    return { step: 'setns', namespace: { open: 'namespace', path, type: flag }, type: flag, path, pointer };
  };
  t.strictSame(steps(names, { linux: { namespaces } }), [
    join('ipc', 6),
    join('uts', 5),
    join('network', 4),
    join('mount', 2),
    join('cgroup', 1),
    join('time', 0),
  ]);
});

t.test('with a user namespace init is born in what is joined, the user namespace last', async (t) => {
  const namespaces = types.map((type): LinuxNamespace => ({ type, path: `/ns/${type}` }));
  const planned = plan({ linux: { namespaces } });
  t.equal(planned.pidNamespace, undefined);
  t.strictSame(
    planned.joined.map(({ path }) => path),
    ['ipc', 'uts', 'network', 'pid', 'mount', 'cgroup', 'user'].map((type) => `/ns/${type}`),
  );
  t.match(steps(names, { linux: { namespaces } }), [{ step: 'setns', path: '/ns/time' }]);
});

const mappings = [
  { containerID: 0, hostID: 1000, size: 1 },
  { containerID: 1, hostID: 100000, size: 65535 },
];
const mapped = { uidMappings: mappings, gidMappings: mappings.slice(0, 1) };

t.test('what belongs to a new user namespace is made by its root', async (t) => {
  const namespaces = types.map((type): LinuxNamespace => ({ type }));
  const changes = { linux: { namespaces, ...mapped }, process: { oomScoreAdj: -7 } };
  const planned = plan(changes);
  t.equal(planned.cloneFlags, NAMESPACES.user | NAMESPACES.pid);
  t.strictSame(planned.joined, []);
  t.match(steps('unshare', changes), [{ flags: 0x20000 | 0x4000000 | 0x8000000 | 0x40000000 }, { flags: 0x2000000 }]);
  t.strictSame(planned.processWrites, [
    { file: 'oom_score_adj', value: '-7', pointer: '/process/oomScoreAdj' },
    { file: 'gid_map', value: '0 1000 1\n', pointer: '/linux/gidMappings' },
    { file: 'uid_map', value: '0 1000 1\n1 100000 65535\n', pointer: '/linux/uidMappings' },
  ]);
  t.strictSame(steps('oom_score_adj', changes), [], 'nobody inside may lower it');
});

t.test('what an ordinary user may not map is mapped by a program', async (t) => {
  const linux = { namespaces: [{ type: 'user' as const }], ...mapped };
  const programs = (facts: object) => plan({ linux, facts }).processWrites.map(({ file, program }) => [file, program]);
  t.strictSame(programs({ euid: 1000, egid: 1000 }), [
    ['setgroups', undefined],
    ['gid_map', undefined],
    ['uid_map', 'newuidmap'],
  ]);
  t.strictSame(programs({ euid: 1000, egid: 7 }), [
    ['gid_map', 'newgidmap'],
    ['uid_map', 'newuidmap'],
  ]);
});

t.test('setgroups is given up where the own ids are all that is mapped', async (t) => {
  const itself = { uidMappings: mappings.slice(0, 1), gidMappings: mappings.slice(0, 1) };
  const linux = { namespaces: [{ type: 'user' as const }], ...itself };
  const files = (facts: object) => plan({ linux, facts }).processWrites.map(({ file }) => file);
  t.strictSame(files({ euid: 1000, egid: 1000 }), ['setgroups', 'gid_map', 'uid_map']);
  t.strictSame(files({}), ['gid_map', 'uid_map'], 'not by root');
  t.strictSame(files({ setgroups: false }), ['gid_map', 'uid_map'], 'nor where it was before');
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
