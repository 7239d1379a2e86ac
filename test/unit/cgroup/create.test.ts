import t from 'tap';
import { createCgroup } from '../../../src/cgroup/create.ts';
import type { Fd, Native, NativeError } from '../../../src/native/contract.ts';
import type { CgroupPlan } from '../../../src/plan/plan.ts';
import { fakeHost } from '../../fakes/native.ts';

type Code = 'ENOENT' | 'EINVAL' | 'EEXIST' | 'EBUSY' | 'EOPNOTSUPP' | 'EROFS';

function refusal(code: Code, path: string, syscall = 'open'): NativeError {
  const [errno, message] = {
    ENOENT: [2, 'no such file or directory'] as const,
    EINVAL: [22, 'invalid argument'] as const,
    EEXIST: [17, 'file exists'] as const,
    EBUSY: [16, 'device or resource busy'] as const,
    EOPNOTSUPP: [95, 'operation not supported'] as const,
    EROFS: [30, 'read-only file system'] as const,
  }[code];
  return Object.assign(new Error(message), { code, errno, syscall, path });
}

/** A cgroupfs in memory: every mkdir makes the files of `born`; writes are recorded, those in `refused` fail. */
function machine(root: Record<string, string>, born: Record<string, string>, refused: Record<string, Code> = {}) {
  const folders = new Map<string, Record<string, string>>([['/cg', { ...root }]]);
  const open = new Map<Fd, string>();
  const writes: string[] = [];
  const at = (directory: number, path: string) => (directory === -100 ? path : `${open.get(directory)}/${path}`);
  const opened = (path: string): Fd => {
    if (!folders.has(path)) throw refusal('ENOENT', path);
    const fd = open.size + 3;
    open.set(fd, path);
    return fd;
  };
  const { native } = fakeHost({
    functions: {
      open: (directory, path) => opened(at(directory, path)),
      openat2: (directory, path) => opened(at(directory, path)),
      mkdir: (directory, path) => {
        const name = at(directory, path);
        const code = refused[`mkdir ${name}`];
        // as the addon does: what the caller handed in, not where it leads
        if (code !== undefined) throw refusal(code, path, 'mkdir');
        if (folders.has(name)) throw refusal('EEXIST', name);
        if (!folders.has(name.slice(0, name.lastIndexOf('/')))) throw refusal('ENOENT', name);
        folders.set(name, { ...born });
      },
      readText: (directory, path) => {
        const text = folders.get(`${open.get(directory as Fd)}`)?.[path];
        if (text === undefined) throw refusal('ENOENT', path);
        return text;
      },
      writeControl: (directory, path, text) => {
        writes.push(`${at(directory, path)} ${text}`);
        const code = refused[`${path} ${text}`];
        if (code !== undefined) throw refusal(code, path);
        const files = folders.get(`${open.get(directory as Fd)}`);
        if (files !== undefined) files[path] = text;
      },
    },
  });
  return { native: native as Native, folders, writes };
}

function plan(
  mode: CgroupPlan['mode'],
  version: 1 | 2,
  controllers: string[],
  limits: CgroupPlan['limits'] = [],
): CgroupPlan {
  const directory = { version, controllers, mountpoint: '/cg', path: '/cg/a/b' };
  return { mode, directories: [directory], limits };
}

t.test('v2: every level above hands on its controllers', async (t) => {
  const root = { 'cgroup.controllers': 'cpu memory pids\n', 'cgroup.subtree_control': 'pids\n' };
  const born = { 'cgroup.controllers': 'cpu\n', 'cgroup.subtree_control': '\n', 'cgroup.type': 'domain\n' };
  const { native, folders, writes } = machine(root, born);
  createCgroup(native, plan('v2', 2, ['cpu', 'memory', 'pids']));
  t.strictSame([...folders.keys()], ['/cg', '/cg/a', '/cg/a/b']);
  t.strictSame(writes, ['/cg/cgroup.subtree_control +cpu +memory', '/cg/a/cgroup.subtree_control +cpu']);
});

t.test('v2: controllers that are refused together are tried one by one', async (t) => {
  const root = { 'cgroup.controllers': 'cpu memory\n', 'cgroup.subtree_control': '\n' };
  const born = { 'cgroup.controllers': '\n', 'cgroup.subtree_control': '\n', 'cgroup.type': 'domain\n' };
  const refused = { 'cgroup.subtree_control +cpu +memory': 'EINVAL', 'cgroup.subtree_control +cpu': 'EINVAL' } as const;
  const { native, writes } = machine(root, born, refused);
  createCgroup(native, plan('v2', 2, ['cpu', 'memory']));
  t.strictSame(
    writes.map((write) => write.split(' ').slice(1).join(' ')),
    ['+cpu +memory', '+cpu', '+memory'],
  );
});

t.test('v2: a cgroup with processes is not made a threaded domain', async (t) => {
  for (const code of ['EBUSY', 'EOPNOTSUPP'] as const) {
    const files = { 'cgroup.controllers': 'cpu memory\n', 'cgroup.subtree_control': '\n', 'cgroup.type': 'domain\n' };
    const { native, writes } = machine(files, files, { 'cgroup.subtree_control +cpu +memory': code });
    createCgroup(native, plan('v2', 2, ['cpu', 'memory']));
    t.strictSame(
      writes,
      ['/cg/cgroup.subtree_control +cpu +memory', '/cg/a/cgroup.subtree_control +cpu +memory'],
      code,
    );
  }
});

t.test('v2: a cgroup that cannot be made is named by its path', async (t) => {
  const { native } = machine({}, { 'cgroup.type': 'domain\n' }, { 'mkdir /cg/a/b': 'EROFS' });
  t.throws(() => createCgroup(native, plan('v2', 2, [])), {
    message: 'read-only file system',
    path: '/cg/a/b',
  });
});

t.test('hybrid: the v2 hierarchy is left as it is unless a limit needs it', async (t) => {
  const files = { 'cgroup.controllers': 'pids\n', 'cgroup.subtree_control': '\n', 'cgroup.type': 'domain\n' };
  const without = machine(files, files);
  createCgroup(without.native, plan('hybrid', 2, ['pids']));
  t.strictSame(without.writes, []);
  const limit = { file: '/cg/a/b/pids.max', value: '5', pointer: '/linux/resources/pids/limit' };
  const limited = machine(files, files);
  createCgroup(limited.native, plan('hybrid', 2, ['pids'], [limit]));
  t.strictSame(limited.writes, [
    '/cg/cgroup.subtree_control +pids',
    '/cg/a/cgroup.subtree_control +pids',
    '/cg/a/b/pids.max 5',
  ]);
});

t.test('v2: a cgroup in a threaded tree is refused', async (t) => {
  for (const [type, state] of [
    ['domain invalid', 'in an invalid state'],
    ['threaded', 'in threaded mode'],
  ]) {
    const { native } = machine({}, { 'cgroup.type': `${type}\n` });
    t.throws(() => createCgroup(native, plan('v2', 2, [])), {
      message: `cannot enter cgroupv2 "/cg/a/b" with domain controllers -- it is ${state}`,
    });
  }
});

t.test('v1: an empty cpuset takes what its parent has, level by level', async (t) => {
  const { native, writes } = machine(
    { 'cpuset.cpus': '0-3\n', 'cpuset.mems': '0\n' },
    { 'cpuset.cpus': '\n', 'cpuset.mems': '\n' },
  );
  createCgroup(native, plan('v1', 1, ['cpuset']));
  const levels = ['/cg/a', '/cg/a/b'];
  t.strictSame(
    writes,
    levels.flatMap((level) => [`${level}/cpuset.cpus 0-3`, `${level}/cpuset.mems 0`]),
  );
});

t.test('v1: what a limit says is not inherited before, for a sibling may have it for itself', async (t) => {
  const { native, writes } = machine(
    { 'cpuset.cpus': '0-3\n', 'cpuset.mems': '0\n' },
    { 'cpuset.cpus': '\n', 'cpuset.mems': '\n' },
  );
  const limit = { file: '/cg/a/b/cpuset.cpus', value: '2', pointer: '/linux/resources/cpu/cpus' };
  createCgroup(native, plan('v1', 1, ['cpuset'], [limit]));
  t.strictSame(writes, [
    '/cg/a/cpuset.cpus 0-3',
    '/cg/a/cpuset.mems 0',
    '/cg/a/b/cpuset.mems 0',
    '/cg/a/b/cpuset.cpus 2',
  ]);
});

t.test('v1: a cpuset that the kernel filled is left alone', async (t) => {
  const files = { 'cpuset.cpus': '0-3\n', 'cpuset.mems': '0\n' };
  const { native, writes } = machine(files, files);
  createCgroup(native, plan('v1', 1, ['cpuset']));
  t.strictSame(writes, []);
});

t.test('a limit that cannot be written is named, without words that engines take for a missing command', async (t) => {
  const pointer = '/linux/resources/memory/limit';
  const limit = { file: '/cg/a/b/memory.max', value: '5', pointer };
  const missing = machine({}, { 'cgroup.type': 'domain\n' }, { 'memory.max 5': 'ENOENT' });
  t.throws(() => createCgroup(missing.native, plan('v2', 2, ['memory'], [limit])), {
    message: 'cgroup file memory.max is not available: this kernel does not have it',
    pointer,
  });
  const refused = machine({}, { 'cgroup.type': 'domain\n' }, { 'memory.max 5': 'EINVAL' });
  t.throws(() => createCgroup(refused.native, plan('v2', 2, ['memory'], [limit])), {
    message: 'unable to write "5" to cgroup file memory.max: invalid argument',
    pointer,
  });
});

t.test('a controller that is not handed down is named, with the cure', async (t) => {
  const limit = { file: '/cg/a/b/io.max', value: '8:0 rbps=1', pointer: '/linux/resources/blockIO' };
  const files = { 'cgroup.type': 'domain\n', 'cgroup.controllers': 'cpu memory\n' };
  const { native } = machine({}, files, { 'io.max 8:0 rbps=1': 'ENOENT' });
  t.throws(() => createCgroup(native, plan('v2', 2, ['io'], [limit])), {
    message:
      /^cgroup file io\.max is not available: controller "io" is not enabled for \/cg\/a\/b; no cgroup above has it: /,
  });
});
