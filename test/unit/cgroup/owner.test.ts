import t from 'tap';
import { giveCgroup, planOwner } from '../../../src/cgroup/owner.ts';
import type { Native } from '../../../src/native/contract.ts';
import type { Config, Linux, Mount } from '../../../src/oci/types.ts';
import type { CgroupPlan } from '../../../src/plan/plan.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';

const path = '/sys/fs/cgroup/c1';
const directories = [{ version: 2, controllers: ['pids'], mountpoint: '/sys/fs/cgroup', path }] as const;
const writable: Mount = { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'rw'] };
const readonly: Mount = { ...writable, options: ['rw', 'ro'] };
const namespaces: NonNullable<Linux['namespaces']> = [{ type: 'cgroup' }];

function owner(mounts: Mount[], linux: Linux = { namespaces }, uid = 1000, mode: CgroupPlan['mode'] = 'v2') {
  const config: Config = {
    ociVersion: '1.3.0',
    process: { cwd: '/', args: ['x'], user: { uid, gid: 0 } },
    mounts,
    linux,
  };
  return planOwner(config, { mode, directories }, () => 0);
}

t.test('a writable mount in a new cgroup namespace of v2 gives the cgroup to the process', async (t) => {
  t.strictSame(owner([writable]), { path, uid: 1000, pointer: '/mounts/0' });
  const { options: _, ...without } = writable;
  const other: Mount = { destination: '/data', type: 'tmpfs' };
  t.match(owner([other, { ...without, destination: 'sys//fs/./cgroup/' }]), { uid: 1000, pointer: '/mounts/1' });
});

t.test('nothing else does', async (t) => {
  t.equal(owner([readonly]), undefined, 'the last option decides');
  t.equal(owner([{ ...writable, options: ['rro'] }]), undefined);
  t.equal(owner([writable, readonly]), undefined, 'the last mount is what is seen');
  t.equal(owner([writable, { destination: '/sys/fs/cgroup', options: ['remount', 'ro'] }]), undefined);
  t.equal(owner([{ ...writable, destination: '/cgroup' }]), undefined);
  t.equal(owner([{ ...writable, type: 'bind', options: ['bind', 'rw'] }]), undefined);
  t.equal(owner([]), undefined);
  t.equal(owner([writable], {}), undefined, "the host's cgroup namespace");
  t.equal(
    owner([writable], { namespaces: [{ type: 'cgroup', path: '/proc/1/ns/cgroup' }] }),
    undefined,
    'a joined one',
  );
  for (const mode of ['v1', 'hybrid', 'none'] as const)
    t.equal(owner([writable], undefined, 1000, mode), undefined, mode);
});

t.test('what root makes is its own already', async (t) => {
  t.equal(owner([writable], undefined, 0), undefined);
});

t.test('in a user namespace it is the uid outside of it', async (t) => {
  const uidMappings = [
    { containerID: 0, hostID: 100000, size: 1000 },
    { containerID: 1000, hostID: 5, size: 1 },
  ];
  const mapped = [...namespaces, { type: 'user' as const }];
  for (const [uid, outside] of [
    [0, 100000],
    [999, 100999],
    [1000, 5],
  ])
    t.equal(owner([writable], { namespaces: mapped, uidMappings }, uid)?.uid, outside);
  t.equal(owner([writable], { namespaces: mapped, uidMappings }, 1001), undefined, 'not mapped');
  t.equal(owner([writable], { namespaces: mapped }, 1000), undefined, 'a namespace that is joined');
});

/** A host where these files are in the cgroup; what is opened and given is recorded. */
function give(files: string[], delegate: string | undefined, refused = '') {
  const done: string[] = [];
  const open = new Map<number, string>();
  const opened = (name: string) => {
    open.set(open.size + 3, name);
    return open.size + 2;
  };
  const { native } = fakeHost({
    functions: {
      openat2: (_directory, name) => opened(name),
      open: (directory, name) => {
        if (open.get(directory) !== path || !files.includes(name)) throw nativeError('open', name, 'ENOENT');
        return opened(name);
      },
      close: (fd) => {
        done.push(`close ${open.get(fd)}`);
      },
      fchown: (fd, uid, gid) => {
        if (open.get(fd) === refused) throw nativeError('fchown', '', 'EACCES');
        done.push(`${open.get(fd)} ${uid} ${gid}`);
      },
      readText: (_directory, name) => {
        if (delegate === undefined) throw nativeError('open', name, 'ENOENT');
        return delegate;
      },
    },
  });
  const plan = { mode: 'v2', directories, limits: [], owner: { path, uid: 7, pointer: '/mounts/3' } } as const;
  giveCgroup(native, plan);
  return done;
}

const all = ['cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control', 'memory.oom.group', 'pids.max'];

t.test('the directory and what the kernel names, by fd; the group stays', async (t) => {
  t.strictSame(give(all, 'cgroup.procs\nmemory.oom.group\nnot.there\n../pids.max\n'), [
    `${path} 7 4294967295`,
    'cgroup.procs 7 4294967295',
    'close cgroup.procs',
    'memory.oom.group 7 4294967295',
    'close memory.oom.group',
    `close ${path}`,
  ]);
});

t.test('a kernel without a list', async (t) => {
  t.strictSame(
    give(all, undefined).filter((line) => !line.startsWith('close')),
    [path, 'cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'].map((name) => `${name} 7 4294967295`),
  );
});

t.test('a refusal is told with its place, not in words for a command', async (t) => {
  t.throws(() => give(all, 'cgroup.procs\n', 'cgroup.procs'), {
    message: `unable to give cgroup ${path} to user 7: fchown: access refused (EACCES)`,
    pointer: '/mounts/3',
  });
});

t.test('without an owner nothing is looked at', async (t) => {
  giveCgroup({} as Native, { mode: 'v2', directories, limits: [] });
  t.pass();
});
